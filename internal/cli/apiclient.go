package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	maxAnswer = 16 << 20
	// apiPatience bounds a call that sends little; an import takes as long as it takes.
	apiPatience = 30 * time.Second
)

// apiClient calls the REST API with a key.
type apiClient struct {
	base string // http://host:port
	key  string
	http *http.Client
}

// problem is an RFC 9457 problem document.
type problem struct {
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
	Errors []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"errors"`
}

// call sends in as JSON, unless it is nil, and reads the answer into out, unless that is nil.
func (a *apiClient) call(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, apiPatience)
	defer cancel()
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode the body of %s %s: %w", method, path, err)
		}
		body = bytes.NewReader(encoded)
	}
	return a.send(ctx, method, path, "application/json", body, out)
}

func (a *apiClient) send(ctx context.Context, method, path, mediaType string, body io.Reader, out any) error {
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	request.Header.Set("Authorization", "Bearer "+a.key)
	if body != nil {
		request.Header.Set("Content-Type", mediaType)
	}
	response, err := a.http.Do(request)
	if err != nil {
		return fmt.Errorf("ask the API: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // all that matters has been read
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s", method, path, describeProblem(response.Status, answer))
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	return nil
}

func describeProblem(status string, answer []byte) string {
	var p problem
	if json.Unmarshal(answer, &p) != nil || p.Code == "" {
		return status
	}
	parts := []string{status + " (" + p.Code + ")"}
	if p.Detail != "" {
		parts = append(parts, p.Detail)
	}
	for _, e := range p.Errors {
		parts = append(parts, e.Field+" "+e.Message)
	}
	return strings.Join(parts, "; ")
}
