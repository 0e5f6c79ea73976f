package gateway

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

const defaultLimit = 50

// limitOf is how many items a page has; the contract has bounded it.
func limitOf(limit *int) int {
	if limit == nil {
		return defaultLimit
	}
	return *limit
}

// pageOf asks for one item more than the page has, which tells whether there is a next one.
func pageOf(limit *int, cursor *string) (domain.Page, error) {
	after, err := idCursor(cursor)
	return domain.Page{Limit: limitOf(limit) + 1, After: after}, err
}

// cut takes off the item too many and returns the cursor of the next page, nil on the last one.
func cut[T any](items []T, limit *int, cursor func(T) string) ([]T, *string) {
	n := limitOf(limit)
	if len(items) <= n {
		return items, nil
	}
	next := cursor(items[n-1])
	return items[:n], &next
}

// convert makes a page's items; never nil, which would be null in JSON.
func convert[T, U any](items []T, f func(T) U) []U {
	out := make([]U, len(items))
	for i, item := range items {
		out[i] = f(item)
	}
	return out
}

var errCursor = domain.NewInvalid(domain.NewFault(domain.FaultInvalidCursor, nil, "is not a cursor: use the next_cursor of the page before, as it is").At("cursor"))

func cursorOfID(id domain.ID) string { return base64.RawURLEncoding.EncodeToString(id[:]) }

func idCursor(cursor *string) (id domain.ID, err error) {
	if cursor == nil || *cursor == "" {
		return id, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil || len(b) != len(id) {
		return id, errCursor
	}
	copy(id[:], b)
	return id, nil
}

func cursorOfKey(key int64) string {
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(key))) //nolint:gosec // keys are positive
}

func keyCursor(cursor *string) (int64, error) {
	if cursor == nil || *cursor == "" {
		return 0, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil || len(b) != 8 {
		return 0, errCursor
	}
	key := int64(binary.BigEndian.Uint64(b)) //nolint:gosec // a negative one is refused below
	if key <= 0 {
		return 0, errCursor
	}
	return key, nil
}

// etag is a revision as an entity tag (RFC 9110 §8.8.3).
func etag(revision int) *string {
	tag := fmt.Sprintf(`"%d"`, revision)
	return &tag
}

// revisionOf reads If-Match (RFC 9110 §13.1.1): 0, any revision, when it is absent or "*". A tag that none of ours can be
// matches nothing, and so does a weak one. One tag only: a caller has seen one revision.
func revisionOf(ifMatch *string) (int, error) {
	if ifMatch == nil || *ifMatch == "*" {
		return 0, nil
	}
	tag, opened := strings.CutPrefix(*ifMatch, `"`)
	tag, closed := strings.CutSuffix(tag, `"`)
	revision, err := strconv.Atoi(tag)
	if !opened || !closed || err != nil || revision < 1 {
		return 0, &domain.Error{Kind: domain.Stale, Code: "stale_revision", Message: fmt.Sprintf(
			"If-Match is %.64q, which is no ETag of this thing; they look like \"3\", quotes included", *ifMatch)}
	}
	return revision, nil
}

func location(path string, id domain.ID) *string {
	at := basePath + path + id.String()
	return &at
}

// orEmpty reads an optional text.
func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// set overwrites where a patch gives a value.
func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// timeOrNull shows the zero time as null.
func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
