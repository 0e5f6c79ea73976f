// Package smtptest has SMTP servers on loopback for tests and experiments: Sink, which takes mail as fast as it can and
// remembers who got what; Scripted, which misbehaves as told in any phase of the dialogue; and Submission, a full
// server with STARTTLS and AUTH. None of them needs a *testing.T; NewSink, NewScripted and NewSubmission close theirs
// at the end of a test.
package smtptest
