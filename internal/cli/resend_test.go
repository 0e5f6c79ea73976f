package cli_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

func TestResend(t *testing.T) {
	t.Parallel()
	sink := smtptest.NewSink(t, smtptest.SinkOptions{Refuse: func(_ string, nth int) string {
		if nth == 1 {
			return "550 not today"
		}
		return ""
	}})
	s := settings(t, "VESTNIK_SMTP_URL=smtp://"+sink.Addr+"?tls=none", "VESTNIK_MAIL_FROM=News <news@example.org>")
	u := startUp(t, s)
	key := makeKey(t, s, "anna@example.org")
	var client, message, mailing struct{ ID string }
	call(t, http.MethodPost, u.API+"/clients", key, map[string]string{"email": "ivan@example.org"}, &client, http.StatusCreated)
	call(t, http.MethodPost, u.API+"/messages", key, map[string]string{"subject": "Привет", "text": "Привет"}, &message, http.StatusCreated)
	call(t, http.MethodPost, u.API+"/mailings", key, map[string]any{
		"name": "news", "message_id": message.ID, "client_ids": []string{client.ID}, "start_at": time.Now().Add(time.Hour),
	}, &mailing, http.StatusCreated)
	r := vestnik(t, s, "", "send", mailing.ID)
	require.Equal(t, 1, r.status)
	require.Contains(t, r.errors, "550 not today")
	var attempts struct{ Items []struct{ ID, Status string } }
	call(t, http.MethodGet, u.API+"/mailings/"+mailing.ID+"/attempts", key, nil, &attempts, http.StatusOK)
	var attempt string
	for _, a := range attempts.Items {
		if a.Status == "finished" {
			attempt = a.ID
		}
	}
	require.NotEmpty(t, attempt)

	none := vestnik(t, s, "", "resend", "--outcome", "unknown", attempt)
	require.Equal(t, 1, none.status)
	require.Contains(t, none.errors, "nobody in the attempt has such an outcome")
	r = vestnik(t, s, "", "resend", "--outcome", "failed", "--outcome", "unknown", attempt).ok(t)
	lines := strings.Split(r.out, "\n")
	require.Equal(t, "1 recipient of news to be sent to again", lines[0])
	require.Regexp(t, `^news: succeeded, 1 of 1 sent`, lines[1])
	require.Equal(t, 1, sink.Count())
	missing := vestnik(t, s, "", "resend", "00000000-0000-7000-8000-000000000000")
	require.Equal(t, 1, missing.status)
	require.Contains(t, missing.errors, "there is no such attempt")
}
