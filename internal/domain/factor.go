package domain

import (
	"errors"
	"time"
)

// ErrFactorRefused says that a code of the second factor is wrong, or has been used.
var ErrFactorRefused = errors.New("the code is wrong, or has been used already")

// Factor is how a user shows who they are, besides a session.
type Factor struct {
	PasswordHash string // empty: there is no password
	On           bool   // signing in asks for a code
	Sealed       []byte // the authenticator's secret; nil: none has been begun
}

// FactorProof is a code that fits, still to be used up.
type FactorProof struct {
	Sealed   []byte // the secret that Step fits
	Step     int64  // the time step whose code it was: it must come after the last one used
	Recovery []byte // hash of a recovery code, in the place of Step
}

// SignedIn is what came of showing who one is: a session, or a challenge for the second factor.
type SignedIn struct {
	User      User
	Session   ID     // the zero ID while the second factor is asked for
	Secret    string // of the session, for the browser
	Challenge string
}

// Identity is an account at an identity provider. Issuer and Subject together name it for good.
type Identity struct {
	Issuer, Subject string
	Email           Address // zero: the provider does not tell, or tells none that is an address
	EmailVerified   bool
	Name            string
	Language        Language
}

// IdentityLogin is a browser's way to the identity provider and back.
type IdentityLogin struct {
	State    string // names it; only its hash is kept
	Browser  string // the cookie of the browser that set out; only its hash is kept
	Nonce    string
	Verifier string // of PKCE (RFC 7636)
	ReturnTo string // a path of this site
	Begun    time.Time
}

// ErrCredentialsChanged says that an account has changed since its password was checked, so that the check says nothing
// any more. To who signs in that is a wrong password.
var ErrCredentialsChanged error = &Error{Kind: Unauthorized, Code: "invalid_credentials", Message: "the address or the password is wrong"}
