// Package address reads the e-mail addresses of people: RFC 5321 §4.1.2 mailboxes, with UTF-8 in the local part
// (RFC 6531) and internationalised domains (RFC 5890, mapped by UTS #46).
//
// It accepts less than the RFCs allow: no quoted local parts, no domain literals, no invisible characters. Whatever
// it accepts can be written into an SMTP command or a message header as it is. All functions are pure and safe for
// concurrent use.
package address
