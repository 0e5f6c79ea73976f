package gateway_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	spec "github.com/vestnik-mail/vestnik/api"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
)

const base = "/api/v1"

// call is one operation of the contract.
type call struct {
	method, path string
	op           *openapi3.Operation
	pattern      *regexp.Regexp
}

func calls(t *testing.T) []call {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(spec.OpenAPI())
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context()))
	var out []call
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			pattern := regexp.MustCompile("^" + base + regexp.MustCompile(`\{[a-z_]+\}`).ReplaceAllString(path, "[^/]+") + "$")
			out = append(out, call{method, path, op, pattern})
		}
	}
	slices.SortFunc(out, func(a, b call) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return out
}

// conforms holds an answer to the contract. Every test goes through it.
func (a *api) conforms(method, path string, got answer) {
	t := a.t
	t.Helper()
	path, _, _ = strings.Cut(path, "?")
	for _, c := range a.calls {
		if c.method != method || !c.pattern.MatchString(path) || (strings.HasSuffix(path, "/import") && !strings.HasSuffix(c.path, "/import")) {
			continue
		}
		response := c.op.Responses.Status(got.status)
		if response == nil {
			response = c.op.Responses.Default()
			require.GreaterOrEqual(t, got.status, 400, "%s %s: a status that is not in the contract", method, path)
		}
		for name := range response.Value.Headers {
			if name == "Set-Cookie" {
				continue // not of every sign-in: there may be a second step
			}
			require.NotEmpty(t, got.header.Get(name), "%s %s: header %s", method, path, name)
		}
		media, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
		if len(response.Value.Content) == 0 {
			require.Empty(t, got.raw)
			return
		}
		content := response.Value.Content.Get(media)
		require.NotNil(t, content, "%s %s: media type %q", method, path, media)
		if media == "text/csv" || media == "text/event-stream" {
			return
		}
		var value any
		require.NoError(t, json.Unmarshal(got.raw, &value))
		require.NoError(t, content.Schema.Value.VisitJSON(value), "%s %s", method, path)
		return
	}
}

func TestRoutesAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	handler, err := gateway.New(gateway.Deps{Clock: domain.SystemClock{}})
	require.NoError(t, err)
	engine, ok := handler.(interface{ Routes() gin.RoutesInfo })
	require.True(t, ok)
	var served, promised []string
	for _, r := range engine.Routes() {
		if path, ours := strings.CutPrefix(r.Path, base+"/"); ours {
			served = append(served, r.Method+" /"+path)
		}
	}
	for _, c := range calls(t) {
		promised = append(promised, c.method+" "+strings.NewReplacer("{", ":", "}", "").Replace(c.path))
	}
	assert.ElementsMatch(t, promised, served)
}

// made is one of everything, of one user.
type made struct {
	user, client, list, message, mailing, attempt, imported, suppressed, session, key, test string
}

func (c *caller) everything() made {
	c.t.Helper()
	m := made{user: c.user.ID.String(), client: c.client("one@example.org"), list: c.list("Список"), message: c.message()}
	m.mailing = c.mailing(m.message, m.client)
	m.imported = c.do("POST", base+"/clients/import", "email\nbad\n", "Content-Type", "text/csv").want(http.StatusAccepted).id()
	m.attempt = c.do("POST", base+"/mailings/"+m.mailing+"/start", nil).want(http.StatusOK).id()
	m.suppressed = "gone." + c.user.ID.String() + "@example.org"
	c.do("POST", base+"/suppressions", object{"email": m.suppressed, "reason": "asked for it"}).want(http.StatusCreated)
	sent, err := c.store.SendTest(c.t.Context(), c.user.ID, domain.NoticeTestMail, nil)
	require.NoError(c.t, err)
	m.test = sent.ID.String()
	c.browser()
	sessions, err := c.store.Sessions(c.t.Context(), c.user.ID)
	require.NoError(c.t, err)
	c.program()
	keys, err := c.store.APIKeys(c.t.Context(), c.user.ID)
	require.NoError(c.t, err)
	m.session, m.key = sessions[0].ID.String(), keys[0].ID.String()
	return m
}

// ids are all that others are not to see.
func (m made) ids() []string {
	return []string{m.client, m.list, m.message, m.mailing, m.attempt, m.imported, m.suppressed, m.session, m.key, m.test}
}

// fill puts the ids of m into a path of the contract.
func (m made) fill(path string) string {
	kind := strings.Split(strings.Replace(path, "/me/", "/", 1), "/")[1]
	id := map[string]string{
		"clients": m.client, "lists": m.list, "messages": m.message, "mailings": m.mailing, "attempts": m.attempt, "imports": m.imported,
		"users": m.user, "sessions": m.session, "api-keys": m.key, "test-mails": m.test,
	}[kind]
	return base + strings.NewReplacer("{id}", id, "{client_id}", m.client, "{email}", m.suppressed).Replace(path)
}

