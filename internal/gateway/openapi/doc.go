// Package openapi is generated from api/openapi.yaml: the routes, the interface that the gateway implements, and the
// types of requests and answers.
package openapi

//go:generate go tool -modfile=../../../tools.mod oapi-codegen -config config.yaml ../../../api/openapi.yaml
