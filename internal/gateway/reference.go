package gateway

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"

	"github.com/vestnik-mail/vestnik/api"
)

//go:embed reference.html reference.css
var referenceFiles embed.FS

// reference is the page at /api/docs, made of the contract once. It has no scripts and asks no other site for anything.
type reference struct{ page, style []byte }

type referenceData struct {
	Doc     *openapi3.T
	Groups  []referenceGroup
	Schemas []namedSchema
}

type referenceGroup struct {
	Name, Description string
	Calls             []referenceCall
}

type referenceCall struct {
	Method, Path string
	*openapi3.Operation
	Params    []*openapi3.Parameter
	Body      []namedSchema // by media type
	Responses []referenceResponse
}

type referenceResponse struct{ Status, Description, Schema string }

type namedSchema struct {
	Name   string
	Schema *openapi3.SchemaRef
}

func newReference(doc *openapi3.T) (*reference, error) {
	style, err := referenceFiles.ReadFile("reference.css")
	if err != nil {
		return nil, fmt.Errorf("read the reference's style: %w", err)
	}
	page, err := template.New("reference.html").Funcs(template.FuncMap{
		"prose": prose, "kind": kindOfSchema, "rules": rulesOf, "fields": fieldsOf, "required": slices.Contains[[]string],
		"lower": strings.ToLower, "refname": refName,
	}).ParseFS(referenceFiles, "reference.html")
	if err != nil {
		return nil, fmt.Errorf("read the reference's template: %w", err)
	}
	data := referenceData{Doc: doc, Groups: groupsOf(doc)}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		data.Schemas = append(data.Schemas, namedSchema{name, doc.Components.Schemas[name]})
	}
	var out bytes.Buffer
	if err := page.Execute(&out, data); err != nil {
		return nil, fmt.Errorf("make the reference: %w", err)
	}
	return &reference{out.Bytes(), style}, nil
}

func (r *reference) mount(engine *gin.Engine) {
	serve := func(path, media string, body []byte) {
		engine.GET(path, func(c *gin.Context) {
			c.Header("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
			c.Header("X-Frame-Options", "DENY")
			c.Header("Cache-Control", "no-cache")
			c.Data(http.StatusOK, media, body)
		})
	}
	serve("/api/openapi.yaml", "application/yaml; charset=utf-8", api.OpenAPI())
	serve("/api/docs", "text/html; charset=utf-8", r.page)
	serve("/api/docs.css", "text/css; charset=utf-8", r.style)
}

// groupsOf orders the calls by tag, path and method, as the contract's tags are ordered.
func groupsOf(doc *openapi3.T) []referenceGroup {
	var groups []referenceGroup
	paths := doc.Paths.Map()
	for _, tag := range doc.Tags {
		group := referenceGroup{Name: tag.Name, Description: tag.Description}
		for _, path := range slices.Sorted(maps.Keys(paths)) {
			operations := paths[path].Operations()
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete} {
				if op, ok := operations[method]; ok && slices.Contains(op.Tags, tag.Name) {
					group.Calls = append(group.Calls, newCall(method, path, paths[path], op))
				}
			}
		}
		groups = append(groups, group)
	}
	return groups
}

func newCall(method, path string, item *openapi3.PathItem, op *openapi3.Operation) referenceCall {
	call := referenceCall{Method: method, Path: basePath + path, Operation: op}
	for _, list := range []openapi3.Parameters{item.Parameters, op.Parameters} {
		for _, p := range list {
			call.Params = append(call.Params, p.Value)
		}
	}
	if op.RequestBody != nil {
		content := op.RequestBody.Value.Content
		for _, media := range slices.Sorted(maps.Keys(content)) {
			call.Body = append(call.Body, namedSchema{media, content[media].Schema})
		}
	}
	responses := op.Responses.Map()
	for _, status := range slices.Sorted(maps.Keys(responses)) {
		r := referenceResponse{Status: status}
		if text := responses[status].Value.Description; text != nil {
			r.Description = *text
		}
		if content := responses[status].Value.Content.Get(jsonType); content != nil {
			r.Schema = refName(content.Schema)
		}
		call.Responses = append(call.Responses, r)
	}
	return call
}
