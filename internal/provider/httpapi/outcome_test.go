package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/httpmailtest"
	"github.com/vestnik-mail/vestnik/internal/provider"
	"github.com/vestnik-mail/vestnik/internal/provider/httpapi"
)

// TestOutcomes goes through what a service can answer, with a key and without. requests is how often a service that does
// it every time is asked for one message.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	type fault = httpmailtest.Fault
	const (
		sent, deferred, failed, unknown = domain.Sent, domain.Deferred, domain.Failed, domain.Unknown
		none, service, policy           = domain.ClassNone, domain.ClassProvider, domain.ClassPolicy
		content, person, rate           = domain.ClassContent, domain.ClassRecipient, domain.ClassRate
	)
	for name, tt := range map[string]struct {
		fault    fault
		keyed    domain.Outcome
		requests int
		without  domain.Outcome // without a key
		once     bool           // without a key it is asked once
		class    domain.Class
		code     int
		says     string
	}{
		"accepted":             {fault{}, sent, 1, sent, true, none, 200, "accepted as m-1"},
		"accepted with 202":    {fault{Status: 202}, sent, 1, sent, true, none, 202, "accepted as m-1"},
		"message_id":           {fault{Body: `{"message_id":"<x>"}`}, sent, 1, sent, true, none, 200, "accepted as <x>"},
		"a number":             {fault{Body: `{"id":12345678901234567890,"status":"queued"}`}, sent, 1, sent, true, none, 200, "accepted as 12345678901234567890"},
		"byte by byte":         {fault{Slow: time.Millisecond}, sent, 1, sent, true, none, 200, "accepted"},
		"empty":                {fault{Status: 204}, deferred, 1, unknown, true, service, 204, "empty"},
		"a page":               {fault{Body: "<html>Sign in\n</html>"}, deferred, 1, unknown, true, service, 200, "not a JSON object with the message's id: <html>Sign in </html>"},
		"no id":                {fault{Body: `{"status":"ok"}`}, deferred, 1, unknown, true, service, 200, "not a JSON object with"},
		"id null":              {fault{Body: `{"id":null}`}, deferred, 1, unknown, true, service, 200, "not a JSON"},
		"id empty":             {fault{Body: `{"id":" "}`}, deferred, 1, unknown, true, service, 200, "not a JSON"},
		"id an object":         {fault{Body: `{"id":{}}`}, deferred, 1, unknown, true, service, 200, "not a JSON"},
		"a list":               {fault{Body: `[{"id":"x"}]`}, deferred, 1, unknown, true, service, 200, "not a JSON"},
		"two objects":          {fault{Body: `{"id":"x"}{"id":"y"}`}, deferred, 1, unknown, true, service, 200, "not a JSON"},
		"half an object":       {fault{Body: `{"id":"x"`}, deferred, 1, unknown, true, service, 200, "not a JSON"},
		"endless":              {fault{Body: `{"id":"x","y":"` + strings.Repeat("y", 1<<20) + `"}`}, deferred, 1, unknown, true, service, 200, "longer"},
		"broken off":           {fault{Raw: "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"id\":\"x\"}"}, deferred, 4, unknown, true, service, 200, "broke off"},
		"endless header":       {fault{Raw: "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20)}, deferred, 4, unknown, true, service, 0, "exceeded"},
		"half a status":        {fault{Raw: "HTTP/1.1 2"}, deferred, 4, unknown, true, service, 0, "malformed"},
		"not HTTP":             {fault{Raw: "220 mail.example.com ESMTP\r\n"}, deferred, 4, unknown, true, service, 0, "malformed"},
		"closed":               {fault{Close: true}, deferred, 4, unknown, true, service, 0, "closed the connection"},
		"reset":                {fault{Close: true, Reset: true}, deferred, 4, unknown, true, service, 0, "closed the connection"},
		"closed before a byte": {fault{Early: true, Close: true}, deferred, 4, unknown, true, service, 0, "closed the connection"},
		"moved":                {fault{Status: 301, Header: map[string]string{"Location": "/v2/send"}}, deferred, 1, unknown, true, service, 301, "Moved Permanently"},
		"see other":            {fault{Status: 307, Header: map[string]string{"Location": "/v2/send"}}, deferred, 1, unknown, true, service, 307, "Temporary Redirect"},
		"400":                  {fault{Status: 400, Body: `{"title":"no\r\nsubject"}`}, failed, 1, failed, true, content, 400, "no  subject"},
		"402":                  {fault{Status: 402, Body: `{"error":{"message":"not paid"}}`}, failed, 1, failed, true, policy, 402, "not paid"},
		"404":                  {fault{Status: 404, Body: "nothing"}, failed, 1, failed, true, policy, 404, "Not Found"},
		"405":                  {fault{Status: 405}, failed, 1, failed, true, policy, 405, "Method Not Allowed"},
		"408":                  {fault{Status: 408}, deferred, 4, deferred, false, service, 408, "Request Timeout"},
		"409":                  {fault{Status: 409, Body: `{"title":"in progress"}`}, deferred, 4, failed, true, "", 409, "in progress"},
		"413 early":            {fault{Status: 413, Early: true}, failed, 1, failed, true, content, 413, "Too Large"},
		"415":                  {fault{Status: 415}, failed, 1, failed, true, content, 415, "Unsupported"},
		"422":                  {fault{Status: 422, Body: `{"error":"bad"}`}, failed, 1, failed, true, content, 422, "bad"},
		"422 by a code":        {fault{Status: 422, Body: `{"code":"invalid_recipient","message":"who?"}`}, failed, 1, failed, true, person, 422, "who?"},
		"400 by RFC 3463":      {fault{Status: 400, Body: `{"code":"5.1.1"}`}, failed, 1, failed, true, person, 400, "Bad Request"},
		"a full mailbox":       {fault{Status: 400, Body: `{"code":"5.2.2"}`}, failed, 1, failed, true, domain.ClassMailboxFull, 400, ""},
		"a full mailbox too":   {fault{Status: 400, Body: `{"code":"mailbox_full"}`}, failed, 1, failed, true, domain.ClassMailboxFull, 400, ""},
		"policy by RFC 3463":   {fault{Status: 400, Body: `{"code":"5.7.1"}`}, failed, 1, failed, true, policy, 400, ""},
		"a code of no meaning": {fault{Status: 400, Body: `{"code":"E5.1.1","detail":"address 5.1.1"}`}, failed, 1, failed, true, content, 400, ""},
		"425":                  {fault{Status: 425}, deferred, 4, deferred, false, none, 425, "Too Early"},
		"429":                  {fault{Status: 429}, deferred, 4, deferred, false, rate, 429, "Too Many"},
		"500":                  {fault{Status: 500, Body: "{"}, deferred, 4, unknown, true, service, 500, "Internal Server Error"},
		"502":                  {fault{Status: 502, Body: "<html>"}, deferred, 4, unknown, true, service, 502, "Bad Gateway"},
		"503":                  {fault{Status: 503, Body: `{"detail":"down"}`}, deferred, 4, deferred, false, service, 503, "down"},
		"504":                  {fault{Status: 504}, deferred, 4, unknown, true, service, 504, "Gateway Timeout"},
		"599":                  {fault{Status: 599}, deferred, 4, unknown, true, service, 599, "599"},
	} {
		for _, ignores := range []bool{false, true} {
			t.Run(name+map[bool]string{true: "/without a key"}[ignores], func(t *testing.T) {
				t.Parallel()
				server := httpmailtest.New(t, httpmailtest.Options{Token: token, Fault: func(r httpmailtest.Request) httpmailtest.Fault {
					if r.Key == "key-0" {
						return tt.fault
					}
					return httpmailtest.Fault{}
				}})
				cfg := config(server)
				cfg.Connections, cfg.IgnoresKey = 1, ignores
				receipts, err := newProvider(t, cfg).Deliver(t.Context(), envelopes(2))
				require.NoError(t, err)
				outcome, requests := tt.keyed, tt.requests
				if ignores {
					if outcome = tt.without; tt.once {
						requests = 1
					}
				}
				got := receipts[0]
				phase := domain.PhaseResponse
				if name == "closed before a byte" && got.Reply.Phase == domain.PhaseRequest {
					phase = domain.PhaseRequest // not all of the body was out, which is a matter of microseconds
				}
				if name == "closed before a byte" && ignores && server.Requests() > requests+1 {
					// The end of the connection was seen before all of the body was out: then it may be sent again, and was.
					requests = server.Requests() - 1
					require.LessOrEqual(t, requests, tt.requests)
					if got.Outcome == domain.Deferred {
						outcome = domain.Deferred
					}
				}
				assert.Equal(t, outcome, got.Outcome, "%+v", got)
				if name != "409" {
					assert.Equal(t, tt.class, got.Class, "%+v", got)
				}
				assert.Equal(t, phase, got.Reply.Phase)
				assert.Equal(t, tt.code, got.Reply.Code)
				assert.Contains(t, got.Reply.Text, tt.says)
				assert.NotEmpty(t, got.Reply.Text)
				assert.LessOrEqual(t, len(got.Reply.Text), 500)
				assert.Equal(t, requests+1, server.Requests())
				assert.Equal(t, domain.Sent, receipts[1].Outcome, "the next message: %+v", receipts[1].Reply)
			})
		}
	}
}

// TestDeadline: a request that hung is not repeated at once, for it would hold the slot of others again.
func TestDeadline(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault   httpmailtest.Fault
		ignores bool
		want    domain.Outcome
	}{
		"hangs":                {httpmailtest.Fault{Hang: true}, false, domain.Deferred},
		"hangs without a key":  {httpmailtest.Fault{Hang: true}, true, domain.Unknown},
		"too slow":             {httpmailtest.Fault{Slow: 100 * time.Millisecond}, false, domain.Deferred},
		"too slow, and no key": {httpmailtest.Fault{Slow: 100 * time.Millisecond}, true, domain.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httpmailtest.New(t, httpmailtest.Options{Fault: always(tt.fault)})
			cfg := config(server)
			cfg.IgnoresKey, cfg.Timeouts.Request = tt.ignores, 250*time.Millisecond
			p := newProvider(t, cfg)
			receipts, err := p.Deliver(t.Context(), envelopes(1))
			require.NoError(t, err)
			assert.Equal(t, tt.want, receipts[0].Outcome, "%+v", receipts[0])
			assert.Equal(t, domain.ClassProvider, receipts[0].Class)
			assert.Equal(t, 1, server.Requests())
			assert.NotEmpty(t, p.State().LastError)
		})
	}
}

