// Package domain holds Vestnik's words and rules: clients, lists, messages, mailings, occurrences, attempts,
// chunks, windows and delivery outcomes, their state machines and the arithmetic of schedules.
//
// It imports the standard library only and talks to nobody. But for NewID, which is random, functions are pure; all
// types are safe to copy and to read concurrently.
package domain
