package smtptest

import "testing"

// NewSink starts a Sink that the test closes at its end.
func NewSink(tb testing.TB, options SinkOptions) *Sink {
	tb.Helper()
	s, err := StartSink(options)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// NewScripted starts a Scripted server that the test closes at its end. script gives the behaviour of the n-th
// connection, from 1.
func NewScripted(tb testing.TB, script func(n int) Script) *Scripted {
	tb.Helper()
	s, err := StartScripted(script)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// NewSubmission starts a Submission server that the test closes at its end.
func NewSubmission(tb testing.TB, options SubmissionOptions) *Submission {
	tb.Helper()
	s, err := StartSubmission(options)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}
