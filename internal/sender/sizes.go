package sender

import "sync"

// sizes are those of the last windows of each provider: with which the next chunk begins.
type sizes struct{ byProvider sync.Map }

func (s *sizes) of(provider string) int {
	if size, ok := s.byProvider.Load(provider); ok {
		return size.(int)
	}
	return minWindow
}

func (s *sizes) note(provider string, size int) {
	if s.of(provider) != size {
		s.byProvider.Store(provider, size)
	}
}
