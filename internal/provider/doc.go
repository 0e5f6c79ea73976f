// Package provider holds what every provider of mail shares: the guard that keeps one in trouble from harming the rest
// (a circuit breaker, a rate limit, the retry of connecting, the stop after refused credentials) and the table that
// turns a reply into an outcome. The providers themselves are the packages beneath it.
package provider
