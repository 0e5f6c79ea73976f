package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Traces are the variables by which every program that speaks OpenTelemetry is told where its traces go. The SDK reads
// some more by itself, such as OTEL_TRACES_SAMPLER and OTEL_RESOURCE_ATTRIBUTES; none is ours to refuse.
type Traces struct {
	Endpoint       string `env:"OTEL_EXPORTER_OTLP_ENDPOINT" desc:"collector of traces, by OTLP over HTTP: http://host:4318; empty: no traces"`
	TracesEndpoint string `env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" desc:"the same with its path: http://host:4318/v1/traces"`
	Headers        string `env:"OTEL_EXPORTER_OTLP_HEADERS" secret:"true" desc:"sent to the collector: name=value,name=value"`
	Protocol       string `env:"OTEL_EXPORTER_OTLP_PROTOCOL" envDefault:"http/protobuf" desc:"how to speak to the collector: http/protobuf alone"`
	ServiceName    string `env:"OTEL_SERVICE_NAME" envDefault:"vestnik" desc:"what traces call this program"`
	Disabled       bool   `env:"OTEL_SDK_DISABLED" envDefault:"false" desc:"true: no traces, whatever the others say"`
}

// URL is where traces go; empty: nowhere. The path is added as the OTLP exporter's specification says.
func (t *Traces) URL() string {
	switch {
	case t.Disabled:
		return ""
	case t.TracesEndpoint != "":
		return t.TracesEndpoint
	case t.Endpoint != "":
		return strings.TrimSuffix(t.Endpoint, "/") + "/v1/traces"
	default:
		return ""
	}
}

// HeaderMap is what is sent to the collector with each request.
func (t *Traces) HeaderMap() map[string]string {
	headers, _ := parseHeaders(t.Headers) // checked by parse
	return headers
}

// parse reads the variables and returns what is wrong with them.
func (t *Traces) parse(vars map[string]string) []error {
	var bad []error
	err := env.ParseWithOptions(t, env.Options{Environment: vars})
	if _, ok := errors.AsType[env.AggregateError](err); ok {
		bad = append(bad, errors.New("OTEL_SDK_DISABLED: must be true or false")) // the others are text, which is never wrong
	} else if err != nil {
		bad = append(bad, err)
	}
	if t.URL() == "" {
		return bad
	}
	u, err := url.Parse(t.URL())
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		name := "OTEL_EXPORTER_OTLP_ENDPOINT"
		if t.TracesEndpoint != "" {
			name = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
		}
		bad = append(bad, fmt.Errorf("%s: must be http:// or https://, a host and a port, such as http://localhost:4318", name))
	}
	if t.Protocol != "http/protobuf" {
		bad = append(bad, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL: traces are sent by http/protobuf only, usually to port 4318; it is %q", t.Protocol))
	}
	if _, ok := parseHeaders(t.Headers); !ok {
		bad = append(bad, errors.New("OTEL_EXPORTER_OTLP_HEADERS: must be name=value,name=value")) // the value may be a secret
	}
	return bad
}

// parseHeaders reads name=value,name=value with values percent-encoded.
func parseHeaders(raw string) (map[string]string, bool) {
	headers := map[string]string{}
	for pair := range strings.SplitSeq(raw, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		decoded, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || err != nil || strings.TrimSpace(name) == "" {
			return nil, false
		}
		headers[strings.TrimSpace(name)] = decoded
	}
	return headers, true
}
