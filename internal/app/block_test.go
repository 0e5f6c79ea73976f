package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

// asManager returns a function that posts to the API at addr as a manager and requires success.
func (r *rig) asManager(t *testing.T, addr string) func(path string, body any) {
	t.Helper()
	manager, err := r.Store.CreateUser(t.Context(), domain.Address{Display: "manager@example.org", Key: "manager@example.org"}, "-", domain.RoleManager, true)
	require.NoError(t, err)
	key, err := r.Store.CreateAPIKey(t.Context(), manager.ID, "test")
	require.NoError(t, err)
	return func(path string, body any) {
		t.Helper()
		encoded, err := json.Marshal(body)
		require.NoError(t, err)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/api/v1"+path, bytes.NewReader(encoded))
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+key)
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer func() { require.NoError(t, response.Body.Close()) }()
		answer, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, response.StatusCode, "%s", answer)
	}
}

func TestABlockOverRESTStopsWithinASecondAndUnblockingGoesOn(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3000, smtptest.SinkOptions{Latency: slow})
	addr, stop := r.serve(t, app.Jobs{Gateway: true, Planner: true, Sender: true})
	t.Cleanup(stop)
	r.run(t, app.Jobs{Sender: true})
	post := r.asManager(t, addr)
	user := "/users/" + r.Owner.String()

	running := r.Mailing(nil)
	r.WaitFor(running.ID, 30*time.Second, "its start", startedSending)
	soon := time.Now().Add(5 * time.Second)
	planned := r.Mailing(func(m *domain.Mailing) { m.Schedule.Start = soon })
	post(user+"/block", map[string]string{"reason": "complaints"})
	blocked := time.Now()
	require.Less(t, quiet(t, r.sink).Sub(blocked), time.Second)
	require.Less(t, r.sink.Count(), 3000)
	require.Eventually(t, func() bool { return time.Since(soon) > time.Second }, 30*time.Second, 50*time.Millisecond)
	count := quietCount(t, r.sink)
	require.Less(t, count, 3000, "the planned one is held")
	for _, m := range []domain.Mailing{running, planned} {
		held, err := r.Store.AnyMailing(t.Context(), m.ID)
		require.NoError(t, err)
		require.Equal(t, "its owner is blocked: complaints", held.Reason)
	}

	post(user+"/unblock", map[string]string{})
	for _, m := range []domain.Mailing{running, planned} {
		a := r.WaitEnd(m.ID, time.Minute)
		require.Equal(t, domain.ResultSucceeded, a.Result)
		require.Equal(t, 3000, a.Totals.Sent)
		r.RequireLedger(a)
		released, err := r.Store.AnyMailing(t.Context(), m.ID)
		require.NoError(t, err)
		require.Empty(t, released.Reason)
	}
	got := r.sink.Recipients()
	maps.DeleteFunc(got, func(to string, _ int) bool { return !strings.HasPrefix(to, "client-") }) // the owner is told as well
	require.Len(t, got, 3000)
	for to, n := range got {
		require.Equal(t, 2, n, "%s gets each mailing once", to)
	}
	require.Equal(t, 1, r.Int(`SELECT count(*) FROM audit_log WHERE action = 'user.block'`))
	require.Equal(t, 1, r.Int(`SELECT count(*) FROM audit_log WHERE action = 'user.unblock'`))
}

// quietCount is how many messages the server has taken once it takes no more.
func quietCount(t *testing.T, sink *smtptest.Sink) int {
	t.Helper()
	quiet(t, sink)
	return sink.Count()
}
