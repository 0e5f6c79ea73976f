package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// input is a JSON body after it was held to the contract. Its faults are not answered at once: the handler adds those
// that the domain finds in the sound rest (see invalid), so that a person learns of all of them together.
type input struct {
	members map[string]any
	faults  []domain.FieldError
}

// check holds the request's parameters and body to the contract.
func (ct *contract) check(c *gin.Context) {
	op := ct.of(c)
	bad, err := op.parameters(c)
	if err != nil {
		fail(c, err)
		return
	}
	if len(bad) > 0 {
		fail(c, domain.NewInvalid(bad...))
		return
	}
	body := bodyOf(c)
	if op.body == nil || (len(body) == 0 && !op.bodyNeeded) {
		return
	}
	value, twice, err := parseJSON(body)
	if err != nil {
		fail(c, err)
		return
	}
	s := &shape{faults: twice}
	sound, ok := s.check(op.body, value, "")
	members, isObject := sound.(map[string]any)
	if !ok || !isObject {
		for i := range s.faults {
			s.faults[i] = s.faults[i].At(named(s.faults[i].Field()))
		}
		fail(c, domain.NewInvalid(s.faults...))
		return
	}
	encoded, err := json.Marshal(sound)
	if err != nil {
		fail(c, err)
		return
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(encoded))
	setValue(c, inputKey, &input{members: members, faults: s.faults})
}

// parameters checks the query and the headers that the contract names.
func (op *operation) parameters(c *gin.Context) ([]domain.FieldError, error) {
	query, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return nil, malformed("the query after the ? cannot be read")
	}
	s := &shape{}
	for name, values := range query {
		p, known := op.query[name]
		switch {
		case !known && op.foreign:
		case !known:
			s.fault(name, domain.NewFault(domain.FaultUnknownField, nil, "is no parameter of this call"))
		case len(values) > 1:
			s.fault(name, domain.NewFault(domain.FaultRepeated, nil, "is given twice"))
		default:
			s.parameter(p, values[0])
		}
	}
	for name, p := range op.headers {
		switch values := c.Request.Header.Values(name); {
		case len(values) > 1:
			s.fault(name, domain.NewFault(domain.FaultRepeated, nil, "is given twice"))
		case len(values) == 1:
			s.parameter(p, values[0])
		}
	}
	return s.faults, nil
}

func (s *shape) parameter(p *openapi3.Parameter, value string) {
	if !utf8.ValidString(value) {
		s.fault(p.Name, domain.NewFault(domain.FaultNotUTF8, nil, "is not in UTF-8"))
		return
	}
	schema := p.Schema.Value
	if schema.Type.Is(openapi3.TypeInteger) {
		s.check(schema, json.Number(value), p.Name)
		return
	}
	if schema.Type.Is(openapi3.TypeBoolean) {
		if value != "true" && value != "false" {
			s.fault(p.Name, wrongType("boolean", "must be true or false"))
		}
		return
	}
	s.check(schema, value, p.Name)
}

// inputOf is the body of the request; empty when there was none.
func inputOf(ctx context.Context) *input {
	if in, ok := ctx.Value(inputKey).(*input); ok {
		return in
	}
	return &input{}
}

// isNull reports whether the body names the field and sets it to null.
func (in *input) isNull(field string) bool {
	value, there := in.members[field]
	return there && value == nil
}

// invalid returns the error for what the contract and the domain found wrong with the body, nil for nothing. Every handler
// with a body goes through it before it changes anything. What the contract has found at fault the domain has not seen,
// so its complaints about that are left out.
func invalid(ctx context.Context, found ...domain.FieldError) error {
	faults := slices.Clone(inputOf(ctx).faults)
	for _, f := range found {
		if !slices.ContainsFunc(inputOf(ctx).faults, func(known domain.FieldError) bool { return within(f.Field(), known.Field()) }) {
			faults = append(faults, f)
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return domain.NewInvalid(faults...)
}

// within reports whether one field is the other or lies in it.
func within(inner, outer string) bool { return inner == outer || strings.HasPrefix(inner, outer+".") }

// faulty reports whether the contract found something wrong with the field, or in it.
func (in *input) faulty(field string) bool {
	return slices.ContainsFunc(in.faults, func(f domain.FieldError) bool { return within(f.Field(), field) })
}
