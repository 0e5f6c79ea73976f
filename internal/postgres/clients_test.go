package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// Which set a page of clients begins with must not change who is on it: every filter is compared with what it says, where
// few match and where many do.
func TestClientsAreThoseThatWereAskedForWhateverIsReadFirst(t *testing.T) {
	t.Parallel()
	s := newScope(t, 2)
	s.store.SetFew(150)
	owner, ctx := s.user(t, domain.RoleUser)
	_, asManager := s.user(t, domain.RoleManager)
	list := domain.List{OwnerID: owner, Name: "l"}
	require.NoError(t, s.store.CreateList(ctx, &list))
	// More than a search may find at once begin with "many"; the oldest of all have names and addresses of their own.
	s.Exec(`INSERT INTO clients (uid, owner_id, email, email_key, full_name, created_at, updated_at)
		SELECT gen_random_uuid(), $1, e, e, n, now(), now() FROM (
			SELECT CASE WHEN i <= 40 THEN 'few' ELSE 'many' END || i || '@example.org' AS e,
				CASE i % 3 WHEN 0 THEN 'Фёдор ' || i WHEN 1 THEN 'Many ' || i ELSE '' END AS n
			FROM generate_series(1, 1000) i ORDER BY i) rows`, owner)
	s.Exec(`INSERT INTO suppressions (owner_id, email_key, reason, created_at)
		SELECT owner_id, email_key, 'r', now() FROM clients WHERE owner_id = $1 AND id % 3 = 0 AND (id % 21 = 0 OR email_key LIKE 'few%')`, owner)
	s.Exec(`INSERT INTO list_clients SELECT $1, id FROM clients WHERE owner_id = $2 AND id % 7 = 0`, list.ID, owner)
	all, err := s.store.Clients(ctx, domain.ClientFilter{Owner: owner}, 0, 2_000)
	require.NoError(t, err)
	require.Len(t, all, 1_000)
	yes, no := true, false

	check := func(t *testing.T) {
		t.Helper()
		for _, prefix := range []string{"", "few1", "FEW", "many", "many99", "фёдор 3", "МНОГО", "few%", "few_"} {
			for _, in := range []domain.ID{{}, list.ID} {
				for _, suppressed := range []*bool{nil, &yes, &no} {
					f := domain.ClientFilter{Owner: owner, Prefix: prefix, List: in, Suppressed: suppressed}
					var want []int64
					for _, c := range all {
						begins := strings.HasPrefix(c.Email.Key, strings.ToLower(prefix)) || strings.HasPrefix(strings.ToLower(c.FullName), strings.ToLower(prefix))
						if begins && (in.IsZero() || c.Key%7 == 0) && (suppressed == nil || *suppressed == (c.Suppressed != nil)) {
							want = append(want, c.Key)
						}
					}
					name := fmt.Sprintf("%q, list %t, suppressed %v", prefix, !in.IsZero(), suppressed != nil && *suppressed)
					var got []int64
					for before := int64(0); len(got) < 70; { // the first pages
						page, err := s.store.Clients(ctx, f, before, 30)
						require.NoError(t, err, name)
						for _, c := range page {
							got, before = append(got, c.Key), c.Key
						}
						if len(page) < 30 {
							break
						}
					}
					require.Equal(t, want[:min(len(want), len(got))], got, name)
					require.True(t, len(got) == len(want) || len(got) >= 70, name)
				}
			}
		}
	}
	check(t)

	// A manager looks for everybody's.
	for _, prefix := range []string{"few1", "many99"} {
		theirs, err := s.store.Clients(asManager, domain.ClientFilter{Prefix: prefix, Suppressed: &no}, 0, 100)
		require.NoError(t, err)
		own, err := s.store.Clients(ctx, domain.ClientFilter{Owner: owner, Prefix: prefix, Suppressed: &no}, 0, 100)
		require.NoError(t, err)
		assert.True(t, slices.EqualFunc(theirs, own, func(a, b domain.Client) bool { return a.ID == b.ID }))
	}

	// And once more than a page may begin with are suppressed.
	s.Exec(`INSERT INTO suppressions (owner_id, email_key, reason, created_at) SELECT $1, 'none' || i || '@example.org', 'r', now() FROM generate_series(1, 200) i`, owner)
	check(t)
}
