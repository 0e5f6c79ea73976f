package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
	"github.com/vestnik-mail/vestnik/internal/password"
)

// signInStore keeps accounts as those see them who are not signed in. What is done for an address takes as long whether or
// not there is an account.
type signInStore interface {
	Register(ctx context.Context, n domain.NewAccount) error
	ResendVerification(ctx context.Context, email domain.Address, code domain.Code) error
	ForgotPassword(ctx context.Context, email domain.Address) error
	confirmStore
	credentialsStore
	resetStore
}

// confirmStore confirms addresses. An Invalid error with the code token_unknown says that a token does not work, or no longer.
type confirmStore interface {
	ConfirmByToken(ctx context.Context, token string) error
	// TryCode takes one of the few tries of a code; an empty hash: there is none to try. asks may be the zero ID.
	TryCode(ctx context.Context, email domain.Address, asks domain.ID) (token domain.ID, hash string, err error)
	ConfirmByCode(ctx context.Context, token domain.ID) error
}

// credentialsStore checks credentials, and signs in and out.
type credentialsStore interface {
	// Credentials returns the zero user and no hash when there is no account.
	Credentials(ctx context.Context, email domain.Address) (u domain.User, hash string, err error)
	Rehash(ctx context.Context, user domain.ID, was, hash string) error
	// SignIn and Challenge return domain.ErrCredentialsChanged when hash is not the user's any more.
	SignIn(ctx context.Context, user domain.ID, hash, userAgent string) (secret string, err error)
	Challenge(ctx context.Context, user domain.ID, hash string) (token string, err error)
	SignOut(ctx context.Context, secret string) error
}

// resetStore sets forgotten passwords. Its errors are those of confirmStore.
type resetStore interface {
	UserByReset(ctx context.Context, token string) (domain.User, error)
	ResetPassword(ctx context.Context, token, hash string) error
}

// signInAPI: Opening an account, confirming its address, signing in and out, forgotten passwords.
type signInAPI struct {
	store     signInStore
	account   accountAPI
	passwords hasher
	limits    limits
	closed    bool             // nobody opens an account
	elsewhere IdentityProvider // nil: nobody signs in elsewhere
	// showsMailbox reports whether there is a mailbox for whoever asks.
	showsMailbox func(*http.Request) bool
}

// hasher makes and checks hashes of passwords, a few at a time.
type hasher struct{ *password.Hasher }

// GetSignInMethods implements openapi.StrictServerInterface.
func (a signInAPI) GetSignInMethods(ctx context.Context, _ openapi.GetSignInMethodsRequestObject) (openapi.GetSignInMethodsResponseObject, error) {
	methods := openapi.SignInMethods{Password: true, Registration: !a.closed}
	if a.elsewhere != nil {
		methods.Oidc = &openapi.IdentityProvider{Name: a.elsewhere.Name(), URL: basePath + "/auth/oidc/start"}
	}
	if c, ok := ctx.(*gin.Context); ok {
		methods.Mailbox = a.showsMailbox(c.Request)
	}
	return openapi.GetSignInMethods200JSONResponse(methods), nil
}

// Register implements openapi.StrictServerInterface.
func (a signInAPI) Register(ctx context.Context, r openapi.RegisterRequestObject) (openapi.RegisterResponseObject, error) {
	if a.closed {
		return nil, &domain.Error{Kind: domain.Forbidden, Code: "registration_closed", Message: "nobody can open an account here by himself: ask an administrator for one"}
	}
	email, bad := parseAddress(r.Body.Email)
	u := domain.User{Name: strings.TrimSpace(orEmpty(r.Body.Name)), Language: originOf(ctx).language, TimeZone: "UTC"}
	set(&u.Language, (*domain.Language)(r.Body.Language))
	bad = append(bad, u.Validate()...)
	bad = append(bad, weak("password", r.Body.Password, email.Key, u.Name)...)
	if err := invalid(ctx, bad...); err != nil {
		return nil, err
	}
	if err := a.limits.within(ctx, mails("register", email, originOf(ctx).address)...); err != nil {
		return nil, err
	}
	hash, err := a.passwords.hash(ctx, r.Body.Password)
	if err != nil {
		return nil, err
	}
	code, err := a.passwords.newCode(ctx)
	if err != nil {
		return nil, err
	}
	err = a.store.Register(ctx, domain.NewAccount{Email: email, PasswordHash: hash, Name: u.Name, Language: u.Language, Code: code})
	if err != nil {
		return nil, err
	}
	return openapi.Register202Response{}, nil
}

