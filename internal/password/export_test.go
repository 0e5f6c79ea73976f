package password

// OnHash has f called around each hash that h makes.
func OnHash(h *Hasher, f func(derive func() []byte) []byte) {
	derive := h.derive
	h.derive = func(pw, salt []byte, passes, memory uint32, lanes uint8, length uint32) []byte {
		return f(func() []byte { return derive(pw, salt, passes, memory, lanes, length) })
	}
}
