package gateway_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// TestWhoMayNotSendChangesNothingThatGoesOut tries what would have other mail go out, or to others, than was planned.
func TestWhoMayNotSendChangesNothingThatGoesOut(t *testing.T) {
	t.Parallel()
	for _, status := range []domain.MailingStatus{
		domain.MailingScheduled, domain.MailingRunning, domain.MailingDraft, domain.MailingPaused, domain.MailingDisabled, domain.MailingFinished,
	} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			owner := a.person("o@example.org", domain.RoleUser)
			writes, sends := owner.program(domain.ScopeRead, domain.ScopeWrite), owner.program(domain.ScopeWrite, domain.ScopeSend)
			named, listed, other := owner.client("named@example.org"), owner.client("listed@example.org"), owner.client("other@example.org")
			list, free, message := owner.list("reached"), owner.list("free"), owner.message()
			owner.do("PUT", base+"/lists/"+list+"/clients/"+listed, nil).want(http.StatusNoContent)
			mailing := owner.do("POST", base+"/mailings", object{
				"name": "Открытие", "message_id": message, "client_ids": []string{named}, "list_ids": []string{list}, "start_at": "2040-01-01T00:00:00Z",
			}).want(http.StatusCreated).id()
			a.exec("UPDATE mailings SET status = $1", status)
			held := status == domain.MailingScheduled || status == domain.MailingRunning

			suppress := func(email string) {
				owner.do("POST", base+"/suppressions", object{"email": email, "reason": "asked us to"}).want(http.StatusCreated)
			}
			for _, call := range []struct {
				name, method, path string
				body               any
				before             func()
				ok                 int
			}{
				{"the text", "PATCH", "/messages/" + message, object{"subject": "Другое"}, nil, http.StatusOK},
				{"one more in the list", "PUT", "/lists/" + list + "/clients/" + other, nil, nil, http.StatusNoContent},
				{"many more in the list", "POST", "/clients/import?list_id=" + list, "email\nmore@example.org\n", nil, http.StatusAccepted},
				{"another address of who is named", "PATCH", "/clients/" + named, object{"email": "stranger@example.org"}, nil, http.StatusOK},
				{"another address of who is in the list", "PATCH", "/clients/" + listed, object{"email": "stranger2@example.org"}, nil, http.StatusOK},
				{"who was left out", "DELETE", "/clients/" + listed + "/suppression", nil, func() {
					a.exec("DELETE FROM suppressions")
					a.exec("UPDATE clients SET email = 'listed@example.org', email_key = 'listed@example.org' WHERE uid = $1", listed)
					suppress("listed@example.org")
				}, http.StatusNoContent},
				{"whose address was left out", "DELETE", "/suppressions/listed@example.org", nil, func() {
					a.exec("DELETE FROM suppressions")
					suppress("listed@example.org")
				}, http.StatusNoContent},
			} {
				if call.before != nil {
					call.before()
				}
				header := []string{}
				if _, file := call.body.(string); file {
					header = []string{"Content-Type", "text/csv"}
				}
				if held {
					refused := writes.do(call.method, base+call.path, call.body, header...).problem(http.StatusForbidden, "mailing_goes_out")
					assert.Contains(t, refused.body["detail"], "Открытие", call.name)
					assert.Contains(t, refused.body["detail"], mailing, call.name)
					sends.do(call.method, base+call.path, call.body, header...).want(call.ok)
				} else {
					writes.do(call.method, base+call.path, call.body, header...).want(call.ok)
				}
				if call.before != nil {
					call.before()
				}
				owner.do(call.method, base+call.path, call.body, header...).want(call.ok)
			}
			// What sends nothing else, and to nobody else, is for every key that may write.
			writes.do("PATCH", base+"/messages/"+message, object{}).want(http.StatusOK)
			writes.do("PATCH", base+"/clients/"+named, object{"full_name": "Анна", "attributes": object{"city": "Казань"}}).want(http.StatusOK)
			writes.do("PUT", base+"/lists/"+free+"/clients/"+other, nil).want(http.StatusNoContent)
			writes.do("POST", base+"/clients/import?list_id="+free, "email\nfree@example.org\n", "Content-Type", "text/csv").want(http.StatusAccepted)
			writes.do("POST", base+"/clients/import", "email\nnobody@example.org\n", "Content-Type", "text/csv").want(http.StatusAccepted)
			writes.do("PATCH", base+"/clients/"+owner.client("apart@example.org"), object{"email": "apart2@example.org"}).want(http.StatusOK)
			a.exec(`INSERT INTO attempts (id, mailing_id, owner_id, kind, due_at, status, started_at, created_at)
				SELECT gen_random_uuid(), id, owner_id, 'manual', now(), 'running', now(), now() FROM mailings WHERE status = 'running'`)
			a.exec(`INSERT INTO chunks (attempt_id, client_ids, status, due_at)
				SELECT a.id, ARRAY[c.id], 'waiting', now() FROM attempts a, clients c WHERE c.uid = $1`, listed)
			writes.do("DELETE", base+"/lists/"+list+"/clients/"+listed, nil).want(http.StatusNoContent)
			elsewhere := object{"email": "LISTED@example.org"}
			if status == domain.MailingRunning { // he is in the audience, whatever list he has left
				writes.do("PATCH", base+"/clients/"+listed, elsewhere).problem(http.StatusForbidden, "mailing_goes_out")
			} else {
				writes.do("PATCH", base+"/clients/"+listed, elsewhere).want(http.StatusOK)
			}
			require.Equal(t, 1, a.sql("SELECT count(*) FROM mailings WHERE status = $1", status))
		})
	}
}
