package sender

import (
	"context"
	"sync"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// keptTemplates is how many attempts' templates a sender keeps: more than it can be busy with at a time.
const keptTemplates = 64

// templates compiles each attempt's message once and keeps it while chunks of it come.
type templates struct {
	read    func(context.Context, domain.ID) (domain.Content, error)
	compile func(domain.Content) (Template, error)

	mu   sync.Mutex
	kept map[domain.ID]Template
}

// errTemplate marks a message that cannot be compiled; it was checked when it was saved, so this is a fault of ours.
type errTemplate struct{ error }

func (t *templates) get(ctx context.Context, attempt domain.ID) (Template, error) {
	t.mu.Lock()
	found, ok := t.kept[attempt]
	t.mu.Unlock()
	if ok {
		return found, nil
	}
	content, err := t.read(ctx, attempt)
	if err != nil {
		return nil, err
	}
	compiled, err := t.compile(content)
	if err != nil {
		return nil, errTemplate{err}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kept == nil || len(t.kept) >= keptTemplates {
		t.kept = make(map[domain.ID]Template, keptTemplates)
	}
	t.kept[attempt] = compiled
	return compiled, nil
}
