package app_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

// canaries are secrets planted for a journey, by what they are. A new kind of secret needs one line here and a step of the
// journey that has it.
type canaries map[string]string

// places is everything that a journey leaves behind where no secret may be: text by the name of the place.
func (r *rig) places(t *testing.T, log *lines, o *otlp) map[string]string {
	t.Helper()
	out := map[string]string{
		"the log":            log.String(),
		"events of the past": r.Text("SELECT coalesce(string_agg(subject || headers::text || payload, ' '), '') FROM outbox"),
	}
	for table := range strings.FieldsSeq(r.Text("SELECT string_agg(quote_ident(relname), ' ') FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")) {
		out["table "+table] = r.Text("SELECT coalesce(string_agg(row_to_json(x)::text, ' '), '') FROM " + table + " x")
	}
	o.mu.Lock()
	for _, span := range o.all {
		text, err := proto.Marshal(span)
		require.NoError(t, err)
		out["traces"] += string(text)
	}
	o.mu.Unlock()
	nc, err := nats.Connect(r.nats.URL())
	require.NoError(t, err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	for s := range js.ListStreams(t.Context()).Info() {
		stream, err := js.Stream(t.Context(), s.Config.Name)
		require.NoError(t, err)
		for seq := s.State.FirstSeq; seq <= s.State.LastSeq; seq++ {
			if m, err := stream.GetMsg(t.Context(), seq); err == nil { // some have been removed
				header, err := json.Marshal(m.Header)
				require.NoError(t, err)
				out["events"] += m.Subject + string(header) + string(m.Data) + "\n"
			}
		}
	}
	return out
}

// TestSecretsStayWhereTheyBelong plants secrets, has Vestnik do what it does with them, the wrong way too, and looks
// everywhere for them.
func TestSecretsStayWhereTheyBelong(t *testing.T) {
	t.Parallel()
	o := startCollector(t)
	r := newRig(t, 20, smtptest.SinkOptions{KeepBodies: true, Refuse: func(recipient string, nth int) string {
		if nth == 1 && strings.HasPrefix(recipient, "client-7@") {
			return "550 5.1.1 no such user"
		}
		return ""
	}})
	log := &lines{}
	r.log = zerolog.New(log).Level(zerolog.TraceLevel)
	r.cfg.Traces.Endpoint = o.url
	r.cfg.SecretKey = "canary-secret-key-0123456789abcdef"
	const smtpPassword, body = "canary-smtp-password", "canary-body-marker" //nolint:gosec // planted, to be looked for
	broken := "smtp://mailer:" + smtpPassword + "@" + freeAddr(t) + "?connections=1&name=away"
	r.cfg.SMTPURL += "&name=main," + broken // it is never there, and its errors are logged
	r.Exec("UPDATE messages SET html = '<p>" + body + "</p>'")
	at, key := r.whole(t)
	session, err := r.Store.BeginSession(t.Context(), r.Owner, "canary-browser")
	require.NoError(t, err)
	planted := canaries{ //nolint:gosec // the same
		"an API key": key, "a session": session, "the password of the mail service": smtpPassword, "a body": body,
		"the service's key": r.cfg.SecretKey, "the password of NATS": passwordOf(t, r.cfg.NATSURL), "a typed password": "canary-typed-password",
	}
	v := &visitor{t: t, at: at}
	call := func(method, path, content string, header ...string) { v.call(method, path, content, header...) }
	cookie, bearer := "vestnik="+session, "Bearer "+key
	call("GET", "/api/v1/me", "", "Cookie", cookie)
	call("GET", "/api/v1/me", "", "Cookie", "vestnik="+session[:42]+"!")
	call("GET", "/api/v1/me?token="+key, "", "Authorization", bearer)
	call("GET", "/api/v1/me", "", "Authorization", "Bearer "+strings.ToUpper(key))
	call("GET", "/api/v1/"+key, "", "Authorization", bearer)
	call("DELETE", "/api/v1/me/sessions", "", "Cookie", cookie, "Origin", "https://"+key+".example")
	call("POST", "/api/v1/auth/login", `{"email":"o@example.org","password":"canary-typed-password"}`)
	call("POST", "/api/v1/auth/login", `{"email":"o@example.org","password":"canary-typed-password"`)
	call("POST", "/api/v1/me/password", `{"password":"canary-typed-password","new_password":1}`, "Cookie", cookie)
	call("POST", "/api/v1/messages", `{"subject":"x","html":"`+body+` {{ nothing }}"}`, "Authorization", bearer, "Idempotency-Key", "one")
	call("POST", "/api/v1/messages", `{"subject":5,"html":"`+body+`"}`, "Authorization", bearer)
	r.secretsOfAnAccount(v, planted)

	sent := r.WaitEnd(r.post(t, at, key, time.Time{}), 30*time.Second)
	require.Equal(t, 19, sent.Totals.Sent)
	stuck := r.Mailing(func(m *domain.Mailing) { m.ProviderID = "away" })
	require.Eventually(t, func() bool {
		return strings.Contains(log.String(), "away") && len(o.spans()["handle chunk.due.v2"]) >= 2
	}, 30*time.Second, 50*time.Millisecond, "%s", stuck.ID)

	places := r.places(t, log, o)
	places["answers"] = v.refusals.String()
	for _, must := range []string{"the log", "events", "traces", "table audit_log", "table idempotency_keys", "table notices", "answers"} {
		for place, text := range places {
			if strings.HasSuffix(place, must) {
				require.NotEmpty(t, text, place)
			}
		}
	}
	for what, secret := range planted {
		for place, text := range places {
			if what == "a body" && (place == "table messages" || place == "table attempt_contents") {
				continue // it is kept to be sent
			}
			assert.False(t, holds(text, secret), "%s is in %s", what, place)
		}
	}
}

// TestNobodyAddsHeadersToAMessage puts what ends lines into everything that gets into a subject, past the checks of the
// API, and counts what arrives.
func TestNobodyAddsHeadersToAMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t, 8, smtptest.SinkOptions{KeepBodies: true})
	r.Exec("UPDATE messages SET subject = 'О городе {{ client.attributes.city }} для {{ client.full_name }}', html = '<p>x</p>'")
	for n, breaks := range []string{"", "\r", "\n", "\r\nBcc: evil@example.org\r\n\r\n", "\u0085Bcc: evil@example.org", "\u2028Bcc: evil@example.org", "\u2029", "\x1b[2J"} {
		r.Exec(`UPDATE clients SET full_name = 'a' || $1::text || 'b', attributes = jsonb_build_object('city', 'c' || $1::text || 'd') WHERE email = 'client-' || $2::integer || '@example.com'`, breaks, n+1)
	}
	r.run(t, app.Jobs{Planner: true, Sender: true})
	m := r.Mailing(nil)
	require.Equal(t, 8, r.WaitEnd(m.ID, 30*time.Second).Totals.Sent)
	want := -1
	for _, message := range r.sink.Messages() {
		head, _, found := strings.Cut(string(message.Body), "\r\n\r\n")
		require.True(t, found)
		names := 0
		for line := range strings.SplitSeq(head, "\r\n") {
			require.NotContains(t, line, "\n")
			require.NotContains(t, line, "\r")
			if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
				names++
				require.False(t, strings.HasPrefix(strings.ToLower(line), "bcc"), "%s", line)
			}
		}
		if want < 0 {
			want = names
		}
		require.Equal(t, want, names, "%s", head)
	}
	require.Positive(t, want)
}
