// Package domain holds Vestnik's words and rules: clients, lists, messages, mailings, occurrences, attempts,
// chunks, windows and delivery outcomes, their state machines and the arithmetic of schedules.
//
// It imports the standard library only and does no input or output. All functions are pure, and all types are safe
// to copy and to read concurrently.
package domain