// VerifyEmail implements openapi.StrictServerInterface.
func (a signInAPI) VerifyEmail(ctx context.Context, r openapi.VerifyEmailRequestObject) (openapi.VerifyEmailResponseObject, error) {
	byToken := r.Body.Token != nil
	if byToken == (r.Body.Email != nil || r.Body.Code != nil) || (!byToken && (r.Body.Email == nil || r.Body.Code == nil)) {
		return nil, invalid(ctx, domain.NewFault(domain.FaultTokenOrCode, nil, "send the token of the link, or email and the code of the message").At("token"))
	}
	var email domain.Address
	var bad []domain.FieldError
	if !byToken {
		email, bad = parseAddress(*r.Body.Email)
	}
	if err := invalid(ctx, bad...); err != nil {
		return nil, err
	}
	each := []one{secrets("verify", originOf(ctx).address)}
	if !byToken {
		each = append(each, codes(email, originOf(ctx).address))
	}
	if err := a.limits.within(ctx, each...); err != nil {
		return nil, err
	}
	var err error
	if byToken {
		err = a.store.ConfirmByToken(ctx, *r.Body.Token)
	} else {
		err = a.confirmByCode(ctx, email, *r.Body.Code)
	}
	if err != nil {
		return nil, err
	}
	return openapi.VerifyEmail204Response{}, nil
}

func (a signInAPI) confirmByCode(ctx context.Context, email domain.Address, code string) error {
	token, hash, err := a.store.TryCode(ctx, email, ownerOf(ctx))
	if err != nil {
		return err
	}
	ok, _, err := a.passwords.verify(ctx, strings.Join(strings.Fields(code), ""), hash)
	if err != nil {
		return err
	}
	if !ok {
		return &domain.Error{
			Kind: domain.Invalid, Code: "code_wrong", Message: "this code is wrong, has been used or has expired, or there were too many wrong ones: ask for a new one",
			Fields: []domain.FieldError{domain.NewFault(domain.FaultWrongCode, nil, "is not the code of the latest message").At("code")},
		}
	}
	return a.store.ConfirmByCode(ctx, token)
}

