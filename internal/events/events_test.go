package events_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
)

func id(t *testing.T, last string) domain.ID {
	t.Helper()
	parsed, err := domain.ParseID("01980000-0000-7000-8000-0000000000" + last)
	require.NoError(t, err)
	return parsed
}

// TestWireFormat compares every event with its golden in testdata. A golden changes only together with the version in
// the event's name: subscribers depend on it.
func TestWireFormat(t *testing.T) {
	t.Parallel()
	mailing, owner, attempt, client := id(t, "01"), id(t, "02"), id(t, "03"), id(t, "04")
	at := time.Date(2026, 11, 23, 9, 0, 0, 123456000, time.UTC)
	for _, e := range []events.Event{
		events.MailingCreated{MailingID: mailing, OwnerID: owner, Revision: 1},
		events.MailingChanged{MailingID: mailing, OwnerID: owner, Revision: 2, Change: "paused"},
		events.AttemptStarted{AttemptID: attempt, MailingID: mailing, OwnerID: owner, Audience: 3, DueAt: at, StartedAt: at},
		events.AttemptFinished{AttemptID: attempt, MailingID: mailing, OwnerID: owner, Status: domain.AttemptFinished, Result: domain.ResultPartial, Audience: 3, Sent: 1, Failed: 1, Unknown: 1, FinishedAt: at},
		events.DeliveriesRecorded{AttemptID: attempt, MailingID: mailing, OwnerID: owner, ChunkID: 7, Deliveries: []events.Delivery{
			{ClientID: client, Email: "иван@пример.рф", Outcome: domain.Sent, Code: 250, Response: "2.0.0 Ok", Tries: 1, At: at},
			{Email: "gone@example.com", Outcome: domain.Skipped, Response: "the client was deleted", Tries: 1, At: at},
		}},
		events.SendDue{MailingID: mailing, AttemptID: attempt, DueAt: at},
		events.ChunkDue{AttemptID: attempt, ChunkID: 7, Provider: "mx1.example.com", Lane: events.LaneFirst},
		events.NoticeDue{NoticeID: client},
	} {
		m, err := events.Encode(e, at)
		require.NoError(t, err)
		got, err := json.MarshalIndent(map[string]any{"type": e.Name(), "subject": e.Subject(), "data": json.RawMessage(m.Payload)}, "", "  ")
		require.NoError(t, err)
		golden := filepath.Join("testdata", e.Name()+".json")
		want, err := os.ReadFile(golden) //nolint:gosec // a file of this package
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(got), golden)
		require.Equal(t, e.Name(), m.Header["ce-type"])
		require.Equal(t, "1.0", m.Header["ce-specversion"])
		require.Equal(t, m.Header["ce-id"], m.Header["Nats-Msg-Id"])
		require.Equal(t, at.Format(time.RFC3339Nano), m.Header["ce-time"])
	}
}

func TestADelayedEventWaitsToTheNanosecond(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("MSK", 3*3600))
	e := events.SendDue{MailingID: id(t, "01"), AttemptID: id(t, "03"), DueAt: now.Add(1234567891)}
	m, err := events.EncodeAt(e, e.DueAt, now)
	require.NoError(t, err)
	require.Equal(t, "vestnik.schedule."+e.MailingID.String(), m.Subject)
	require.Equal(t, "@at 2026-11-23T06:00:01.234567891Z", m.Header["Nats-Schedule"])
	require.Equal(t, e.Subject(), m.Header["Nats-Schedule-Target"])

	m, err = events.EncodeAt(e, now, now)
	require.NoError(t, err)
	require.Equal(t, e.Subject(), m.Subject, "what is due goes at once")
	require.NotContains(t, m.Header, "Nats-Schedule")
}
