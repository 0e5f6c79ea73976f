package gateway_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// TestNobodyAssignsWhatIsNotTheirs puts fields that are Vestnik's own to set into every body there is.
func TestNobodyAssignsWhatIsNotTheirs(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.person("o@example.org", domain.RoleAdmin)
	m := c.everything()
	values := object{
		"id": m.client, "owner_id": c.user.ID, "user_id": c.user.ID, "status": "running", "role": "admin", "revision": 99, "created_at": "2020-01-01T00:00:00Z",
		"updated_at": "2020-01-01T00:00:00Z", "email_confirmed": true, "confirmed": true, "verified_at": "2020-01-01T00:00:00Z", "blocked": false,
		"blocked_at": nil, "password_hash": "x", "delete_at": nil, "totp_on": false, "totp_secret": "x", "next_at": "2020-01-01T00:00:00Z", "key": "x",
		"prefix": "x", "scope": "send", "__proto__": object{"role": "admin"}, "constructor": object{},
	}
	bodies := 0
	for _, call := range a.calls {
		if call.op.RequestBody == nil || call.op.RequestBody.Value.Content.Get("application/json") == nil {
			continue
		}
		bodies++
		schema := call.op.RequestBody.Value.Content.Get("application/json").Schema.Value
		forbidden := maps.Clone(values)
		for name := range properties(schema) {
			delete(forbidden, name)
		}
		fields := c.do(call.method, m.fill(call.path), forbidden).problem(http.StatusUnprocessableEntity, "validation_failed").fields()
		for name := range forbidden {
			assert.Contains(t, fields, name, call.op.OperationID)
			single := c.do(call.method, m.fill(call.path), object{name: forbidden[name]}).problem(http.StatusUnprocessableEntity, "validation_failed")
			assert.Contains(t, single.fields(), name, call.op.OperationID)
		}
	}
	assert.Greater(t, bodies, 8)
	me := c.do("GET", base+"/me", nil).want(http.StatusOK).body
	assert.Equal(t, c.user.ID.String(), me["id"])
	assert.Empty(t, a.audited(c.user.ID))
}

// properties are the fields that a schema has, wherever it takes them from.
func properties(s *openapi3.Schema) openapi3.Schemas {
	all := maps.Clone(s.Properties)
	if all == nil {
		all = openapi3.Schemas{}
	}
	for _, part := range slices.Concat(s.AllOf, s.AnyOf, s.OneOf) {
		maps.Copy(all, properties(part.Value))
	}
	return all
}

// TestEveryBodyNamesItsFields holds the contract to what TestNobodyAssignsWhatIsNotTheirs relies on, for calls that are still
// to come as well.
func TestEveryBodyNamesItsFields(t *testing.T) {
	t.Parallel()
	for _, call := range calls(t) {
		if call.op.RequestBody == nil || call.op.RequestBody.Value.Content.Get("application/json") == nil {
			continue
		}
		schema := call.op.RequestBody.Value.Content.Get("application/json").Schema.Value
		open := schema.AdditionalProperties.Has
		require.True(t, open != nil && !*open, "%s takes fields that it does not name", call.op.OperationID)
		for name := range properties(schema) {
			require.NotContains(t, []string{"id", "owner_id", "user_id", "status", "revision", "email_confirmed"}, name, call.op.OperationID)
			require.True(t, name != "role" || call.op.OperationID == "setUserRole", call.op.OperationID)
		}
	}
}

// TestEveryParameterIsHeldToItsValues looks for parameters that take any text: those that there are go into queries as
// values, and have a length.
func TestEveryParameterIsHeldToItsValues(t *testing.T) {
	t.Parallel()
	for _, call := range calls(t) {
		for _, ref := range call.op.Parameters {
			p := ref.Value
			schema := p.Schema.Value
			if p.In == openapi3.ParameterInPath || !schema.Type.Is(openapi3.TypeString) || len(schema.Enum) > 0 || schema.Format != "" || schema.Pattern != "" {
				continue
			}
			require.NotNil(t, schema.MaxLength, "%s: %s %s takes any text of any length", call.op.OperationID, p.In, p.Name)
		}
		for _, ref := range call.op.Parameters {
			if p := ref.Value; strings.Contains(p.Name, "sort") || strings.Contains(p.Name, "order") {
				require.NotEmpty(t, p.Schema.Value.Enum, "%s: %s", call.op.OperationID, p.Name)
			}
		}
	}
}

// breaks are characters that end a line somewhere, or hide what follows.
func breaks() map[string]string {
	return map[string]string{"CR": "\r", "LF": "\n", "CRLF": "\r\nBcc: evil@example.org", "NUL": "\x00", "NEL": "\u0085", "LS": "\u2028", "PS": "\u2029", "ESC": "\x1b[2J"}
}

func TestNothingThatEndsALineGetsIntoOne(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.person("o@example.org", domain.RoleAdmin)
	m := c.everything()
	for name, s := range breaks() {
		text := "a" + s + "b"
		for _, try := range []struct {
			method, path, field string
			body                object
		}{
			{"POST", "/clients", "full_name", object{"email": "x@example.org", "full_name": text}},
			{"POST", "/clients", "email", object{"email": "x" + s + "@example.org"}},
			{"POST", "/clients", "attributes.city", object{"email": "x@example.org", "attributes": object{"city": text}}},
			{"POST", "/clients", "attributes", object{"email": "x@example.org", "attributes": object{text: "x"}}},
			{"PATCH", "/clients/" + m.client, "full_name", object{"full_name": text}},
			{"POST", "/lists", "name", object{"name": text}},
			{"PATCH", "/lists/" + m.list, "name", object{"name": text}},
			{"POST", "/messages", "subject", object{"subject": text, "text": "x"}},
			{"PATCH", "/messages/" + m.message, "subject", object{"subject": text}},
			{"POST", "/mailings", "name", object{"name": text, "message_id": m.message, "list_ids": []string{m.list}}},
			{"PATCH", "/mailings/" + m.mailing, "name", object{"name": text}},
			{"POST", "/mailings/" + m.mailing + "/disable", "reason", object{"reason": text}},
			{"POST", "/suppressions", "reason", object{"email": "x@example.org", "reason": text}},
			{"POST", "/me/api-keys", "name", object{"name": text, "scopes": []string{"read"}}},
		} {
			got := c.do(try.method, base+try.path, try.body).problem(http.StatusUnprocessableEntity, "validation_failed")
			for _, field := range got.fields() {
				assert.True(t, strings.HasPrefix(field, try.field), "%s %s: %s: %s", try.method, try.path, name, got.raw)
			}
			assert.NotContains(t, string(got.raw), s, "%s %s: the answer repeats it", name, try.path)
		}
		for header, value := range map[string]string{"X-Request-Id": "a" + s, "If-Match": `"` + s + `"`} {
			if r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url, nil); err == nil {
				r.Header.Set(header, value) // most of these Go's client refuses to send
				if response, err := http.DefaultClient.Do(r); err == nil {
					assert.NotContains(t, response.Header.Get("X-Request-Id"), s)
					require.NoError(t, response.Body.Close())
				}
			}
		}
		c.do("GET", base+"/clients?q="+url.QueryEscape(text), nil).isNot(t, "internal")
	}
	for _, kind := range []string{"clients", "lists", "messages", "mailings"} {
		assert.Len(t, c.do("GET", base+"/"+kind, nil).want(http.StatusOK).items(), 1, kind)
	}
}
