package gateway_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

func TestProvidersAndTheMailingsThatNameThem(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.caller("anna@example.com", domain.RoleUser)
	require.Empty(t, c.do(http.MethodGet, "/api/v1/providers", nil).want(http.StatusOK).items())

	failed := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	well := domain.ProviderState{Name: "mail.example.com", Kind: domain.ProviderSMTP, Default: true, Breaker: "closed", Rate: 100, Connections: 2, MaxConnections: 10}
	open := well
	open.Breaker, open.Connections, open.LastError, open.LastErrorAt = "open", 0, "421 4.3.2 going down", failed
	open.Slowed = []domain.SlowedDomain{{Domain: "пример.рф", Rate: 2.5}}
	require.NoError(t, a.store.ReportProvider(t.Context(), domain.NewID(time.Now()), well))
	require.NoError(t, a.store.ReportProvider(t.Context(), domain.NewID(time.Now()), open))
	require.NoError(t, a.store.ReportProvider(t.Context(), domain.NewID(time.Now()), domain.ProviderState{Name: "api", Kind: domain.ProviderHTTP, Breaker: "closed", MaxConnections: 5}))

	items := c.do(http.MethodGet, "/api/v1/providers", nil).want(http.StatusOK).items()
	require.Len(t, items, 2)
	assert.Equal(t, "api", items[0]["id"])
	assert.Nil(t, items[0]["rate"])
	assert.Nil(t, items[0]["last_error_at"])
	got := items[1]
	assert.Equal(t, "mail.example.com", got["id"])
	assert.Equal(t, "open", got["state"], "the worst that a sender sees")
	assert.Equal(t, true, got["default"])
	assert.InDelta(t, 2, got["senders"], 0)
	assert.InDelta(t, 100, got["rate"], 0)
	assert.InDelta(t, 2, got["connections"], 0)
	assert.InDelta(t, 20, got["max_connections"], 0)
	assert.Equal(t, "421 4.3.2 going down", got["last_error"])
	assert.Equal(t, failed.Format(time.RFC3339), got["last_error_at"])
	assert.Empty(t, got["slowed_domains"], "they are of others' recipients")
	seen := a.caller("manager@example.org", domain.RoleManager).do(http.MethodGet, "/api/v1/providers", nil).want(http.StatusOK).items()
	assert.Equal(t, []any{object{"domain": "пример.рф", "rate": 2.5}}, seen[1]["slowed_domains"])

	message, client := c.message(), c.client("ivan@example.com")
	m := c.do(http.MethodPost, "/api/v1/mailings", object{"name": "x", "message_id": message, "client_ids": []string{client}, "provider_id": "api", "draft": true}).want(http.StatusCreated)
	require.Equal(t, "api", m.body["provider_id"])
	m = c.do(http.MethodPatch, "/api/v1/mailings/"+m.id(), object{"provider_id": nil}).want(http.StatusOK)
	require.Nil(t, m.body["provider_id"])
	m = c.do(http.MethodPatch, "/api/v1/mailings/"+m.id(), object{"provider_id": "mail.example.com"}).want(http.StatusOK)
	require.Equal(t, "mail.example.com", m.body["provider_id"])
	require.Equal(t, []string{"provider_id"}, c.do(http.MethodPatch, "/api/v1/mailings/"+m.id(), object{"provider_id": "nobody"}).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	require.Equal(t, []string{"provider_id"}, c.do(http.MethodPost, "/api/v1/mailings",
		object{"name": "x", "message_id": message, "client_ids": []string{client}, "provider_id": "nobody"}).problem(http.StatusUnprocessableEntity, "validation_failed").fields())

	a.exec("UPDATE provider_states SET reported_at = now() - interval '20 minutes'")
	items = c.do(http.MethodGet, "/api/v1/providers", nil).want(http.StatusOK).items()
	require.Len(t, items, 2)
	assert.Equal(t, "away", items[1]["state"])
	assert.InDelta(t, 0, items[1]["senders"], 0)
	assert.Equal(t, "421 4.3.2 going down", items[1]["last_error"], "what went wrong is still told")
	require.NoError(t, a.store.ForgetProviders(t.Context()))
	require.Len(t, c.do(http.MethodGet, "/api/v1/providers", nil).want(http.StatusOK).items(), 2, "the newest word on each is kept")
}
