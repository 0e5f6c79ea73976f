package sender

import (
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// nobody is the observer of a sender that has none.
type nobody struct{}

func (nobody) Delivered(string, domain.Outcome, domain.Class, int) {}
func (nobody) Started(time.Duration)                               {}
func (nobody) Window(time.Duration)                                {}

// count tells of the outcomes of a window. Neighbours that ended alike, as nearly all do, are told of together.
func (s *Sender) count(rows []domain.Delivery) {
	for from := 0; from < len(rows); {
		to, first := from+1, &rows[from]
		for to < len(rows) && rows[to].Provider == first.Provider && rows[to].Outcome == first.Outcome && rows[to].Class == first.Class {
			to++
		}
		s.Observer.Delivered(first.Provider, first.Outcome, first.Class, to-from)
		from = to
	}
}
