package app_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jhillyerd/enmime/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

// post sends JSON, and reads the answer into out.
func (a asker) post(path, body string, out any, status int) {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.base+path, strings.NewReader(body))
	require.NoError(a.t, err)
	request.Header.Set("Content-Type", "application/json")
	if a.key != "" {
		request.Header.Set("Authorization", "Bearer "+a.key)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(a.t, err)
	defer response.Body.Close() //nolint:errcheck // read to its end
	require.Equal(a.t, status, response.StatusCode, path)
	require.NoError(a.t, json.NewDecoder(response.Body).Decode(out))
}

// A test arrives at its writer as a mailing would at the client, its answer is told, and its text leaves the database.
func TestATestMessageArrivesAndItsAnswerIsTold(t *testing.T) {
	t.Parallel()
	refused := ""
	r := newRig(t, 3, smtptest.SinkOptions{KeepBodies: true, Refuse: func(recipient string, _ int) string {
		if recipient == refused {
			return "550 5.1.1 nobody of that name"
		}
		return ""
	}})
	other, err := r.Store.CreateUser(t.Context(), domain.Address{Display: "gone@example.net", Key: "gone@example.net"}, "", domain.RoleUser, true)
	require.NoError(t, err)
	refused = other.Email
	addr, stop := r.serve(t, app.Jobs{Gateway: true, Planner: true, Sender: true})
	defer stop()
	a := r.asker(t, addr)
	type state struct {
		ID, Status, Response string
		At                   *time.Time
	}
	ended := func(a asker, id string) (s state) {
		require.Eventually(t, func() bool {
			a.json("/test-mails/"+id, &s)
			return s.Status != "waiting"
		}, time.Minute, 50*time.Millisecond)
		require.Equal(t, "{}", r.Text("SELECT data::text FROM notices WHERE id = $1", id), "with its end, what it says is gone")
		require.NotNil(t, s.At)
		return s
	}
	client := r.Text("SELECT uid::text FROM clients WHERE email = 'client-2@example.com'")
	var sent, plain state
	a.post("/messages/"+r.Message.String()+"/test", `{"client_id":"`+client+`"}`, &sent, http.StatusAccepted)
	s := ended(a, sent.ID)
	require.Equal(t, "sent", s.Status)
	require.Contains(t, s.Response, "250")
	a.post("/test-mails", "", &plain, http.StatusAccepted)
	require.Equal(t, "sent", ended(a, plain.ID).Status)

	messages := r.sink.Messages()
	require.Len(t, messages, 2)
	for _, m := range messages {
		require.Equal(t, r.Owner.String()+"@example.com", m.Recipient)
	}
	e, err := enmime.ReadEnvelope(bytes.NewReader(messages[0].Body))
	require.NoError(t, err)
	require.Equal(t, "[Test] Новости для Клиент 2", e.GetHeader("Subject"))
	require.Equal(t, "<p>Здравствуйте, Клиент 2!</p>", e.HTML)
	require.Contains(t, e.Text, "Здравствуйте, Клиент 2!")

	a.key, err = r.Store.CreateAPIKey(t.Context(), other.ID, "test")
	require.NoError(t, err)
	a.post("/test-mails", "", &plain, http.StatusAccepted)
	s = ended(a, plain.ID)
	require.Equal(t, "failed", s.Status)
	require.Contains(t, s.Response, "550 5.1.1 nobody of that name")
}

// Each gateway says a link of its own while nobody has an account, and none says one later.
func TestAGatewaySaysWhereTheFirstAccountIsMade(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, smtptest.SinkOptions{})
	r.Exec("DELETE FROM lists")
	r.Exec("DELETE FROM messages")
	r.Exec("DELETE FROM clients")
	r.Exec("DELETE FROM users")
	r.cfg.BaseURL = "https://mail.example.org"
	log := &lockedLog{}
	r.log = zerolog.New(log)
	first, stop := r.serve(t, app.Jobs{Gateway: true})
	defer stop()
	link := regexp.MustCompile(`https://mail\.example\.org/welcome#token=([\w-]{43})`)
	said := link.FindStringSubmatch(log.String())
	require.NotNil(t, said, log.String())
	second, stopSecond := r.serve(t, app.Jobs{Gateway: true})
	defer stopSecond()
	require.Len(t, link.FindAllString(log.String(), -1), 2)

	admin := `{"email":"anna@example.net","password":"a-fresh-Zq7-secret","language":"en"`
	var problem struct{ Code string }
	asker{t, "http://" + second + "/api/v1", ""}.post("/setup", admin+"}", &problem, http.StatusForbidden)
	require.Equal(t, "setup_token_wrong", problem.Code)
	asker{t, "http://" + second + "/api/v1", ""}.post("/setup", admin+`,"token":"`+said[1]+`"}`, &struct{}{}, http.StatusOK)
	asker{t, "http://" + first + "/api/v1", ""}.post("/setup", admin+`,"token":"`+said[1]+`"}`, &problem, http.StatusConflict)
	require.Equal(t, "already_set_up", problem.Code)

	_, stopThird := r.serve(t, app.Jobs{Gateway: true})
	defer stopThird()
	require.Len(t, link.FindAllString(log.String(), -1), 2, "there is nothing to be set up any more")
}
