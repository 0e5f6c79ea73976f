package fault_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// gateway starts one and returns where its API is and a key of the owner's.
func (s *site) gateway() (api, key string) {
	s.t.Helper()
	_, api, key = s.gatewayProcess()
	return api, key
}

func (s *site) gatewayProcess() (p *proc, api, key string) {
	s.t.Helper()
	p = s.start("gateway")
	listening := regexp.MustCompile(`"addr":"([^"]+)"`)
	require.Eventually(s.t, func() bool {
		log, err := os.ReadFile(p.log)
		if err != nil {
			return false
		}
		if found := listening.FindSubmatch(log); found != nil {
			api = "http://" + string(found[1]) + "/api/v1"
		}
		return api != ""
	}, minute, 20*time.Millisecond, "the gateway takes requests")
	key, err := s.Store.CreateAPIKey(s.t.Context(), s.Owner, "test")
	require.NoError(s.t, err)
	return p, api, key
}

// post creates a mailing to everyone over REST, as a program of a user does.
func (s *site) post(api, key string, start time.Time) domain.ID {
	s.t.Helper()
	body, err := json.Marshal(map[string]any{
		"name": "Новости", "message_id": s.Message, "list_ids": []domain.ID{s.List}, "start_at": start,
	})
	require.NoError(s.t, err)
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, api+"/mailings", bytes.NewReader(body))
	require.NoError(s.t, err)
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	defer func() { _ = answer.Body.Close() }()
	require.Equal(s.t, http.StatusCreated, answer.StatusCode)
	var made struct{ ID domain.ID }
	require.NoError(s.t, json.NewDecoder(answer.Body).Decode(&made))
	return made.ID
}
