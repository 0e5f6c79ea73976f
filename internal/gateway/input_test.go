package gateway_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

func TestRefusedInputNamesEveryField(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	m := c.everything()
	long := strings.Repeat("ж", 1001)
	past := time.Now().Add(-time.Hour).Format(time.RFC3339)
	for name, test := range map[string]struct {
		path string
		body any
		want []string
	}{
		"client without anything":  {"/clients", object{}, []string{"email"}},
		"client of wrong types":    {"/clients", object{"email": 1, "full_name": true, "comment": nil, "attributes": []int{1}}, []string{"attributes", "comment", "email", "full_name"}},
		"shape and rules together": {"/clients", object{"email": "no-at", "full_name": 5, "zip": "x", "attributes": object{"a b": "c", "d": 7}}, []string{"attributes", "attributes.d", "email", "full_name", "zip"}},
		"too long":                 {"/clients", object{"email": "a@example.org", "full_name": long, "comment": long + long, "attributes": object{"город": long}}, []string{"attributes.город", "comment", "full_name"}},
		"control characters":       {"/clients", object{"email": "a@example.org", "full_name": "Анна\r\nBcc: x@example.org", "comment": "\x00", "attributes": object{"a": "\u2028"}}, []string{"attributes.a", "comment", "full_name"}},
		"named twice":              {"/clients", `{"email":"a@example.org","email":"b@example.org","attributes":{"x":"1","x":"2"}}`, []string{"attributes.x", "email"}},
		"list":                     {"/lists", object{"name": ""}, []string{"name"}},
		"list of blanks":           {"/lists", object{"name": "a\nb"}, []string{"name"}},
		"message without body":     {"/messages", object{"subject": ""}, []string{"html", "subject"}},
		"message with templates":   {"/messages", object{"subject": "{{", "html": "{{ x", "text": "ok"}, []string{"html", "subject"}},
		"mailing without anything": {"/mailings", object{}, []string{"list_ids", "message_id", "name"}},
		"mailing all wrong": {"/mailings", object{
			"name": "", "message_id": "7", "client_ids": []string{"x"}, "list_ids": "all", "start_at": "tomorrow", "end_at": "2027-13-01T00:00:00Z",
			"time_zone": "Moscow", "periodicity": "hourly", "draft": "no", "on_unknown": "ask",
		}, []string{"client_ids.0", "draft", "end_at", "list_ids", "message_id", "name", "on_unknown", "periodicity", "start_at", "time_zone"}},
		"mailing over already": {"/mailings", object{"name": "x", "message_id": m.message, "list_ids": []string{m.list}, "start_at": past, "end_at": past}, []string{"end_at"}},
		"mailing ends first": {"/mailings", object{
			"name": "x", "message_id": m.message, "list_ids": []string{m.list}, "start_at": "2040-01-02T00:00:00Z", "end_at": "2040-01-01T00:00:00Z",
		}, []string{"end_at"}},
		"mailing to far off years": {"/mailings", object{"name": "x", "message_id": m.message, "list_ids": []string{m.list}, "start_at": "9999-12-31T23:59:59-12:00"}, []string{"start_at"}},
		"mailing to nobody":        {"/mailings", object{"name": "x", "message_id": m.message}, []string{"list_ids"}},
		"mailing to what is not there": {"/mailings", object{
			"name": "x", "message_id": m.message, "list_ids": []string{m.client}, "client_ids": []string{m.list},
		}, []string{"client_ids", "list_ids"}},
	} {
		a := c.do("POST", base+test.path, test.body).problem(http.StatusUnprocessableEntity, "validation_failed")
		seen := map[string]bool{} // more than one thing may be wrong with a field
		for _, f := range a.fields() {
			seen[f] = true
		}
		assert.ElementsMatch(t, test.want, slices.Collect(maps.Keys(seen)), "%s: %s", name, a.raw)
	}
	for _, kind := range []string{"clients", "lists", "messages", "mailings"} {
		assert.Len(t, c.do("GET", base+"/"+kind, nil).want(http.StatusOK).items(), 1, "nothing was stored")
	}
}

func TestMessagesAreForPeople(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	a := c.do("POST", base+"/mailings", object{"name": 5, "message_id": "x", "periodicity": "hourly", "draft": 1, "client_ids": 3})
	text := string(a.want(http.StatusUnprocessableEntity).raw)
	for _, want := range []string{`must be text, not a number`, `is not an id`, `must be \"once\", \"daily\", \"weekly\" or \"monthly\"`, `must be true or false, not a number`, `must be a list, not a number`} {
		assert.Contains(t, text, want)
	}
	for _, leak := range []string{"Go ", "string", "struct", "openapi", "json:", "UUID"} {
		assert.NotContains(t, text, leak)
	}
}

