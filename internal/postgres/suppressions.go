package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// Suppressions returns up to limit of owner's suppressed addresses (everybody's when owner is zero), newest first, from below the given key on (0: from
// the newest): those that begin with prefix, in any case.
func (s *Store) Suppressions(ctx context.Context, owner domain.ID, prefix string, before int64, limit int) ([]domain.Suppressed, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := s.q.SuppressionPage(ctx, sqlc.SuppressionPageParams{
		OwnerID: owner, Before: before, Pattern: likePrefix(prefix), PageSize: int32(limit), //nolint:gosec // at most a page
	})
	if err != nil {
		return nil, fmt.Errorf("list suppressions: %w", err)
	}
	out := make([]domain.Suppressed, 0, len(rows))
	for _, r := range rows {
		email := r.Email
		if email == "" {
			email = r.EmailKey
		}
		out = append(out, domain.Suppressed{
			Key: r.ID, Email: domain.Address{Display: email, Key: r.EmailKey}, AttemptID: r.AttemptID, MailingID: r.MailingID,
			MailingName: r.MailingName, Suppression: domain.Suppression{Reason: r.Reason, At: r.CreatedAt},
		})
	}
	return out, nil
}

// SuppressAddress stops mail to an address at owner's wish, whether or not there is a client with it. It returns a
// Conflict error when the address is suppressed already.
func (s *Store) SuppressAddress(ctx context.Context, owner domain.ID, email domain.Address, reason string) (domain.Suppressed, error) {
	now := s.stamp()
	key, err := s.q.SuppressionInsert(ctx, sqlc.SuppressionInsertParams{
		OwnerID: owner, EmailKey: email.Key, Email: email.Display, Reason: reason, Now: now,
	})
	if isUnique(err, "suppressions_pkey") {
		return domain.Suppressed{}, domain.NewConflict("suppression_exists", "the address is suppressed already")
	}
	if err != nil {
		return domain.Suppressed{}, fmt.Errorf("suppress an address: %w", err)
	}
	return domain.Suppressed{Key: key, Email: email, Suppression: domain.Suppression{Reason: reason, At: now}}, nil
}

// UnsuppressAddress lets mail be sent to an address of owner's again, from the next chunk on. It returns a NotFound error
// when the address, by its key, is not suppressed.
func (s *Store) UnsuppressAddress(ctx context.Context, owner domain.ID, key string) error {
	client, err := s.q.ClientByAddress(ctx, sqlc.ClientByAddressParams{OwnerID: owner, EmailKey: key})
	if err == nil {
		err = spareOutgoingClient(ctx, s.q, client)
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	n, err := s.q.SuppressionDelete(ctx, sqlc.SuppressionDeleteParams{OwnerID: owner, EmailKey: key})
	if err != nil {
		return fmt.Errorf("lift a suppression: %w", err)
	}
	if n == 0 {
		return domain.NewNotFound("suppression")
	}
	return nil
}

// likePrefix is the LIKE pattern of what begins with prefix; keys of addresses are in lower case.
func likePrefix(prefix string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(prefix)) + "%"
}
