package gateway_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	spec "github.com/vestnik-mail/vestnik/api"
	"github.com/vestnik-mail/vestnik/internal/domain"
)

// listed returns the values of an enum of the contract, and what it says of them.
func listed(t *testing.T, schema string) (values []string, description string) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(spec.OpenAPI())
	require.NoError(t, err)
	s := doc.Components.Schemas[schema].Value
	for _, v := range s.Enum {
		values = append(values, fmt.Sprint(v))
	}
	return values, s.Description
}

func TestTheContractListsEveryCodeOfAField(t *testing.T) {
	t.Parallel()
	codes, _ := listed(t, "FieldCode")
	var all []string
	for _, c := range domain.FaultCodes() {
		all = append(all, c.String())
	}
	assert.ElementsMatch(t, all, codes)
}

func TestTheContractListsEveryReason(t *testing.T) {
	t.Parallel()
	codes, description := listed(t, "ReasonCode")
	var all []string
	for _, c := range domain.ReasonCodes() {
		all = append(all, string(c))
		assert.Contains(t, description, "`"+string(c)+"`")
	}
	assert.ElementsMatch(t, all, codes)
}

// TestTheContractListsEveryCodeOfAProblem reads the sources: what makes a problem does so with a literal or a constant, in
// one of a few ways.
func TestTheContractListsEveryCodeOfAProblem(t *testing.T) {
	t.Parallel()
	codes, _ := listed(t, "ProblemCode")
	found := map[string]bool{"internal": true}
	for _, status := range []domain.MailingStatus{
		domain.MailingDraft, domain.MailingScheduled, domain.MailingRunning, domain.MailingPaused, domain.MailingDisabled, domain.MailingFinished,
	} {
		found["mailing_"+string(status)] = true
	}
	for _, dir := range []string{"../domain", "../gateway", "../postgres", "../oidc", "../render", "../csvimport"} {
		for code := range codesIn(t, dir) {
			found[code] = true
		}
	}
	for code := range found {
		assert.Contains(t, codes, code)
	}
	for _, code := range codes {
		assert.True(t, found[code], "nothing answers with %s any more", code)
	}
}

// codesIn returns the codes of problems that the package in dir makes.
func codesIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	found, consts := map[string]bool{}, map[string]string{}
	var parsed []*ast.File
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		parsed = append(parsed, file)
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				if value, ok := text(spec.Values[0], nil); ok {
					consts[spec.Names[0].Name] = value
				}
			}
			return true
		})
	}
	for _, file := range parsed {
		ast.Inspect(file, func(n ast.Node) bool {
			code, suffix := codeOf(n)
			if code == nil {
				return true
			}
			if value, ok := text(code, consts); ok {
				found[value+suffix] = true
			}
			return true
		})
	}
	return found
}

// codeOf returns the expression that is the code of the problem made in n, if one is.
func codeOf(n ast.Node) (code ast.Expr, suffix string) {
	switch n := n.(type) {
	case *ast.CompositeLit:
		switch name(n.Type) {
		case "httpError":
			if len(n.Elts) == 3 {
				return n.Elts[1], ""
			}
		case "Error":
			i := slices.IndexFunc(n.Elts, func(e ast.Expr) bool {
				pair, ok := e.(*ast.KeyValueExpr)
				return ok && name(pair.Key) == "Code"
			})
			if i >= 0 {
				return n.Elts[i].(*ast.KeyValueExpr).Value, "" //nolint:forcetypeassert // it was just found to be one
			}
		}
	case *ast.CallExpr:
		switch name(n.Fun) {
		case "NewConflict", "unauthorized":
			return n.Args[0], ""
		case "NewNotFound":
			return n.Args[0], "_not_found"
		case "orNotFound":
			return n.Args[1], "_not_found"
		}
	}
	return nil, ""
}

func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	default:
		return ""
	}
}

func text(e ast.Expr, consts map[string]string) (string, bool) {
	if literal, ok := e.(*ast.BasicLit); ok && literal.Kind == token.STRING {
		value, err := strconv.Unquote(literal.Value)
		return value, err == nil
	}
	value, ok := consts[name(e)]
	return value, ok
}

func TestEveryFaultOfAFieldIsToldWithItsCode(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	for name, test := range map[string]struct {
		method, path string
		body         object
		want         map[string]string
	}{
		"types and lengths": {
			"POST", "/clients",
			object{"email": "anna@", "full_name": strings.Repeat("a", 201), "comment": 5, "attributes": object{"1st": "x", "city": "a\nb"}, "age": 3},
			map[string]string{
				"email": "email_domain", "full_name": "too_long", "comment": "wrong_type", "attributes": "attribute_name",
				"attributes.city": "control_character", "age": "unknown_field",
			},
		},
		"a schedule": {
			"POST", "/mailings",
			object{
				"name": " ", "message_id": "x", "start_at": "2031-03-01T09:00:00Z", "end_at": "2031-02-01T09:00:00Z", "time_zone": "Mars",
				"periodicity": "hourly",
			},
			map[string]string{
				"name": "required", "message_id": "invalid_id", "list_ids": "no_recipients", "end_at": "not_after_start",
				"time_zone": "unknown_time_zone", "periodicity": "not_a_choice",
			},
		},
		"a template":  {"POST", "/messages", object{"subject": "s", "html": "{{ x"}, map[string]string{"html": "template_not_closed"}},
		"a weak one":  {"POST", "/auth/register", object{"email": "b@example.org", "password": "password12", "name": "", "language": "ru"}, map[string]string{"password": "weak_password"}},
		"a short one": {"POST", "/auth/register", object{"email": "b@example.org", "password": "short", "name": "", "language": "ru"}, map[string]string{"password": "password_too_short"}},
		"a page":      {"GET", "/clients?limit=0", nil, map[string]string{"limit": "too_small"}},
		"a reason":    {"POST", "/suppressions", object{"email": "a b@example.org", "reason": " "}, map[string]string{"email": "email_space", "reason": "required"}},
	} {
		var body any
		if test.body != nil {
			body = test.body
		}
		answer := c.do(test.method, base+test.path, body).problem(http.StatusUnprocessableEntity, "validation_failed")
		got := map[string]string{}
		errors, _ := answer.body["errors"].([]any)
		for _, e := range errors {
			e, _ := e.(object)
			field, _ := e["field"].(string)
			got[field], _ = e["code"].(string)
			assert.NotEmpty(t, e["message"], name)
		}
		assert.Equal(t, test.want, got, "%s: %s", name, answer.raw)
	}
}
