package gateway

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// credentialStore knows who asks.
type credentialStore interface {
	// UserByAPIKey returns whose key this is, blocked users too, and what it may do; an Unauthorized error when it is
	// nobody's.
	UserByAPIKey(ctx context.Context, key string) (domain.User, []domain.Scope, error)
	// UserBySession returns who is signed in with this secret, blocked users too, and the session's id; an Unauthorized
	// error when nobody is.
	UserBySession(ctx context.Context, secret string) (domain.User, domain.ID, error)
}

const (
	keyPrefix    = "vst_"
	secretLength = 43 // of 32 bytes in base64url without padding
)

// caller is who asks, and with what right.
type caller struct {
	user    domain.User
	session domain.ID      // the zero ID: it is a program with an API key
	scopes  []domain.Scope // all of them for a session
	shown   credential
}

// credential is what a request shows to say who asks: an API key, or the secret of a session.
type credential struct{ key, secret string }

// credentialOf reads what the request shows; the zero credential for nothing.
func credentialOf(r *http.Request) (cr credential, err error) {
	if header := r.Header.Get("Authorization"); header != "" { // a program; what cookies it has besides does not matter
		cr.key, err = bearer(header)
		return cr, err
	}
	return credential{secret: sessionSecret(r)}, nil
}

// holder returns whose the credential is, blocked users too; an Unauthorized error when it is nobody's, or no longer.
func (cr credential) holder(ctx context.Context, store credentialStore) (who caller, err error) {
	who.shown = cr
	if cr.key != "" {
		who.user, who.scopes, err = store.UserByAPIKey(ctx, cr.key)
		return who, err
	}
	who.scopes = domain.Scopes()
	who.user, who.session, err = store.UserBySession(ctx, cr.secret)
	return who, err
}

// authenticate finds out who asks, by API key or session cookie; nobody is somebody too: see access. API keys are looked up
// every time: revoking one, and blocking its user, hold from the next request on. Sessions may be up to a second old.
func authenticate(store credentialStore) gin.HandlerFunc {
	return func(c *gin.Context) {
		setActor(c, domain.User{})
		shown, err := credentialOf(c.Request)
		if err == nil && shown == (credential{}) {
			return
		}
		var who caller
		if err == nil {
			who, err = shown.holder(c, store)
		}
		if err != nil {
			if domain.KindOf(err) == domain.Unauthorized {
				setValue(c, refusalKey, err) // public calls go through with stale credentials
				return
			}
			fail(c, err)
			return
		}
		setValue(c, callerKey, who)
		setActor(c, who.user)
		if !domain.Allows(who.scopes, domain.ScopeSend) {
			actor, _ := domain.ActorOf(c.Request.Context())
			actor.NoSend = true
			c.Request = c.Request.WithContext(domain.WithActor(c.Request.Context(), actor))
		}
	}
}

// setActor says on whose behalf the request is answered.
func setActor(c *gin.Context, u domain.User) {
	actor := domain.Actor{ID: u.ID, Email: u.Email, Role: u.Role, Address: c.ClientIP()}
	c.Request = c.Request.WithContext(domain.WithActor(c.Request.Context(), actor))
}

// actingAs is the context of somebody who is being signed in, for what is his alone to see.
func actingAs(ctx context.Context, u domain.User) context.Context {
	actor, _ := domain.ActorOf(ctx)
	actor.ID, actor.Email, actor.Role = u.ID, u.Email, u.Role
	return domain.WithActor(ctx, actor)
}

// bearer takes the API key out of an Authorization header (RFC 6750 §2.1; the scheme is in any case, RFC 9110 §11.1).
func bearer(header string) (string, error) {
	scheme, key, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", unauthorized("api_key_missing", "send an API key: Authorization: Bearer vst_…")
	}
	key = strings.TrimSpace(key)
	secret, ok := strings.CutPrefix(key, keyPrefix)
	if !ok || len(secret) != secretLength {
		return "", unauthorized("api_key_malformed", "this is no API key: one is vst_ and 43 characters")
	}
	if _, err := base64.RawURLEncoding.DecodeString(secret); err != nil {
		return "", unauthorized("api_key_malformed", "this is no API key: one is vst_ and 43 letters, digits, - and _")
	}
	return key, nil
}

func unauthorized(code, message string) error {
	return &domain.Error{Kind: domain.Unauthorized, Code: code, Message: message}
}

// callerOf is who asks; the zero caller where nobody signed in.
func callerOf(ctx context.Context) caller {
	who, _ := ctx.Value(callerKey).(caller)
	return who
}

// userOf is the user who asks. It is there in every handler of a call that is not public, because access comes before.
func userOf(ctx context.Context) domain.User { return callerOf(ctx).user }

// ownerOf is whose things a request may touch.
func ownerOf(ctx context.Context) domain.ID { return userOf(ctx).ID }
