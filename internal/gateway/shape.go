package gateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// shape holds a value to its schema in the contract. It collects every fault in words for people, and returns the value
// without the parts at fault, so that the domain's rules can be asked about the rest in the same go.
type shape struct{ faults []domain.FieldError }

func (s *shape) fault(path string, f domain.Fault) (any, bool) {
	s.faults = append(s.faults, f.At(path))
	return nil, false
}

// wrongType is the fault of a value that is not of the kind expected: boolean, object, list, text or integer.
func wrongType(expected, format string, args ...any) domain.Fault {
	return domain.NewFault(domain.FaultWrongType, domain.Params{"expected": expected}, format, args...)
}

// check returns value as far as it is sound, and whether it is to be kept.
func (s *shape) check(schema *openapi3.Schema, value any, path string) (any, bool) {
	if value == nil {
		if schema.Nullable {
			return nil, true
		}
		return s.fault(path, domain.NewFault(domain.FaultNull, nil, "must not be null"))
	}
	if len(schema.AllOf) == 1 { // how OpenAPI 3.0 puts a default or a description beside a reference
		return s.check(schema.AllOf[0].Value, value, path)
	}
	switch {
	case schema.Type.Is(openapi3.TypeObject):
		return s.object(schema, value, path)
	case schema.Type.Is(openapi3.TypeArray):
		return s.array(schema, value, path)
	case schema.Type.Is(openapi3.TypeString):
		return s.text(schema, value, path)
	case schema.Type.Is(openapi3.TypeInteger):
		return s.integer(schema, value, path)
	case schema.Type.Is(openapi3.TypeBoolean):
		if _, ok := value.(bool); !ok {
			return s.fault(path, wrongType("boolean", "must be true or false, not %s", kindOf(value)))
		}
	}
	return value, true
}

func (s *shape) object(schema *openapi3.Schema, value any, path string) (any, bool) {
	members, ok := value.(map[string]any)
	if !ok {
		return s.fault(named(path), wrongType("object", "must be an object, not %s", kindOf(value)))
	}
	for _, name := range schema.Required {
		if _, ok := members[name]; !ok {
			s.fault(join(path, name), domain.Required("is required"))
		}
	}
	sound := make(map[string]any, len(members))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		inner := schema.AdditionalProperties.Schema
		if property, ok := schema.Properties[name]; ok {
			inner = property
		}
		if inner == nil {
			s.fault(join(path, name), domain.NewFault(domain.FaultUnknownField, nil, "is not known here; the fields are %s",
				strings.Join(slices.Sorted(maps.Keys(schema.Properties)), ", ")))
			continue
		}
		if kept, ok := s.check(inner.Value, members[name], join(path, name)); ok {
			sound[name] = kept
		}
	}
	return sound, true
}

func (s *shape) array(schema *openapi3.Schema, value any, path string) (any, bool) {
	items, ok := value.([]any)
	if !ok {
		return s.fault(path, wrongType("list", "must be a list, not %s", kindOf(value)))
	}
	if most := schema.MaxItems; most != nil && uint64(len(items)) > *most {
		return s.fault(path, domain.NewFault(domain.FaultTooMany, domain.Params{"count": len(items), "max": *most},
			"has %d items; at most %d are allowed", len(items), *most))
	}
	sound := make([]any, 0, len(items))
	for i, item := range items {
		if kept, ok := s.check(schema.Items.Value, item, fmt.Sprintf("%s.%d", path, i)); ok {
			sound = append(sound, kept)
		}
	}
	return sound, true
}

func (s *shape) text(schema *openapi3.Schema, value any, path string) (any, bool) {
	text, ok := value.(string)
	if !ok {
		return s.fault(path, wrongType("text", "must be text, not %s", kindOf(value)))
	}
	if len(schema.Enum) > 0 && !slices.Contains(schema.Enum, any(text)) {
		return s.fault(path, domain.NewFault(domain.FaultNotAChoice, domain.Params{"choices": schema.Enum}, "must be %s", choices(schema.Enum)))
	}
	n := utf8.RuneCountInString(text)
	if most := schema.MaxLength; most != nil && uint64(n) > *most { //nolint:gosec // a length is not negative
		return s.fault(path, domain.TooLong(n, int(*most))) //nolint:gosec // a bound of the contract
	}
	if n == 0 && schema.MinLength > 0 {
		return s.fault(path, domain.Required("must not be empty"))
	}
	if strings.ContainsRune(text, 0) {
		return s.fault(path, domain.ControlCharacter(0))
	}
	switch schema.Format {
	case "uuid":
		if _, err := domain.ParseID(text); err != nil {
			return s.fault(path, domain.NewFault(domain.FaultInvalidID, nil, "is not an id: one looks like 019aaf5e-6d5b-7c10-8a43-5d1f0c3b9e21"))
		}
	case "date-time":
		var t time.Time
		if err := t.UnmarshalText([]byte(text)); err != nil || t.IsZero() {
			return s.fault(path, domain.NewFault(domain.FaultInvalidTime, nil, "is not a time: write it as in RFC 3339, 2027-03-01T09:00:00+03:00"))
		}
	}
	return text, true
}

func (s *shape) integer(schema *openapi3.Schema, value any, path string) (any, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return s.fault(path, wrongType("integer", "must be a whole number, not %s", kindOf(value)))
	}
	n, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil {
		return s.fault(path, wrongType("integer", "must be a whole number"))
	}
	if low := schema.Min; low != nil && float64(n) < *low {
		return s.fault(path, domain.NewFault(domain.FaultTooSmall, domain.Params{"min": *low}, "must be at least %.0f", *low))
	}
	if high := schema.Max; high != nil && float64(n) > *high {
		return s.fault(path, domain.NewFault(domain.FaultTooLarge, domain.Params{"max": *high}, "must be at most %.0f", *high))
	}
	return number, true
}

// named calls the whole body by a name.
func named(path string) string {
	if path == "" {
		return "body"
	}
	return path
}

func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "text"
	case json.Number:
		return "a number"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	default:
		return "an object"
	}
}

// choices writes "a", "b" or "c".
func choices(values []any) string {
	var b strings.Builder
	for i, v := range values {
		switch {
		case i > 0 && i == len(values)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", v)
	}
	return b.String()
}
