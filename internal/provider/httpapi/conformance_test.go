package httpapi_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/httpmailtest"
	"github.com/vestnik-mail/vestnik/internal/provider/httpapi"
	"github.com/vestnik-mail/vestnik/internal/provider/providertest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ignoresKey bool
		unclear    domain.Outcome
	}{
		"idempotent":     {false, domain.Deferred},
		"not idempotent": {true, domain.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			providertest.Run(t, providertest.Harness{
				Form: domain.FormParts, Unclear: tt.unclear,
				Start: func(t *testing.T, fault func(string) providertest.Fault) providertest.Server {
					t.Helper()
					return conforming{httpmailtest.New(t, httpmailtest.Options{
						Token: token, IgnoresKey: tt.ignoresKey,
						Fault: func(r httpmailtest.Request) httpmailtest.Fault { return misbehave(r, fault) },
					})}
				},
				Provide: func(t *testing.T, server providertest.Server, s providertest.Settings) providertest.Provider {
					t.Helper()
					c, ok := server.(conforming)
					require.True(t, ok)
					cfg := config(c.Server)
					cfg.IgnoresKey, cfg.Connections, cfg.Timeouts.Request = tt.ignoresKey, s.Connections, s.Patience
					var opts []httpapi.Option
					if s.Guard != nil {
						opts = append(opts, httpapi.WithGuard(s.Guard))
					}
					return newProvider(t, cfg, opts...)
				},
			})
		})
	}
}

// misbehave is asked twice for a request; before its body is read, the recipient is known by the key.
func misbehave(r httpmailtest.Request, fault func(string) providertest.Fault) httpmailtest.Fault {
	if r.Message.To == "" {
		if to := "c" + r.Key[len("key-"):] + "@example.org"; r.Key == "key-1" && fault(to) == providertest.CloseBefore {
			return httpmailtest.Fault{Early: true, Close: true}
		}
		return httpmailtest.Fault{}
	}
	switch fault(r.Message.To) {
	case providertest.Slow:
		return httpmailtest.Fault{Delay: 100 * time.Millisecond}
	case providertest.Hang:
		return httpmailtest.Fault{Hang: true}
	case providertest.Rubbish:
		return httpmailtest.Fault{Raw: "hello, world\r\n"}
	case providertest.RefuseRecipient:
		return httpmailtest.Fault{Status: 422, Body: `{"code": "invalid_recipient", "detail": "no such mailbox"}`}
	case providertest.RefuseContent:
		return httpmailtest.Fault{Status: 422, Body: `{"detail": "no subject"}`}
	case providertest.RefuseForNow:
		return httpmailtest.Fault{Status: 425}
	case providertest.RefuseRate:
		return httpmailtest.Fault{Status: 429}
	case providertest.RefuseCredentials:
		return httpmailtest.Fault{Status: 403}
	case providertest.CloseAfter:
		return httpmailtest.Fault{Close: true}
	case providertest.Trouble:
		return httpmailtest.Fault{Status: 503}
	case providertest.None, providertest.CloseBefore:
	}
	return httpmailtest.Fault{}
}

// conforming is a server as the suite wants it.
type conforming struct{ *httpmailtest.Server }

func (c conforming) Messages() []string {
	var ids []string
	for _, m := range c.Server.Messages() {
		ids = append(ids, m.MessageID)
	}
	return ids
}

func (c conforming) Touched() int {
	ever, _, _ := c.Connections()
	return ever + c.Requests()
}

func (c conforming) Peak() int {
	_, _, peak := c.Connections()
	return max(peak, c.Busiest())
}

func (c conforming) Away() { _ = c.Close() }
