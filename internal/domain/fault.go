package domain

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// FaultCode says for programs what is wrong with a value; its text is stable. The zero value is FaultInvalid, so there is
// no fault without a code.
type FaultCode uint8

// The codes, with the parameters that go with them.
const (
	FaultInvalid FaultCode = iota // anything else

	FaultRequired     // it is missing, empty or blank
	FaultUnknownField // no field or parameter has this name
	FaultRepeated     // it is given twice
	FaultNull
	FaultWrongType  // expected: boolean, object, list, text, integer
	FaultNotAChoice // choices
	FaultTooLong    // length, max: characters
	FaultTooMany    // count, max
	FaultTooSmall   // min
	FaultTooLarge   // max
	FaultNotUTF8
	FaultControlCharacter // character: U+0007
	FaultInvalidID
	FaultInvalidTime
	FaultNotFound  // count, where it is a list
	FaultUnchanged // it is so already

	FaultAttributeName // name, max: characters
	FaultNoRecipients
	FaultNoBody
	FaultInThePast
	FaultYearOutOfRange // min, max
	FaultNotAfterStart
	FaultUnknownTimeZone
	FaultPeriodTooLong // max: days
	FaultNoLongerDraft
	FaultHasRun

	FaultInvalidEmail
	FaultEmailNoAt
	FaultEmailNotBare
	FaultEmailSeveral
	FaultEmailSpace
	FaultEmailLocalPart
	FaultEmailDomain
	FaultEmailTooLong // max: octets

	FaultPasswordTooShort // min
	FaultPasswordTooLong  // max
	FaultWeakPassword
	FaultPasswordAboutYou
	FaultWrongPassword
	FaultWrongCode
	FaultTokenOrCode

	FaultInvalidCursor
	FaultInvalidOwner
	FaultInvalidKey // of idempotency
	FaultBadFile

	// Of templates; each has line, counted from 1.
	FaultUnknownVariable   // name
	FaultUnknownFilter     // name
	FaultUnknownTag        // name
	FaultNotClosed         // what, missing
	FaultUnexpected        // what
	FaultTagPlace          // name
	FaultTextBeforeWhen    //
	FaultValueMissing      //
	FaultNameMissing       // before or after: what it is missing at
	FaultFilterArguments   // name
	FaultParentheses       //
	FaultAndOr             //
	FaultSingleEquals      //
	FaultFilterInCondition //
	FaultNotANumber        // value
	FaultTemplateTooLong   // max: bytes
	FaultTemplateTooMany   // max
	FaultTemplateTooDeep   // max

	faultCodes // how many there are
)

// String returns the code as programs read it.
func (c FaultCode) String() string {
	names := [faultCodes]string{
		FaultInvalid: "invalid", FaultRequired: "required", FaultUnknownField: "unknown_field", FaultRepeated: "repeated",
		FaultNull: "is_null", FaultWrongType: "wrong_type", FaultNotAChoice: "not_a_choice", FaultTooLong: "too_long",
		FaultTooMany: "too_many", FaultTooSmall: "too_small", FaultTooLarge: "too_large", FaultNotUTF8: "not_utf8",
		FaultControlCharacter: "control_character", FaultInvalidID: "invalid_id", FaultInvalidTime: "invalid_time",
		FaultNotFound: "not_found", FaultUnchanged: "unchanged",
		FaultAttributeName: "attribute_name", FaultNoRecipients: "no_recipients", FaultNoBody: "no_body",
		FaultInThePast: "in_the_past", FaultYearOutOfRange: "year_out_of_range", FaultNotAfterStart: "not_after_start",
		FaultUnknownTimeZone: "unknown_time_zone", FaultPeriodTooLong: "period_too_long",
		FaultNoLongerDraft: "no_longer_draft", FaultHasRun: "has_run",
		FaultInvalidEmail: "invalid_email", FaultEmailNoAt: "email_no_at", FaultEmailNotBare: "email_not_bare",
		FaultEmailSeveral: "email_several", FaultEmailSpace: "email_space", FaultEmailLocalPart: "email_local_part",
		FaultEmailDomain: "email_domain", FaultEmailTooLong: "email_too_long",
		FaultPasswordTooShort: "password_too_short", FaultPasswordTooLong: "password_too_long",
		FaultWeakPassword: "weak_password", FaultPasswordAboutYou: "password_about_you",
		FaultWrongPassword: "wrong_password", FaultWrongCode: "wrong_code", FaultTokenOrCode: "token_or_code",
		FaultInvalidCursor: "invalid_cursor", FaultInvalidOwner: "invalid_owner", FaultInvalidKey: "invalid_key",
		FaultBadFile:         "bad_file",
		FaultUnknownVariable: "unknown_variable", FaultUnknownFilter: "unknown_filter", FaultUnknownTag: "unknown_tag",
		FaultNotClosed: "template_not_closed", FaultUnexpected: "template_unexpected", FaultTagPlace: "template_tag_place",
		FaultTextBeforeWhen: "template_text_before_when", FaultValueMissing: "template_value_missing",
		FaultNameMissing: "template_name_missing", FaultFilterArguments: "template_filter_arguments",
		FaultParentheses: "template_parentheses", FaultAndOr: "template_and_or", FaultSingleEquals: "template_single_equals",
		FaultFilterInCondition: "template_filter_in_condition", FaultNotANumber: "template_not_a_number",
		FaultTemplateTooLong: "template_too_long", FaultTemplateTooMany: "template_too_many",
		FaultTemplateTooDeep: "template_too_deep",
	}
	if c >= faultCodes {
		c = FaultInvalid
	}
	return names[c]
}