// TestBodyBrokenOff holds the line between deferred and unknown where the service can tell no repeat: as long as the last
// byte has not been written, nothing can have been accepted.
func TestBodyBrokenOff(t *testing.T) {
	t.Parallel()
	for _, reset := range []bool{false, true} {
		server := httpmailtest.New(t, httpmailtest.Options{Fault: always(httpmailtest.Fault{Early: true, Close: true, Reset: reset})})
		cfg := config(server)
		cfg.IgnoresKey = true
		big := envelope(1)
		big.Parts.Text = strings.Repeat("x", 18<<20) // more than the sockets buffer
		receipts, err := newProvider(t, cfg).Deliver(t.Context(), []domain.Envelope{big})
		require.NoError(t, err)
		assert.Equal(t, domain.Deferred, receipts[0].Outcome, "%+v", receipts[0])
		assert.Equal(t, domain.PhaseRequest, receipts[0].Reply.Phase)
		assert.Equal(t, domain.ClassProvider, receipts[0].Class)
		assert.Equal(t, 4, server.Requests(), "it is safe to repeat")
	}
}

// TestRepeatsAreOneMessage: the answer to the first request is lost, the second is told to be a repeat.
func TestRepeatsAreOneMessage(t *testing.T) {
	t.Parallel()
	server := httpmailtest.New(t, httpmailtest.Options{Fault: func(r httpmailtest.Request) httpmailtest.Fault {
		return httpmailtest.Fault{Close: r.Nth == 1}
	}})
	receipts, err := newProvider(t, config(server)).Deliver(t.Context(), envelopes(5))
	require.NoError(t, err)
	for _, r := range receipts {
		assert.Equal(t, domain.Sent, r.Outcome, "%+v", r)
	}
	assert.Len(t, server.Messages(), 5)
	assert.Equal(t, 10, server.Requests())
}

