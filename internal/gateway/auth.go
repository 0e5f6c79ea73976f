package gateway

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// keyStore knows whose an API key is.
type keyStore interface {
	// UserByAPIKey returns whose key this is, blocked users too; an Unauthorized error when it is nobody's.
	UserByAPIKey(ctx context.Context, key string) (domain.User, error)
}

const (
	keyPrefix = "vst_"
	keyLength = 43 // of 32 bytes in base64url without padding
)

// authenticate lets requests with a good API key through. Keys are looked up every time: revoking one or blocking its
// user holds from the next request on.
func authenticate(keys keyStore) gin.HandlerFunc {
	return func(c *gin.Context) {
		key, err := bearer(c.GetHeader("Authorization"))
		if err != nil {
			fail(c, err)
			return
		}
		user, err := keys.UserByAPIKey(c, key)
		if err != nil {
			fail(c, err)
			return
		}
		setValue(c, userKey, user)
		if user.Blocked {
			fail(c, &domain.Error{Kind: domain.Forbidden, Code: "user_blocked", Message: "this account is blocked"})
		}
	}
}

// bearer takes the API key out of an Authorization header (RFC 6750 §2.1; the scheme is in any case, RFC 9110 §11.1).
func bearer(header string) (string, error) {
	scheme, key, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", unauthorized("api_key_missing", "send an API key: Authorization: Bearer vst_…")
	}
	key = strings.TrimSpace(key)
	secret, ok := strings.CutPrefix(key, keyPrefix)
	if !ok || len(secret) != keyLength {
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

// userOf is who asks. It is there in every handler, because authenticate comes before.
func userOf(ctx context.Context) domain.User {
	user, _ := ctx.Value(userKey).(domain.User)
	return user
}

// ownerOf is whose things a request may touch.
func ownerOf(ctx context.Context) domain.ID { return userOf(ctx).ID }
