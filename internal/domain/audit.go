package domain

import "time"

// AuditAction names what was done, for the audit log: stable, "<what>.<verb>".
type AuditAction string

// The actions of the audit log.
const (
	AuditUserBlock      AuditAction = "user.block"
	AuditUserUnblock    AuditAction = "user.unblock"
	AuditUserRole       AuditAction = "user.role"
	AuditUserRegister   AuditAction = "user.register"
	AuditUserConfirm    AuditAction = "user.confirm"
	AuditUserDelete     AuditAction = "user.delete"
	AuditUserRestore    AuditAction = "user.restore"
	AuditUserRemoved    AuditAction = "user.removed"
	AuditPasswordChange AuditAction = "password.change"
	AuditPasswordReset  AuditAction = "password.reset"
	AuditPasswordLink   AuditAction = "password.link" // the operator had a link made that sets a password
	AuditEmailChange    AuditAction = "email.change"
	AuditSessionBegin   AuditAction = "session.begin"
	AuditSessionEnd     AuditAction = "session.end"
	AuditKeyCreate      AuditAction = "api_key.create"
	AuditKeyRevoke      AuditAction = "api_key.revoke"
	AuditFactorOn       AuditAction = "second_factor.on"
	AuditFactorOff      AuditAction = "second_factor.off"
	AuditFactorCodes    AuditAction = "second_factor.codes"
	AuditIdentityLink   AuditAction = "identity.link"
	AuditMailingDisable AuditAction = "mailing.disable"
	AuditMailingEnable  AuditAction = "mailing.enable"
	AuditMailingStart   AuditAction = "mailing.start"
)

// AuditEntry is one entry of the audit log. Who did it and from where is taken from the context: see WithActor.
type AuditEntry struct {
	ID         int64
	At         time.Time
	Actor      Actor
	Action     AuditAction
	TargetType string // "user", "mailing", "api_key", "session"
	TargetID   string
	OwnerID    ID // whose account or thing it was done to; the zero ID: nobody's
	Reason     string
	// Before and After hold what changed, by name of the field: never secrets.
	Before, After map[string]any
}

// AuditFilter chooses entries of the audit log; zero fields choose all.
type AuditFilter struct {
	ActorID, OwnerID ID
	Action           AuditAction
	TargetID         string
	Since, Until     time.Time // Since counts, Until does not
}

// Hide takes out of e what its owner, who is the viewer, is not to know of others: which manager did it, and from where.
// Nobody is signed in who signs in, so where that came from is for the owner to see.
func (e *AuditEntry) Hide(viewer ID) {
	if !e.Actor.ID.IsZero() && e.Actor.ID != viewer {
		e.Actor = Actor{}
	}
}
