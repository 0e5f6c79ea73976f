// Package providertest has the conformance suite of providers: what internal/sender relies on, whatever the service
// speaks. Each provider's tests call Run with a Harness that knows its server with faults. That no goroutine stays
// behind is for the TestMain of each to check, with goleak: the cases run side by side.
package providertest