// FaultCodes returns every code there is.
func FaultCodes() []FaultCode {
	all := make([]FaultCode, faultCodes)
	for i := range all {
		all[i] = FaultCode(i)
	}
	return all
}

// maxParam bounds a parameter that is a text, in characters.
const maxParam = 100

// Params are the numbers and names in the message of a fault, for programs that say it in other words.
type Params map[string]any

// Fault is what is wrong with a value: a code and its parameters for programs, words for people. It is an error, of those
// who look at one value and do not know which field it stands in.
type Fault struct {
	code    FaultCode
	params  Params
	message string
}

// NewFault returns a fault and takes over params, which may be nil. What is wrong, and what would be right, is formatted as by fmt.Sprintf.
func NewFault(code FaultCode, params Params, format string, args ...any) Fault {
	for name, value := range params {
		if text, ok := value.(string); ok {
			params[name] = printable(text)
		}
	}
	return Fault{code: code, params: params, message: fmt.Sprintf(format, args...)}
}

// printable makes what somebody sent fit to be sent back: it is shown in pages and logs, and what ends a line or turns the
// direction of text would not be part of the value there.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > maxParam {
		return string(runes[:maxParam]) + "…"
	}
	return s
}

// Error implements error.
func (f Fault) Error() string { return f.message }

// At says in which field the fault is.
func (f Fault) At(field string) FieldError { return FieldError{field: field, Fault: f} }

// Code is what is wrong, for programs.
func (f Fault) Code() FaultCode { return f.code }

// Params are what the code leaves open; nil for nothing. They must not be changed.
func (f Fault) Params() Params { return f.params }

// Message says what is wrong and what would be right, for a person.
func (f Fault) Message() string { return f.message }

// FieldError is a fault of one field of the input. It can only be made of a fault, so it has a code.
type FieldError struct {
	Fault

	field string
}

// Error implements error.
func (e FieldError) Error() string { return e.field + ": " + e.message }

// Field is its path, dots between levels: "attributes.city".
func (e FieldError) Field() string { return e.field }

// FieldFault returns the error for a field whose value err complains about: with the code of the Fault in err's chain, or
// FaultInvalid.
func FieldFault(field string, err error) FieldError {
	f, ok := errors.AsType[Fault](err)
	if !ok {
		f = NewFault(FaultInvalid, nil, "%s", err)
	}
	return f.At(field)
}

// Required is the fault of what is missing or blank.
func Required(format string, args ...any) Fault { return NewFault(FaultRequired, nil, format, args...) }

// TooLong is the fault of a text of so many characters.
func TooLong(length, limit int) Fault {
	return NewFault(FaultTooLong, Params{"length": length, "max": limit}, "is %d characters long; at most %d are allowed", length, limit)
}

// NotAChoice is the fault of a value that is none of these.
func NotAChoice(choices []string, format string, args ...any) Fault {
	return NewFault(FaultNotAChoice, Params{"choices": choices}, format, args...)
}

// ControlCharacter is the fault of a text that has this character in it.
func ControlCharacter(r rune) Fault {
	character := fmt.Sprintf("U+%04X", r)
	return NewFault(FaultControlCharacter, Params{"character": character}, "contains the control character %s", character)
}
