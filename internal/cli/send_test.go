package cli_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// mail is the mailbox as a program sees it.
type mail struct {
	Messages []struct {
		To []string
	}
}

// makeMailing makes a client and a mailing to it, and returns the mailing's id.
func makeMailing(t *testing.T, api, key, name string, start time.Time) string {
	t.Helper()
	var client, message, mailing struct{ ID string }
	call(t, http.MethodPost, api+"/clients", key, map[string]string{"email": name + "@пример.испытание", "full_name": name}, &client, http.StatusCreated)
	call(t, http.MethodPost, api+"/messages", key, map[string]string{"subject": "Привет, {{ client.full_name }}", "text": "Привет"}, &message, http.StatusCreated)
	call(t, http.MethodPost, api+"/mailings", key, map[string]any{
		"name": name, "message_id": message.ID, "client_ids": []string{client.ID}, "start_at": start,
	}, &mailing, http.StatusCreated)
	return mailing.ID
}

func TestSend(t *testing.T) {
	t.Parallel()
	s := settings(t)
	u := startUp(t, s, "--no-planner", "--no-sender")
	key := makeKey(t, s, "anna@example.org")
	require.Equal(t, "No mailing is due.\n", vestnik(t, s, "", "send").ok(t).out)
	later := makeMailing(t, u.API, key, "later", time.Now().Add(24*time.Hour))
	require.Equal(t, "No mailing is due.\n", vestnik(t, s, "", "send").ok(t).out)

	stopped := vestnikFor(t, 2*time.Second, s, "", "send", "--patience", "0", later)
	require.Equal(t, 1, stopped.status)
	require.Contains(t, stopped.errors, "interrupted; 1 attempt had not ended and will go on")
	alone := vestnik(t, s, "", "send", "--patience", "1s", later) // it joins the attempt that waits for a sender
	require.Equal(t, 1, alone.status)
	require.Contains(t, alone.errors, "nobody has begun to send within 1s")
	require.Contains(t, alone.errors, "--inline")

	r := vestnik(t, s, "", "send", "--inline", later).ok(t)
	require.Contains(t, r.errors, "later is being sent already")
	require.Regexp(t, `^later: succeeded, 1 of 1 sent, in [\d.]+ s\n$`, r.out)

	makeMailing(t, u.API, key, "due", time.Now())
	r = vestnik(t, s, "", "send", "--inline", "--json").ok(t)
	var report struct {
		Attempts []struct {
			Mailing, Result string
			Sent            int
		}
	}
	require.NoError(t, json.Unmarshal([]byte(r.out), &report))
	require.Len(t, report.Attempts, 1, "the one that is due, although no planner has planned it")
	require.Equal(t, "due", report.Attempts[0].Mailing)
	require.Equal(t, "succeeded", report.Attempts[0].Result)
	require.Equal(t, 1, report.Attempts[0].Sent)

	unknown := vestnik(t, s, "", "send", "00000000-0000-7000-8000-000000000000")
	require.Equal(t, 1, unknown.status)
	require.Contains(t, unknown.errors, "there is no such mailing")

	var box mail
	call(t, http.MethodGet, u.Mailbox+"?format=json", key, nil, &box, http.StatusOK)
	require.Len(t, box.Messages, 2)
	require.NotEqual(t, box.Messages[0].To, box.Messages[1].To)
}

// What a `vestnik send` from a crontab left behind, the next one takes on, although it is no longer due.
func TestSendAdoptsWhatHasNoSender(t *testing.T) {
	t.Parallel()
	s := settings(t)
	u := startUp(t, s, "--no-planner", "--no-sender")
	key := makeKey(t, s, "anna@example.org")
	makeMailing(t, u.API, key, "left", time.Now())
	left := vestnik(t, s, "", "send", "--patience", "1s") // it begins the attempt, and nobody sends
	require.Equal(t, 1, left.status)
	require.Contains(t, left.errors, "nobody has begun to send within 1s")

	r := vestnik(t, s, "", "send", "--inline").ok(t)
	require.Regexp(t, `^left: succeeded, 1 of 1 sent, in [\d.]+ s\n$`, r.out)
	require.Equal(t, "No mailing is due.\n", vestnik(t, s, "", "send").ok(t).out)
}
