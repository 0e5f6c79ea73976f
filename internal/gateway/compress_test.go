package gateway_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// raw sends a request as a caller does that unpacks answers himself.
func (c *caller) raw(path, accepts string) (http.Header, []byte) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.url+path, http.NoBody)
	require.NoError(c.t, err)
	r.Header.Set("Accept-Encoding", accepts)
	c.show(r)
	answer, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(c.t, err)
	defer func() { _ = answer.Body.Close() }()
	require.Equal(c.t, http.StatusOK, answer.StatusCode)
	body, err := io.ReadAll(answer.Body)
	require.NoError(c.t, err)
	return answer.Header, body
}

func TestLargeAnswersArePackedForWhoTakesIt(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("anna@example.org", domain.RoleUser)
	for i := range 10 {
		c.do("POST", base+"/lists", object{"name": strings.Repeat("Покупатели ", i+1)}).want(http.StatusCreated)
	}
	_, plain := c.raw(base+"/lists", "identity")
	header, packed := c.raw(base+"/lists", "gzip, deflate, br")
	assert.Equal(t, "gzip", header.Get("Content-Encoding"))
	assert.Contains(t, header.Values("Vary"), "Accept-Encoding")
	assert.Less(t, len(packed), len(plain)/2)
	unpack, err := gzip.NewReader(strings.NewReader(string(packed)))
	require.NoError(t, err)
	body, err := io.ReadAll(unpack)
	require.NoError(t, err)
	assert.Equal(t, plain, body)

	header, _ = c.raw(base+"/lists?limit=1", "gzip")
	assert.Empty(t, header.Get("Content-Encoding"), "a small answer is what it is")
	header, _ = c.raw("/api/openapi.yaml", "gzip")
	assert.Equal(t, "gzip", header.Get("Content-Encoding"))
}

// What tells secrets does not tell by its size how often they are said.
func TestAnswersWithSecretsAreNotPacked(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("anna@example.org", domain.RoleUser)
	for range 10 {
		c.program(domain.ScopeRead)
	}
	header, body := c.browser().raw(base+"/me/api-keys", "gzip")
	require.Greater(t, len(body), 1024, "large enough to be packed elsewhere")
	assert.Empty(t, header.Get("Content-Encoding"))
}

func TestStreamsAreNotPacked(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("anna@example.org", domain.RoleUser)
	id := c.do("POST", base+"/clients/import", "email\nb@example.org\n", "Content-Type", "text/csv").want(http.StatusAccepted).id()
	header, body := c.raw(base+"/imports/"+id+"/progress", "gzip")
	assert.Equal(t, "text/event-stream", header.Get("Content-Type"))
	assert.Empty(t, header.Get("Content-Encoding"))
	assert.Contains(t, string(body), "event: done\n")
}
