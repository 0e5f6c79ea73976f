package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// maxDepth is how deep JSON may nest; the contract needs four levels.
const maxDepth = 32

var errDeep = errors.New("too deep")

// parseJSON reads one JSON value (RFC 8259). Members of an object are named once: which of two a reader takes is nobody's
// promise, so both are faults. Nesting is bounded while reading, before anything is built from what is deeper.
func parseJSON(body []byte) (value any, twice []domain.FieldError, err error) {
	if !utf8.Valid(body) {
		return nil, nil, malformed("the body is not in UTF-8")
	}
	p := &parser{dec: json.NewDecoder(bytes.NewReader(body))}
	p.dec.UseNumber()
	value, err = p.value("", 1)
	if err == nil {
		if _, tail := p.dec.Token(); !errors.Is(tail, io.EOF) {
			return nil, nil, malformed("there is something after the end of the JSON value")
		}
		return value, p.twice, nil
	}
	switch {
	case errors.Is(err, errDeep):
		return nil, nil, malformed(fmt.Sprintf("the body nests deeper than %d levels", maxDepth))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, nil, malformed("the body is not JSON: it ends too early")
	default:
		return nil, nil, malformed(fmt.Sprintf("the body is not JSON: byte %d cannot stand there", p.dec.InputOffset()+1))
	}
}

type parser struct {
	dec   *json.Decoder
	twice []domain.FieldError
}

func (p *parser) value(path string, depth int) (any, error) {
	token, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if depth > maxDepth {
		return nil, errDeep
	}
	if open == '[' {
		return p.array(path, depth)
	}
	return p.object(path, depth)
}

func (p *parser) array(path string, depth int) (any, error) {
	list := []any{}
	for p.dec.More() {
		item, err := p.value(fmt.Sprintf("%s.%d", path, len(list)), depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	_, err := p.dec.Token() // the closing bracket
	return list, err
}

func (p *parser) object(path string, depth int) (any, error) {
	object := map[string]any{}
	for p.dec.More() {
		token, err := p.dec.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		at := join(path, name)
		if _, double := object[name]; double {
			p.twice = append(p.twice, domain.NewFault(domain.FaultRepeated, nil, "is given twice").At(at))
		}
		if object[name], err = p.value(at, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := p.dec.Token() // the closing brace
	return object, err
}

// join names a field within another.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
