// Package api holds the contract of Vestnik's REST interface.
package api

import _ "embed"

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI returns the contract, an OpenAPI 3.0.3 document in YAML.
func OpenAPI() []byte { return append([]byte(nil), openAPI...) }
