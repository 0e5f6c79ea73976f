package domain_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

func TestNewID(t *testing.T) {
	t.Parallel()
	// The time of RFC 9562's own example, appendix A.6.
	now := time.UnixMilli(0x017F22E279B0)
	id := domain.NewID(now)
	assert.Regexp(t, "^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", id.String())
	assert.NotEqual(t, id, domain.NewID(now))
	assert.Less(t, id.String(), domain.NewID(now.Add(time.Millisecond)).String(), "ids sort by time")
	first := domain.FirstIDAt(now).String()
	assert.Less(t, first, id.String())
	assert.Greater(t, first, domain.NewID(now.Add(-time.Millisecond)).String())
}

func TestParseID(t *testing.T) {
	t.Parallel()
	const text = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
	id, err := domain.ParseID(strings.ToUpper(text))
	require.NoError(t, err)
	assert.Equal(t, text, id.String())
	for _, bad := range []string{
		"", text[1:], text + "0", strings.ReplaceAll(text, "-", ""), strings.ReplaceAll(text, "-", "_"),
		strings.Replace(text, "f", "g", 1), "{" + text[1:35] + "}", "ё" + text[2:], " " + text[1:],
	} {
		_, err := domain.ParseID(bad)
		assert.Error(t, err, bad)
	}
}

func TestIDKeepsItsValueEverywhere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var id, parsed, scanned domain.ID
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		encoded, err := json.Marshal(id)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(encoded, &parsed))
		require.Equal(t, id, parsed)
		value, err := id.Value()
		require.NoError(t, err)
		for _, stored := range []any{value, []byte(id.String()), id[:], [16]byte(id)} {
			scanned = domain.ID{}
			require.NoError(t, scanned.Scan(stored))
			require.Equal(t, id, scanned)
		}
	})
}

func TestIDScan(t *testing.T) {
	t.Parallel()
	id := domain.NewID(time.Now())
	require.Error(t, id.Scan(42))
	require.Error(t, id.Scan("not an id"))
	assert.False(t, id.IsZero(), "a failed scan changes nothing")
	require.NoError(t, id.Scan(nil))
	assert.True(t, id.IsZero())
	var field struct {
		ID domain.ID `json:"id,omitzero"`
	}
	encoded, err := json.Marshal(field)
	require.NoError(t, err)
	assert.JSONEq(t, "{}", string(encoded))
	require.Error(t, json.Unmarshal([]byte(`{"id":"5"}`), &field))
}
