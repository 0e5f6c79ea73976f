// Package smtp sends messages through an SMTP server: RFC 5321 with PIPELINING (RFC 2920), SIZE (RFC 1870), 8BITMIME
// (RFC 6152), SMTPUTF8 (RFC 6531), enhanced status codes (RFC 2034, RFC 3463), STARTTLS (RFC 3207), TLS from the first
// byte (RFC 8314) and AUTH (RFC 4954) with PLAIN, LOGIN and CRAM-MD5.
//
// Each message goes to one recipient, over pooled connections, at most once. What makes a client of its own worth
// having is the line between "surely not sent" and "nobody can know": a message is unknown only if a byte of its final
// dot may have left this machine and no reply came (see writeBody). RFC 5321 §4.5.3.2.6 and §3.8 would have it sent
// again; RFC 1047 says what comes of that.
package smtp
