package gateway

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// refName is the name of a schema of the contract; empty for one written in place.
func refName(s *openapi3.SchemaRef) string {
	if s == nil {
		return ""
	}
	if s.Ref == "" && s.Value != nil && len(s.Value.AllOf) == 1 {
		return refName(s.Value.AllOf[0])
	}
	return strings.TrimPrefix(s.Ref, "#/components/schemas/")
}

// kindOfSchema says in a word what a value is.
func kindOfSchema(s *openapi3.SchemaRef) string {
	if s == nil || s.Value == nil || s.Value.Type == nil {
		return ""
	}
	kind := strings.Join(s.Value.Type.Slice(), " or ")
	if s.Value.Format != "" {
		kind += " (" + s.Value.Format + ")"
	}
	if s.Value.Type.Is(openapi3.TypeArray) {
		inner := refName(s.Value.Items)
		if inner == "" {
			inner = kindOfSchema(s.Value.Items)
		}
		kind = "array of " + inner
	}
	return kind
}

// rulesOf lists what a value must keep to.
func rulesOf(s *openapi3.SchemaRef) string {
	if s == nil || s.Value == nil {
		return ""
	}
	var rules []string
	add := func(format string, args ...any) { rules = append(rules, fmt.Sprintf(format, args...)) }
	v := s.Value
	if len(v.Enum) > 0 && s.Ref == "" {
		add("one of %s", choices(v.Enum))
	}
	if v.MinLength > 0 {
		add("at least %d characters", v.MinLength)
	}
	if v.MaxLength != nil {
		add("at most %d characters", *v.MaxLength)
	}
	if v.Min != nil {
		add("at least %.0f", *v.Min)
	}
	if v.Max != nil {
		add("at most %.0f", *v.Max)
	}
	if v.MaxItems != nil {
		add("at most %d items", *v.MaxItems)
	}
	if v.Default != nil {
		add("default %v", v.Default)
	}
	if v.Nullable {
		add("may be null")
	}
	return strings.Join(rules, "; ")
}

// fieldsOf lists an object's fields by name; those of an object made of several come one after the other.
func fieldsOf(s *openapi3.SchemaRef) []namedSchema {
	var out []namedSchema
	for _, part := range s.Value.AllOf {
		out = append(out, fieldsOf(part)...)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Value.Properties)) {
		out = append(out, namedSchema{name, s.Value.Properties[name]})
	}
	return out
}

// prose shows a description: paragraphs, `code` and **strong**, which is all the Markdown that the contract uses.
func prose(text string) template.HTML {
	var b strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		b.WriteString("<p>")
		for i, part := range strings.Split(paragraph, "`") {
			safe := template.HTMLEscapeString(part)
			if i%2 == 1 {
				b.WriteString("<code>" + safe + "</code>")
				continue
			}
			for j, piece := range strings.Split(safe, "**") {
				if j%2 == 1 {
					piece = "<strong>" + piece + "</strong>"
				}
				b.WriteString(piece)
			}
		}
		b.WriteString("</p>")
	}
	return template.HTML(b.String()) //nolint:gosec // escaped piece by piece above
}
