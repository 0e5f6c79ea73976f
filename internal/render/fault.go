package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// faults collects what is wrong with one template.
type faults struct{ all []fault }

func (f *faults) addf(at int, format string, args ...any) {
	if !f.full() {
		f.all = append(f.all, fault{at, fmt.Sprintf(format, args...)})
	}
}

func (f *faults) full() bool { return len(f.all) >= maxFaults }

// fieldErrors names every fault with its line in one error for field; none when there is no fault.
func (f *faults) fieldErrors(field, src string) []domain.FieldError {
	if len(f.all) == 0 {
		return nil
	}
	slices.SortStableFunc(f.all, func(a, b fault) int { return a.at - b.at })
	var b strings.Builder
	line, seen := 1, 0
	for i, fault := range f.all {
		at := min(fault.at, len(src))
		line += strings.Count(src[seen:at], "\n")
		seen = at
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "line %d: %s", line, fault.message)
	}
	if f.full() {
		b.WriteString("; there may be more")
	}
	return []domain.FieldError{{Field: field, Message: b.String()}}
}
