package render

import (
	"maps"
	"slices"
	"strings"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// faults collects what is wrong with one template.
type faults struct{ all []fault }

func (f *faults) add(at int, what domain.Fault) {
	if !f.full() {
		f.all = append(f.all, fault{at, what})
	}
}

func (f *faults) full() bool { return len(f.all) >= maxFaults }

// fieldErrors returns an error of field for each fault, with its line.
func (f *faults) fieldErrors(field, src string) []domain.FieldError {
	slices.SortStableFunc(f.all, func(a, b fault) int { return a.at - b.at })
	bad := make([]domain.FieldError, len(f.all))
	line, seen := 1, 0
	for i, fault := range f.all {
		at := min(fault.at, len(src))
		line += strings.Count(src[seen:at], "\n")
		seen = at
		params := domain.Params{"line": line}
		maps.Copy(params, fault.Params())
		more := ""
		if i == maxFaults-1 {
			more = "; there may be more"
		}
		bad[i] = domain.NewFault(fault.Code(), params, "line %d: %s%s", line, fault.Message(), more).At(field)
	}
	return bad
}

func notClosed(what, missing, where string) domain.Fault {
	return domain.NewFault(domain.FaultNotClosed, domain.Params{"what": what, "missing": missing}, "%s is not closed: %s is missing%s", what, missing, where)
}

func takesNothing(tag string) domain.Fault {
	return domain.NewFault(domain.FaultUnexpected, domain.Params{"what": tag}, "%s takes nothing after its name", tag)
}

func misplaced(tag, where string) domain.Fault {
	return domain.NewFault(domain.FaultTagPlace, domain.Params{"name": tag}, "%s %s", tag, where)
}
