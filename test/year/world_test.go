package year_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/planner"
	"github.com/vestnik-mail/vestnik/internal/postgres"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
	"github.com/vestnik-mail/vestnik/internal/sender"
)

func TestMain(m *testing.M) { pgtest.Run(m) }

// soon is how long Vestnik may take over what nothing keeps it from: the sweeper finds a lost event within it.
const soon = time.Minute

// impatient is the store for a planner under a simulated clock. How long ago a chunk was asked for is told by the
// database's clock, to which the year is a minute.
type impatient struct{ *postgres.Store }

func (s impatient) HintOrphans(ctx context.Context, _ time.Duration) (int, error) {
	return s.Store.HintOrphans(ctx, 0)
}

// world is a whole Vestnik with two owners, under a clock that leaps from one thing to do to the next.
type world struct {
	t        *testing.T
	random   *rand.Rand
	clock    *handClock
	broker   *broker
	mailbox  *mailbox
	planner  *service
	sender   *service
	sweep    func(context.Context)
	owners   []*seedtest.World
	blocked  []bool
	states   []state // of the services, in order of time
	mailings []*mailing
	script   []action    // what is to come, in order of time
	wakes    []time.Time // when the sweeper runs
	counts   map[string]int
}

// state is what ran from an instant on.
type state struct {
	at              time.Time
	planner, sender bool
}

// action is something that happens to Vestnik.
type action struct {
	at time.Time
	do func()
}

const clients = 4

func newWorld(t *testing.T, seed uint64, begin time.Time) *world {
	t.Helper()
	// Each has its own, so that the script of a seed stays the same: the delays before later tries, which the store draws
	// by itself, change what the others do.
	random := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) } //nolint:gosec // to be repeated
	w := &world{t: t, random: random(1), clock: &handClock{now: begin}, counts: map[string]int{}}
	url := pgtest.URL(t)
	for range 2 {
		w.owners = append(w.owners, seedtest.New(t, url, clients, w.clock))
	}
	w.blocked = make([]bool, len(w.owners))
	store := w.owners[0].Store
	w.broker = &broker{clock: w.clock, random: random(2)}
	w.mailbox = &mailbox{clock: w.clock, random: random(3), taken: map[string]map[string]int{}}
	p := planner.New(impatient{store}, w.broker, zerolog.Nop())
	s := sender.New(sender.Config{Workers: 1, Lease: time.Hour}, sender.Deps{
		Attempts: store, Ledger: store, Providers: []sender.Provider{w.mailbox}, Clock: w.clock, Log: zerolog.Nop(), Compile: compile,
	})
	w.planner = &service{handlers: p.Handlers(), up: true}
	w.sender = &service{handlers: s.Handlers(), up: true}
	w.mailbox.kill = func() { w.sender.cancel() }
	w.broker.services = []*service{w.planner, w.sender}
	w.sweep = p.SweepOnce
	w.states = []state{{begin, true, true}}
	return w
}

// turn starts and stops services.
func (w *world) turn(planner, sender bool) {
	w.planner.up, w.sender.up = planner, sender
	w.states = append(w.states, state{w.clock.now, planner, sender})
	w.wakeSoon()
}

// wakeSoon lets the sweeper run a few times in the seconds to come.
func (w *world) wakeSoon() {
	for _, d := range []time.Duration{0, 4 * time.Second, 8 * time.Second, 12 * time.Second} {
		w.wakes = append(w.wakes, w.clock.now.Add(d))
	}
}

// at puts an action on the script.
func (w *world) at(t time.Time, do func()) {
	i := len(w.script)
	for i > 0 && w.script[i-1].at.After(t) {
		i--
	}
	w.script = slices.Insert(w.script, i, action{t, do})
}

// run goes on until the end.
func (w *world) run(end time.Time) {
	w.t.Helper()
	for {
		next := end
		for _, t := range []func() (time.Time, bool){w.broker.next, w.nextAction, w.nextWake, w.nextOfStore} {
			if at, ok := t(); ok && at.Before(next) {
				next = at
			}
		}
		if next.After(w.clock.now) {
			w.clock.now = next
		}
		if !w.clock.now.Before(end) {
			return
		}
		for len(w.script) > 0 && !w.script[0].at.After(w.clock.now) {
			do := w.script[0].do
			w.script = w.script[1:]
			do()
		}
		w.now()
	}
}

// now does all there is to do at this instant.
func (w *world) now() {
	w.t.Helper()
	sweep := false
	w.wakes = slices.DeleteFunc(w.wakes, func(at time.Time) bool {
		due := !at.After(w.clock.now)
		sweep = sweep || due
		return due
	})
	if sweep && w.planner.up {
		w.sweep(w.t.Context())
	}
	lost, deaths := w.broker.lost, w.mailbox.deaths
	for w.relay() || w.broker.step(w.t) {
		if w.mailbox.deaths > deaths {
			deaths = w.mailbox.deaths
			w.owners[0].Exec(`UPDATE chunks SET leased_until = now() - interval '1 second' WHERE leased_until > now()`)
			w.wakeSoon()
		}
	}
	if w.broker.lost > lost {
		w.wakeSoon()
	}
}

// relay carries the outbox to the broker and reports whether there was anything.
func (w *world) relay() bool {
	w.t.Helper()
	store := w.owners[0].Store
	batch, err := store.ClaimOutbox(w.t.Context(), 256, time.Hour)
	require.NoError(w.t, err)
	if len(batch) == 0 {
		return false
	}
	ids := make([]int64, 0, len(batch))
	for _, m := range batch {
		ids = append(ids, m.ID)
		w.broker.publish(w.t, m.Message)
	}
	require.NoError(w.t, store.OutboxPublished(w.t.Context(), ids))
	return true
}

func (w *world) nextAction() (time.Time, bool) {
	if len(w.script) == 0 {
		return time.Time{}, false
	}
	return w.script[0].at, true
}

func (w *world) nextWake() (time.Time, bool) {
	if len(w.wakes) == 0 {
		return time.Time{}, false
	}
	return slices.MinFunc(w.wakes, time.Time.Compare), true
}

// nextOfStore is when the sweeper, which never sleeps, is going to find something: what became due and was not woken.
// It is the one place where the test asks the store what is to come, and only in order to save a million idle rounds.
func (w *world) nextOfStore() (time.Time, bool) {
	w.t.Helper()
	const patience = 4 * time.Second
	var at *time.Time
	err := w.owners[0].Pool.QueryRow(w.t.Context(), `SELECT min(at) FROM (
			SELECT due_at AS at FROM attempts WHERE status = 'planned'
			UNION ALL SELECT deadline FROM attempts WHERE status = 'running'
			UNION ALL SELECT c.due_at FROM chunks c JOIN attempts a ON a.id = c.attempt_id WHERE c.status = 'pending' AND a.status = 'running'
		) x WHERE at > $1::timestamptz`, w.clock.now.Add(-patience)).Scan(&at)
	require.NoError(w.t, err)
	if at == nil {
		return time.Time{}, false
	}
	wake := at.Add(patience)
	if !slices.ContainsFunc(w.wakes, wake.Equal) {
		w.wakes = append(w.wakes, wake)
	}
	return wake, true
}
