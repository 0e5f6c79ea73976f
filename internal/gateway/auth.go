package gateway

import (
	"context"
	"encoding/base64"
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
}

// authenticate finds out who asks, by API key or session cookie; nobody is somebody too: see access. Credentials are
// looked up every time: revoking a key, ending a session or blocking its user holds from the next request on.
func authenticate(store credentialStore) gin.HandlerFunc {
	return func(c *gin.Context) {
		setActor(c, domain.User{})
		var (
			who caller
			err error
		)
		header, secret := c.GetHeader("Authorization"), sessionSecret(c.Request)
		switch {
		case header != "": // a program; what cookies it has besides does not matter
			var key string
			if key, err = bearer(header); err == nil {
				who.user, who.scopes, err = store.UserByAPIKey(c, key)
			}
		case secret != "":
			who.scopes = domain.Scopes()
			who.user, who.session, err = store.UserBySession(c, secret)
		default:
			return
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
	}
}

// setActor says on whose behalf the request is answered.
func setActor(c *gin.Context, u domain.User) {
	actor := domain.Actor{ID: u.ID, Email: u.Email, Role: u.Role, Address: c.ClientIP()}
	c.Request = c.Request.WithContext(domain.WithActor(c.Request.Context(), actor))
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
