package smtp_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider/smtp"
)

// However many of one mailing wait for a connection, another gets every other turn.
func TestConnectionsGoToMailingsByTurns(t *testing.T) {
	t.Parallel()
	large, small, other := domain.NewID(time.Now()), domain.NewID(time.Now()), domain.NewID(time.Now())
	require.Equal(t,
		[]domain.ID{large, small, other, large, small, large, large},
		smtp.Turns(t.Context(), []domain.ID{large, large, large, large, small, small, other}))
}