func TestWhatIsAnothersDoesNotExist(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	owner, stranger := a.person("owner@example.org", domain.RoleUser), a.person("stranger@example.org", domain.RoleUser)
	theirs, own := owner.everything(), stranger.everything()
	before := owner.do("GET", theirs.fill("/clients/{id}"), nil).want(http.StatusOK).raw
	for _, c := range calls(t) {
		if !strings.Contains(c.path, "{") || strings.HasSuffix(c.path, "able") || strings.HasPrefix(c.path, "/users") { // managers' business
			continue
		}
		var body any
		if c.op.RequestBody != nil {
			body = object{}
		}
		stranger.do(c.method, theirs.fill(c.path), body).want(http.StatusNotFound)
		stranger.do(c.method, base+strings.NewReplacer("{id}", "not-an-id", "{client_id}", own.client).Replace(c.path), body).want(http.StatusNotFound)
		nobody := "01900000-0000-7000-8000-000000000000"
		stranger.do(c.method, base+strings.NewReplacer("{id}", nobody, "{client_id}", own.client).Replace(c.path), body).want(http.StatusNotFound)
	}
	stranger.do("PUT", base+"/lists/"+own.list+"/clients/"+theirs.client, nil).problem(http.StatusNotFound, "client_not_found")
	stranger.do("PUT", base+"/lists/"+theirs.list+"/clients/"+own.client, nil).problem(http.StatusNotFound, "list_not_found")
	stranger.do("GET", base+"/clients?list_id="+theirs.list, nil).problem(http.StatusNotFound, "list_not_found")
	stranger.do("POST", base+"/clients/import?list_id="+theirs.list, "email\n", "Content-Type", "text/csv").problem(http.StatusNotFound, "list_not_found")
	refused := stranger.do("POST", base+"/messages/"+own.message+"/preview", object{"client_id": theirs.client}).problem(http.StatusUnprocessableEntity, "validation_failed")
	assert.Equal(t, []string{"client_id"}, refused.fields())
	refused = stranger.do("POST", base+"/mailings", object{"name": "x", "message_id": theirs.message, "list_ids": []string{own.list}}).want(http.StatusUnprocessableEntity)
	assert.Equal(t, []string{"message_id"}, refused.fields())
	for _, kind := range []string{"clients", "lists", "messages", "mailings", "suppressions"} {
		assert.Len(t, owner.do("GET", base+"/"+kind, nil).want(http.StatusOK).items(), 1)
		assert.Len(t, stranger.do("GET", base+"/"+kind, nil).want(http.StatusOK).items(), 1)
	}
	assert.Equal(t, string(before), string(owner.do("GET", theirs.fill("/clients/{id}"), nil).raw))
}

func TestEveryBodyIsHeldToTheContract(t *testing.T) {
	t.Parallel()
	c := newAPI(t).person("o@example.org", domain.RoleAdmin)
	m := c.everything()
	kinds := []string{"clients", "lists", "messages", "mailings"}
	before := map[string]string{}
	for _, kind := range kinds {
		before[kind] = string(c.do("GET", base+"/"+kind, nil).want(http.StatusOK).raw)
	}
	for _, call := range calls(t) {
		if call.op.RequestBody == nil || call.op.RequestBody.Value.Content.Get("application/json") == nil {
			continue
		}
		path := m.fill(call.path)
		assert.Contains(t, c.do(call.method, path, object{"surprise": 1}).problem(http.StatusUnprocessableEntity, "validation_failed").fields(), "surprise")
		assert.Equal(t, []string{"body"}, c.do(call.method, path, "[]").problem(http.StatusUnprocessableEntity, "validation_failed").fields())
		c.do(call.method, path, "null").problem(http.StatusUnprocessableEntity, "validation_failed")
		c.do(call.method, path, "{").problem(http.StatusBadRequest, "malformed_request")
		c.do(call.method, path, "{}{}").problem(http.StatusBadRequest, "malformed_request")
		c.do(call.method, path, "{}", "Content-Type", "text/plain").problem(http.StatusUnsupportedMediaType, "unsupported_media_type")
	}
	for _, kind := range kinds {
		assert.Equal(t, before[kind], string(c.do("GET", base+"/"+kind, nil).raw), "nothing was changed")
	}
}

func TestUnknownParametersAreRefused(t *testing.T) {
	t.Parallel()
	c := newAPI(t).person("o@example.org", domain.RoleAdmin)
	m := c.everything()
	for _, call := range calls(t) {
		if call.op.Extensions["x-foreign-query"] == true {
			continue
		}
		a := c.do(call.method, m.fill(call.path)+"?limt=5", object{}, "Content-Type", mediaOf(call)).problem(http.StatusUnprocessableEntity, "validation_failed")
		assert.Equal(t, []string{"limt"}, a.fields(), call.path)
	}
}

func mediaOf(c call) string {
	if c.op.OperationID == "importClients" {
		return "text/csv"
	}
	return "application/json"
}

func TestTheContractsLimitsAreTheDomains(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(spec.OpenAPI())
	require.NoError(t, err)
	for schema, limits := range map[string]map[string]uint64{
		"ClientInput":  {"full_name": domain.MaxName, "comment": domain.MaxComment},
		"ListInput":    {"name": domain.MaxName},
		"MessageInput": {"subject": domain.MaxSubject, "html": domain.MaxBody, "text": domain.MaxBody},
		"MailingInput": {"name": domain.MaxName},
	} {
		for _, name := range []string{schema, strings.TrimSuffix(schema, "Input") + "Patch"} {
			for field, limit := range limits {
				most := doc.Components.Schemas[name].Value.Properties[field].Value.MaxLength
				require.NotNil(t, most, "%s.%s", name, field)
				assert.Equal(t, limit, *most, "%s.%s", name, field)
			}
		}
	}
	attributes := doc.Components.Schemas["Attributes"].Value
	assert.EqualValues(t, domain.MaxAttributes, *attributes.MaxProps)
	assert.EqualValues(t, domain.MaxAttributeLength, *attributes.AdditionalProperties.Schema.Value.MaxLength)
}
