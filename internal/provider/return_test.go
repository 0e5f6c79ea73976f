package provider_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// promise is how soon after a provider's return a mailing goes on, but for the way through the queue, for which a
// second is left.
const promise = 29 * time.Second

// TestAMailingGoesOnSoonAfterTheProvidersReturn lets callers come back when they are told to, with a server that is
// dead in either way and back at some moment.
func TestAMailingGoesOnSoonAfterTheProvidersReturn(t *testing.T) {
	t.Parallel()
	s := provider.DefaultSettings("test")
	longest := time.Duration(float64(s.OpenFor) * (1 + s.OpenJitter))
	require.LessOrEqual(t, s.DialTimeout+longest, promise)
	for name, dead := range map[string]func(context.Context) error{
		"refuses": func(context.Context) error { return errors.New("connection refused") },
		"hangs":   func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	} {
		for _, callers := range []int{1, 40} {
			for away := time.Second; away < 100*time.Second; away += 7 * time.Second {
				synctest.Test(t, func(t *testing.T) {
					g := provider.NewGuard(s)
					back := time.Now().Add(away)
					var wg sync.WaitGroup
					for range callers {
						wg.Go(func() {
							for {
								permit, err := g.Connect(t.Context(), nil, func(ctx context.Context) error {
									if time.Now().Before(back) {
										return dead(ctx)
									}
									return nil
								})
								if err == nil {
									permit.Done(domain.ClassNone, domain.Reply{})
									break
								}
								u, ok := errors.AsType[*domain.Unreachable](err)
								if !assert.True(t, ok, "%v", err) || !assert.LessOrEqual(t, u.RetryAfter, longest) {
									return
								}
								assert.False(t, u.Stopped)
								_ = pass(t, u.RetryAfter)
							}
							assert.LessOrEqual(t, time.Since(back), promise, "%s, %d callers, away for %v", name, callers, away)
						})
					}
					wg.Wait()
				})
			}
		}
	}
}
