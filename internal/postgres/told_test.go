package postgres_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
)

// recorded are rows of first tries as a sender has them, one of each kind.
func recorded(t *testing.T, w *seedtest.World, keys []int64) []domain.Delivery {
	t.Helper()
	done := rows(keys, domain.Sent)
	for i := range done {
		done[i].Tries = 1
		done[i].Reply = domain.Reply{Phase: domain.PhaseDot, Code: 250, Enhanced: "2.0.0", Text: "Ok"}
		require.NoError(t, w.Pool.QueryRow(t.Context(), "SELECT uid FROM clients WHERE id = $1", keys[i]).Scan(&done[i].ClientID))
	}
	done[1].Outcome, done[1].Reply = domain.Failed, domain.Reply{Phase: domain.PhaseRcpt, Code: 550, Text: strings.Repeat("нет", 100)}
	done[2].Outcome, done[2].Reply.Code = domain.Deferred, 450
	done[3].Outcome, done[3].Reply = domain.Unknown, domain.Reply{}
	done[4].Reply.Text = strings.Repeat("да", 150)
	done[5].Outcome, done[5].Reply, done[5].ClientID = domain.Skipped, domain.Reply{Text: "the client was deleted"}, domain.ID{}
	w.Exec("DELETE FROM clients WHERE id = $1", keys[5])
	return done
}

// What a sender knows of its chunk spares reading the ledger, and subscribers are told the same: also of those whom a resend
// sent back meanwhile, and of those whose tries have ended.
func TestSubscribersAreToldWhatTheLedgerSays(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(*testing.T, *seedtest.World, domain.ID){
		"nothing happens": func(*testing.T, *seedtest.World, domain.ID) {},
		"a resend": func(t *testing.T, w *seedtest.World, attempt domain.ID) {
			t.Helper()
			resend(t, w, attempt, domain.Resend{})
		},
		"no later try fits": func(_ *testing.T, w *seedtest.World, attempt domain.ID) {
			w.Exec("UPDATE attempts SET deadline = now() + interval '1 minute' WHERE id = $1", attempt)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := seedtest.New(t, pgtest.URL(t), 10, domain.SystemClock{})
			attempt, chunk := begun(t, w)
			l, token := lease(t, w, chunk)
			done := recorded(t, w, l.Chunk.Clients)
			advance(t, w, chunk, token, nil, 0, 10)
			advance(t, w, chunk, token, done, 10, 10)
			meanwhile(t, w, attempt)
			require.NoError(t, w.Store.FinishChunk(t.Context(), chunk, token, done...))

			w.Exec("UPDATE chunks SET status = 'pending', deferred = 0, lease_token = $2, leased_until = now() + interval '1 hour' WHERE id = $1",
				chunk, token)
			require.NoError(t, w.Store.FinishChunk(t.Context(), chunk, token))
			const told = "SELECT payload FROM outbox WHERE subject LIKE 'vestnik.events.deliveries.%' ORDER BY id LIMIT 1 OFFSET "
			require.JSONEq(t, w.Text(told+"1"), w.Text(told+"0"), "by the ledger, by the sender")
		})
	}
}

// A recipient of a first try who has a row in the ledger after all: what is final stays, whoever was deferred gets the outcome.
func TestAFirstTryOfSomebodyWithARow(t *testing.T) {
	t.Parallel()
	w := seedtest.New(t, pgtest.URL(t), 10, domain.SystemClock{})
	attempt, chunk := begun(t, w)
	l, token := lease(t, w, chunk)
	done := recorded(t, w, l.Chunk.Clients)
	for i, outcome := range []domain.Outcome{domain.Failed, domain.Deferred} {
		w.Exec(`INSERT INTO deliveries (attempt_id, client_id, email, outcome, class, phase, code, enhanced, response, provider, tries, at)
			VALUES ($1, $2, '', $3, '', '', 0, '', '', '', 1, $4)`, attempt, l.Chunk.Clients[i], outcome, time.Now())
	}
	advance(t, w, chunk, token, nil, 0, 10)
	advance(t, w, chunk, token, done, 10, 10)
	require.Equal(t, "failed 0,failed 550,deferred 450,unknown 0,sent 250,skipped 0,sent 250,sent 250,sent 250,sent 250",
		w.Text("SELECT string_agg(outcome || ' ' || code, ',' ORDER BY client_id) FROM deliveries WHERE attempt_id = $1", attempt))
}
