package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/domain"
)

func (c *command) resendCommand() *cobra.Command {
	var o sendOptions
	var outcomes []string
	cmd := &cobra.Command{
		Use:     "resend ATTEMPT_ID",
		Short:   "Send again to those whom an attempt did not reach",
		GroupID: "run",
		Long: `Sends again to the recipients of an attempt who failed, or of whom nobody can
know whether they got the message (they may get it twice), within the same
attempt and with the text it had. Suppressed and deleted clients are left out.
Then it waits for the attempt to end, as "vestnik send" does. The status is 0
only if every recipient of the attempt has been sent to.`,
		Example: `  vestnik resend 019aaf5f-0a1b-7c2d-8e3f-4a5b6c7d8e9f
  vestnik resend 019aaf5f-0a1b-7c2d-8e3f-4a5b6c7d8e9f --outcome failed`,
		Args: cobra.ExactArgs(1),
		RunE: c.does(func(ctx context.Context, args []string) error {
			id, err := domain.ParseID(args[0])
			if err != nil {
				return misuse("%q is not the id of an attempt", args[0])
			}
			var ask domain.Resend
			for _, outcome := range outcomes {
				if outcome != string(domain.Unknown) && outcome != string(domain.Failed) {
					return misuse("--outcome is unknown or failed, not %q", outcome)
				}
				ask.Outcomes = append(ask.Outcomes, domain.Outcome(outcome))
			}
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			cfg = quieter(cfg)
			return c.withServers(ctx, cfg, o.inline, c.logger(cfg), func(cfg config.Config) error {
				return c.send(ctx, cfg, o, func(ctx context.Context, s *sending) error { return s.resend(ctx, id, ask) })
			})
		}),
	}
	cmd.Flags().StringArrayVar(&outcomes, "outcome", nil, "only these: unknown or failed; repeat it for both")
	o.addTo(cmd)
	return cmd
}

// resend puts recipients of an attempt back, to be watched.
func (s *sending) resend(ctx context.Context, id domain.ID, ask domain.Resend) error {
	done, err := s.store.ResendAttempt(ctx, domain.ID{}, id, ask)
	if err != nil {
		return err
	}
	if !s.o.quiet && !s.json {
		line := counted(int64(done.Resent), "recipient") + " of " + done.Attempt.MailingName + " to be sent to again"
		if done.LeftOut > 0 {
			line += ", " + number(int64(done.LeftOut)) + " left out: suppressed or deleted"
		}
		say(s.Stdout, "%s\n", line)
	}
	s.watched = append(s.watched, &watched{attempt: done.Attempt, before: done.Attempt})
	return nil
}
