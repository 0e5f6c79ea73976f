package provider

import "github.com/vestnik-mail/vestnik/internal/domain"

// Settle brings the receipts of a batch into the form that Deliver promises: those that nobody was asked about are a
// suffix, and it returns how many they are. An untouched recipient before one that was touched becomes deferred: the order
// of the caller's records allows no gap, and the try counts.
func Settle(receipts []domain.Receipt, name string) (untouched int) {
	last := len(receipts) - 1
	for last >= 0 && receipts[last].Outcome == domain.Untouched {
		receipts[last] = domain.Receipt{Provider: name}
		last--
	}
	for i := range receipts[:last+1] {
		if receipts[i].Outcome == domain.Untouched {
			receipts[i].Outcome = domain.Deferred
		}
	}
	return len(receipts) - 1 - last
}
