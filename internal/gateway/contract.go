package gateway

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"

	"github.com/vestnik-mail/vestnik/api"
)

// contract is api/openapi.yaml, ready to hold requests to.
type contract struct {
	doc        *openapi3.T
	operations map[string]*operation // by method and Gin's route
	stopping   <-chan struct{}       // see Deps
}

// operation is what the contract says of one call.
type operation struct {
	id         string
	rule       rule
	query      map[string]*openapi3.Parameter
	foreign    bool // others make the query, so what is not known in it is ignored
	headers    map[string]*openapi3.Parameter
	body       *openapi3.Schema // of a JSON body
	bodyNeeded bool
	upload     []string // media types of a body that is read as a stream
	lasting    bool     // it may take long: an upload, a download or a stream
}

func loadContract() (*contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("read the API's contract: %w", err)
	}
	return newContract(doc)
}

// newContract refuses a contract in which a call does not say who may make it.
func newContract(doc *openapi3.T) (_ *contract, err error) {
	ct := &contract{doc: doc, operations: map[string]*operation{}}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			operation := newOperation(item, op)
			if operation.rule, err = newRule(op); err != nil {
				return nil, fmt.Errorf("read the API's contract: %w", err)
			}
			ct.operations[method+" "+ginPath(path)] = operation
		}
	}
	return ct, nil
}

// ginPath writes /clients/{id} as Gin does: /api/v1/clients/:id.
func ginPath(path string) string {
	return basePath + strings.NewReplacer("{", ":", "}", "").Replace(path)
}

func newOperation(item *openapi3.PathItem, op *openapi3.Operation) *operation {
	out := &operation{id: op.OperationID, query: map[string]*openapi3.Parameter{}, headers: map[string]*openapi3.Parameter{}}
	out.foreign, _ = op.Extensions["x-foreign-query"].(bool)
	for _, list := range []openapi3.Parameters{item.Parameters, op.Parameters} {
		for _, p := range list {
			switch p.Value.In {
			case openapi3.ParameterInQuery:
				out.query[p.Value.Name] = p.Value
			case openapi3.ParameterInHeader:
				out.headers[p.Value.Name] = p.Value
			}
		}
	}
	for _, response := range op.Responses.Map() {
		content := response.Value.Content
		out.lasting = out.lasting || content.Get(csvType) != nil || content.Get(eventsType) != nil
	}
	if op.RequestBody == nil {
		return out
	}
	out.bodyNeeded = op.RequestBody.Value.Required
	for media, content := range op.RequestBody.Value.Content {
		if media == jsonType {
			out.body = content.Schema.Value
		} else {
			out.upload, out.lasting = append(out.upload, media), true
		}
	}
	return out
}

// of returns what the contract says of the request's route. A test holds the routes to the contract.
func (ct *contract) of(c *gin.Context) *operation {
	return ct.operations[c.Request.Method+" "+c.FullPath()]
}
