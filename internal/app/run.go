package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/planner"
)

const (
	// stopTime is how long a process has to end: what its senders have begun is finished and recorded within it.
	stopTime = 24 * time.Second
	// hardStop is when it ends, whatever hangs.
	hardStop = 29 * time.Second
	// handOver is how long the relay goes on after the last handler, so that chunks given back reach other senders.
	handOver = 2 * time.Second
)

// Options are what differs between the programs that run jobs.
type Options struct {
	Jobs    Jobs
	Migrate bool              // bring the database's schema up to this program first
	Mailbox http.Handler      // the built-in mailbox, served at /mailbox; nil for none
	Listens func(addr string) // called with host:port when requests are taken; may be nil
	Ready   func()            // called when every server answers and the jobs begin; may be nil
	// SetUp is called before Ready while nobody has an account, with the path and fragment of the page that makes the first
	// one; nil: the log says it.
	SetUp func(page string)
}

// Run does the jobs until ctx ends, then stops gracefully: no request, event or message is begun any more, what has
// begun is finished and recorded, and what is left goes back for others. It returns within 30 seconds of that. It takes
// requests at once, and waits for its servers as long as it takes; /readyz says for which.
func Run(ctx context.Context, cfg config.Config, o Options, log zerolog.Logger) error {
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, cfg, o, log) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	// A server that hangs, PostgreSQL for one, must not keep us: what could not be recorded is unknown to the next sender.
	late := time.NewTimer(hardStop)
	defer late.Stop()
	select {
	case err := <-ended:
		return err
	case <-late.C:
		return fmt.Errorf("a server did not answer within %s of the stop; what it did not confirm is checked at the next start", hardStop)
	}
}

func run(ctx context.Context, cfg config.Config, o Options, log zerolog.Logger) error {
	p, err := open(ctx, cfg, o.Jobs, log)
	if err != nil {
		return err
	}
	defer p.close(ctx)

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.serveHTTP(ctx, o) })
	group.Go(func() error {
		if o.Migrate {
			if _, err := Migrate(ctx, cfg, log); err != nil {
				return err
			}
		}
		if err := p.waitForAll(ctx); err != nil {
			return err
		}
		if err := p.prepare(ctx, o.Jobs); err != nil {
			return err
		}
		p.offerSetup(ctx, o)
		if o.Ready != nil {
			o.Ready()
		}
		return p.work(ctx, o.Jobs)
	})
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// prepare makes what must exist in the servers.
func (p *parts) prepare(ctx context.Context, jobs Jobs) error {
	if err := p.broker.EnsureStreams(ctx, streamOptions(p.cfg)); err != nil {
		return err
	}
	if !jobs.Planner && !jobs.Sender { // a gateway may not make tables
		return nil
	}
	// Without them rows go to the default partition: no reason not to send. The planner tries again each hour.
	if err := p.store.EnsurePartitions(ctx); err != nil {
		p.log.Error().Err(err).Msg("could not make the partitions of the months to come")
	}
	return nil
}

// offerSetup says where the first administrator is made. Whoever can read it runs this Vestnik.
func (p *parts) offerSetup(ctx context.Context, o Options) {
	if !o.Jobs.Gateway {
		return
	}
	token, err := p.scoped.MakeSetupToken(ctx)
	switch page := "/welcome#token=" + token; { // behind the # it reaches no server's log
	case err != nil:
		p.log.Error().Err(err).Msg("could not look whether somebody has an account; `vestnik user` makes one as well")
	case token == "":
	case o.SetUp != nil:
		o.SetUp(page)
	default:
		p.log.Warn().Str("open", p.home()+page).Msg("nobody has an account yet: open this link to make the administrator")
	}
}

// work runs planner, sender and relay. The relay ends last.
func (p *parts) work(ctx context.Context, jobs Jobs) error {
	relayCtx, stopRelay := context.WithCancel(context.WithoutCancel(ctx))
	relayed := make(chan error, 1)
	go func() { relayed <- p.broker.Relay(relayCtx, p.store) }()

	group, groupCtx := errgroup.WithContext(ctx)
	if jobs.Planner {
		pl := planner.New(p.store, p.broker, p.log.With().Str("job", "planner").Logger())
		group.Go(func() error { return p.broker.Serve(groupCtx, pl.Handlers(), stopTime) })
		group.Go(func() error {
			if err := pl.Sweep(groupCtx); groupCtx.Err() == nil {
				return err
			}
			return nil // to have been stopped is no error, and must not hide those of others
		})
	}
	if jobs.Sender {
		if !jobs.Gateway && p.cfg.BaseURL == "" {
			p.log.Warn().Str("links", p.home()).Msg("VESTNIK_BASE_URL is not set here: links in confirmations lead to this machine")
		}
		group.Go(func() error { return p.send(groupCtx) })
	}
	group.Go(func() error { <-groupCtx.Done(); return nil }) // a gateway alone has the relay only
	err := group.Wait()

	p.lastRelay(relayCtx)
	stopRelay()
	if rerr := <-relayed; err == nil && !errors.Is(rerr, context.Canceled) {
		err = rerr
	}
	return err
}

// lastRelay waits, for a short while, until the outbox is empty.
func (p *parts) lastRelay(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, handOver)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		n, err := p.store.OutboxSize(ctx)
		if err != nil || n == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