// ResendVerification implements openapi.StrictServerInterface.
func (a signInAPI) ResendVerification(ctx context.Context, r openapi.ResendVerificationRequestObject) (openapi.ResendVerificationResponseObject, error) {
	email, err := a.mayMail(ctx, "resend", r.Body.Email)
	if err != nil {
		return nil, err
	}
	code, err := a.passwords.newCode(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.store.ResendVerification(ctx, email, code); err != nil {
		return nil, err
	}
	return openapi.ResendVerification202Response{}, nil
}

// mayMail reads the address that somebody wants mail to be sent to.
func (a signInAPI) mayMail(ctx context.Context, call, text string) (domain.Address, error) {
	email, bad := parseAddress(text)
	if err := invalid(ctx, bad...); err != nil {
		return domain.Address{}, err
	}
	return email, a.limits.within(ctx, mails(call, email, originOf(ctx).address)...)
}

// LogIn implements openapi.StrictServerInterface. Right and wrong tries count the same, and a wrong address takes as long
// as a wrong password.
func (a signInAPI) LogIn(ctx context.Context, r openapi.LogInRequestObject) (openapi.LogInResponseObject, error) {
	if err := mayHoldSession(ctx); err != nil {
		return nil, err
	}
	email, bad := parseAddress(r.Body.Email)
	if err := invalid(ctx, bad...); err != nil {
		return nil, err
	}
	if err := a.limits.within(ctx, signInTries(email, originOf(ctx).address)...); err != nil {
		return nil, err
	}
	if err := a.limits.delay(ctx, signInsTo(email)); err != nil {
		return nil, err
	}
	var result openapi.LogInResult
	var cookie *string
	err := domain.ErrCredentialsChanged
	for try := 0; try < logInTries && errors.Is(err, domain.ErrCredentialsChanged); try++ {
		result, cookie, err = a.logIn(ctx, email, r.Body.Password)
	}
	if err != nil {
		return nil, err
	}
	return openapi.LogIn200JSONResponse{Body: result, Headers: openapi.LogIn200ResponseHeaders{SetCookie: cookie}}, nil
}

// logInTries is how often the password is checked again because the account has changed meanwhile.
const logInTries = 3

// logIn checks the password and answers with a session or, without a cookie, with a challenge.
func (a signInAPI) logIn(ctx context.Context, email domain.Address, pw string) (result openapi.LogInResult, cookie *string, err error) {
	u, hash, err := a.store.Credentials(ctx, email)
	if err != nil {
		return result, nil, err
	}
	ok, stale, err := a.passwords.verify(ctx, pw, hash)
	if err != nil {
		return result, nil, err
	}
	if !ok {
		return result, nil, unauthorized("invalid_credentials", "the address or the password is wrong")
	}
	if u.Blocked {
		return result, nil, errBlocked(u)
	}
	if stale {
		if hash, err = a.rehash(ctx, u.ID, pw, hash); err != nil {
			return result, nil, err
		}
	}
	if u.SecondFactor {
		challenge, err := a.store.Challenge(ctx, u.ID, hash)
		return openapi.LogInResult{Challenge: &challenge}, nil, err
	}
	return a.welcome(ctx, u, hash)
}

// rehash returns the hash that it puts in the place of was.
func (a signInAPI) rehash(ctx context.Context, user domain.ID, pw, was string) (string, error) {
	hash, err := a.passwords.hash(ctx, pw)
	if err != nil {
		return "", err
	}
	return hash, a.store.Rehash(ctx, user, was, hash)
}

// welcome signs in somebody whose credentials were right, and returns the answer and its Set-Cookie.
func (a signInAPI) welcome(ctx context.Context, u domain.User, hash string) (openapi.LogInResult, *string, error) {
	me, err := a.account.show(actingAs(ctx, u), caller{user: u, scopes: domain.Scopes()})
	if err != nil {
		return openapi.LogInResult{}, nil, err
	}
	secret, err := a.store.SignIn(ctx, u.ID, hash, originOf(ctx).userAgent)
	if err != nil {
		return openapi.LogInResult{}, nil, err
	}
	cookie, err := signInCookie(ctx, secret)
	return openapi.LogInResult{Me: &me}, &cookie, err
}

// errBlocked is for people who have shown that the account is theirs: they learn why.
func errBlocked(u domain.User) error {
	message := "this account is blocked"
	if u.BlockedReason != "" {
		message += ": " + u.BlockedReason
	}
	return &domain.Error{Kind: domain.Forbidden, Code: "user_blocked", Message: message}
}

// LogOut implements openapi.StrictServerInterface.
func (a signInAPI) LogOut(ctx context.Context, _ openapi.LogOutRequestObject) (openapi.LogOutResponseObject, error) {
	if secret := originOf(ctx).secret; secret != "" {
		if err := a.store.SignOut(ctx, secret); err != nil {
			return nil, err
		}
	}
	cookie := signOutCookie(ctx)
	return openapi.LogOut204Response{Headers: openapi.LogOut204ResponseHeaders{SetCookie: &cookie}}, nil
}

// ForgotPassword implements openapi.StrictServerInterface.
func (a signInAPI) ForgotPassword(ctx context.Context, r openapi.ForgotPasswordRequestObject) (openapi.ForgotPasswordResponseObject, error) {
	email, err := a.mayMail(ctx, "forgot", r.Body.Email)
	if err != nil {
		return nil, err
	}
	if err := a.store.ForgotPassword(ctx, email); err != nil {
		return nil, err
	}
	return openapi.ForgotPassword202Response{}, nil
}

// ResetPassword implements openapi.StrictServerInterface. A password that is refused does not use the token up.
func (a signInAPI) ResetPassword(ctx context.Context, r openapi.ResetPasswordRequestObject) (openapi.ResetPasswordResponseObject, error) {
	if err := invalid(ctx); err != nil {
		return nil, err
	}
	if err := a.limits.within(ctx, secrets("reset", originOf(ctx).address)); err != nil {
		return nil, err
	}
	u, err := a.store.UserByReset(ctx, r.Body.Token)
	if err != nil {
		return nil, err
	}
	if err := invalid(ctx, weak("password", r.Body.Password, u.Email, u.Name)...); err != nil {
		return nil, err
	}
	hash, err := a.passwords.hash(ctx, r.Body.Password)
	if err != nil {
		return nil, err
	}
	if err := a.store.ResetPassword(ctx, r.Body.Token, hash); err != nil {
		return nil, err
	}
	return openapi.ResetPassword204Response{}, nil
}

// weak says what is wrong with a password that somebody chose who is known by these words.
func weak(field, pw string, about ...string) []domain.FieldError {
	if err := password.CheckStrength(pw, about...); err != nil {
		return []domain.FieldError{domain.FieldFault(field, err)}
	}
	return nil
}

// turnPatience is how long a request waits for its turn at a hash. The answer must be out within the server's write timeout.
const turnPatience = 40 * time.Second

func (h hasher) hash(ctx context.Context, pw string) (hash string, err error) {
	err = inTurn(ctx, func(ctx context.Context) error {
		hash, err = h.Hash(ctx, pw)
		return err
	})
	return hash, err
}

func (h hasher) verify(ctx context.Context, pw, hash string) (ok, stale bool, err error) {
	err = inTurn(ctx, func(ctx context.Context) error {
		ok, stale, err = h.Verify(ctx, pw, hash)
		return err
	})
	return ok, stale, err
}

func inTurn(ctx context.Context, do func(context.Context) error) error {
	waiting, cancel := context.WithTimeout(ctx, turnPatience)
	defer cancel()
	err := do(waiting)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return &domain.Error{Kind: domain.Unavailable, Code: "busy", Message: "too many people sign in at this moment: try again", Err: err, RetryAfter: 5 * time.Second}
	}
	return err
}

// newCode returns six digits that nobody can foresee.
func (h hasher) newCode(ctx context.Context) (domain.Code, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return domain.Code{}, fmt.Errorf("make a code: %w", err)
	}
	digits := fmt.Sprintf("%06d", n)
	hash, err := h.hash(ctx, digits)
	return domain.Code{Digits: digits, Hash: hash}, err
}