func TestAddressesThatInjectAreRefused(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	id := c.client("good@example.org")
	for _, bad := range []string{
		"", " ", "a", "@example.org", "a@", "a@b@example.org", "a@example.org\r\nRCPT TO:<x@example.org>", "a@example.org\nBcc: x@example.org",
		"a\x00@example.org", "<a@example.org>", "Анна <a@example.org>", "a@example.org, b@example.org", "a b@example.org", `"a b"@example.org`,
		"a@exam\u200bple.org", "a@[127.0.0.1]", "a@-example.org", strings.Repeat("a", 65) + "@example.org", "a@" + strings.Repeat("a.", 126) + "org",
	} {
		assert.Equal(t, []string{"email"}, c.do("POST", base+"/clients", object{"email": bad}).problem(http.StatusUnprocessableEntity, "validation_failed").fields(), "%q", bad)
		assert.Equal(t, []string{"email"}, c.do("PATCH", base+"/clients/"+id, object{"email": bad}).problem(http.StatusUnprocessableEntity, "validation_failed").fields(), "%q", bad)
	}
	assert.Len(t, c.do("GET", base+"/clients", nil).items(), 1)
}

func TestBadParameters(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	m := c.everything()
	for path, field := range map[string]string{
		"/clients?limit=0": "limit", "/clients?limit=501": "limit", "/clients?limit=ten": "limit", "/clients?limit=": "limit",
		"/clients?limit=1&limit=2": "limit", "/clients?cursor=x": "cursor", "/clients?cursor=AAAAAAAAAAA": "cursor", "/lists?cursor=!!": "cursor",
		"/clients?list_id=7": "list_id", "/clients?q=%00": "q", "/clients?q=%ff": "q", "/clients?q=" + strings.Repeat("a", 255): "q",
		"/mailings?status=over": "status", "/attempts/" + m.attempt + "/deliveries?outcome=lost": "outcome",
	} {
		assert.Equal(t, []string{field}, c.do("GET", base+path, nil).problem(http.StatusUnprocessableEntity, "validation_failed").fields(), path)
	}
	c.do("GET", base+"/clients?%zz", nil).problem(http.StatusBadRequest, "malformed_request")
}

func TestMalformedBodies(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	for name, body := range map[string]string{
		"empty": "", "cut off": `{"name":"x"`, "garbage after": `{"name":"x"} x`, "a comma too many": `{"name":"x",}`, "single quotes": `{'name':'x'}`,
		"not UTF-8": "{\"name\":\"\xff\"}", "deep list": `{"name":` + strings.Repeat("[", 5_000_000), "deep object": strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33),
		"bare word": "nul", "byte order mark": "\ufeff{}",
	} {
		began := time.Now()
		c.do("POST", base+"/lists", strings.NewReader(body)).problem(http.StatusBadRequest, "malformed_request")
		assert.Less(t, time.Since(began), 5*time.Second, name)
	}
	// As deep as is allowed it is the contract's business.
	c.do("POST", base+"/lists", strings.Repeat(`{"a":`, 32)+"1"+strings.Repeat("}", 32)).problem(http.StatusUnprocessableEntity, "validation_failed")
	assert.Empty(t, c.do("GET", base+"/lists", nil).items())
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	large := `{"name":"` + strings.Repeat("x", 10<<20) + `"}`
	c.do("POST", base+"/lists", large).problem(http.StatusRequestEntityTooLarge, "body_too_large")
	// Chunked, so that nothing is said about the length beforehand.
	c.do("POST", base+"/lists", struct{ *strings.Reader }{strings.NewReader(large)}, "Content-Type", "application/json").
		problem(http.StatusRequestEntityTooLarge, "body_too_large")
	// Just within the limit a body is read and judged.
	html := strings.Repeat("x", domain.MaxBody)
	c.do("POST", base+"/messages", object{"subject": "s", "html": html, "text": html}).want(http.StatusCreated)
	assert.Equal(t, []string{"html"}, c.do("POST", base+"/messages", object{"subject": "s", "html": html + "x"}).want(http.StatusUnprocessableEntity).fields())
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	for _, good := range []string{"application/json", "application/json; charset=utf-8", "Application/JSON; charset=UTF-8"} {
		c.do("POST", base+"/lists", object{"name": good}, "Content-Type", good).want(http.StatusCreated)
	}
	for _, bad := range []string{"text/plain", "application/xml", "application/json; charset=windows-1251", "application/x-www-form-urlencoded", "nonsense/"} {
		c.do("POST", base+"/lists", object{"name": bad}, "Content-Type", bad).problem(http.StatusUnsupportedMediaType, "unsupported_media_type")
	}
	c.do("POST", base+"/clients/import", "email\n", "Content-Type", "application/octet-stream").problem(http.StatusUnsupportedMediaType, "unsupported_media_type")
	require.Len(t, c.do("GET", base+"/lists", nil).items(), 3)
}