// TestNothingIsRepeatedBehindOurBack: net/http writes a request with an Idempotency-Key again when a connection it has used
// before is closed on it. A service that ignores the key would mail twice.
func TestNothingIsRepeatedBehindOurBack(t *testing.T) {
	t.Parallel()
	server := httpmailtest.New(t, httpmailtest.Options{IgnoresKey: true, Fault: func(r httpmailtest.Request) httpmailtest.Fault {
		return httpmailtest.Fault{Close: r.N == 2}
	}})
	cfg := config(server)
	cfg.Connections, cfg.IgnoresKey = 1, true
	p := newProvider(t, cfg)
	receipts, err := p.Deliver(t.Context(), envelopes(3))
	require.NoError(t, err)
	assert.Equal(t, []domain.Outcome{domain.Sent, domain.Unknown, domain.Sent}, outcomes(receipts))
	assert.Equal(t, 3, server.Requests())
	assert.Len(t, server.Messages(), 3)
	assert.Empty(t, p.State().LastError, "a connection that was closed while idle is no fault of the service")
}

// TestAnUntouchedRepeatSpendsTheTry: the service had the message, and then there was no connection any more.
func TestAnUntouchedRepeatSpendsTheTry(t *testing.T) {
	t.Parallel()
	var server *httpmailtest.Server
	server = httpmailtest.New(t, httpmailtest.Options{Fault: func(httpmailtest.Request) httpmailtest.Fault {
		go func() { _ = server.Close() }()
		return httpmailtest.Fault{Hang: true}
	}})
	cfg := config(server)
	cfg.Connections = 1
	receipts, err := newProvider(t, cfg).Deliver(t.Context(), envelopes(2))
	require.Error(t, err)
	assert.Equal(t, []domain.Outcome{domain.Deferred, domain.Untouched}, outcomes(receipts))
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403} {
		server := httpmailtest.New(t, httpmailtest.Options{Fault: always(httpmailtest.Fault{
			Status: status, Body: `{"detail": "token s3cret-t0ken is not known"}`,
		})})
		p := newProvider(t, config(server), httpapi.WithGuard(func(s *provider.Settings) { s.StopFor = time.Hour }))
		receipts, err := p.Deliver(t.Context(), envelopes(5))
		require.Error(t, err)
		assert.Equal(t, make([]domain.Outcome, 5), outcomes(receipts))
		assert.Equal(t, "stopped", p.State().Breaker)
		assert.Contains(t, err.Error(), "token *** is not known")
		assert.NotContains(t, p.State().LastError, token)
		assert.LessOrEqual(t, server.Requests(), 5)
	}
}
