package password

import (
	"context"
	"runtime"

	"golang.org/x/crypto/argon2"
)

// Params are what a hash costs.
type Params struct {
	Memory uint32 // KiB
	Passes uint32
}

// Default is what hashes cost unless said otherwise.
func Default() Params { return Params{Memory: memory, Passes: passes} }

// Hasher makes and checks hashes, a few at a time: each takes memory and a processor, and whoever wants many at once must
// not have them. It is safe for concurrent use.
type Hasher struct {
	params Params
	turns  chan struct{}
	dummy  string // of no password anybody knows
	derive deriveFunc
}

// deriveFunc is argon2.IDKey.
type deriveFunc func(pw, salt []byte, passes, memory uint32, lanes uint8, length uint32) []byte

// most is how many hashes are made at once on a large machine: some 300 MiB.
const most = 16

// NewHasher returns a hasher of as many hashes at a time as there are processors, at most 16.
func NewHasher(p Params) *Hasher {
	h := &Hasher{params: p, turns: make(chan struct{}, min(runtime.GOMAXPROCS(0), most)), derive: argon2.IDKey}
	h.dummy = encode(p, newSalt(), newSalt()) // a sum that nothing is known to give
	return h
}

// Hash returns the hash to store for pw, whose strength has been checked. It waits for its turn until ctx ends, and
// returns its error then.
func (h *Hasher) Hash(ctx context.Context, pw string) (string, error) {
	salt := newSalt()
	sum, err := h.inTurn(ctx, func() []byte { return h.derive(normal(pw), salt, h.params.Passes, h.params.Memory, lanes, hashLen) })
	if err != nil {
		return "", err
	}
	return encode(h.params, salt, sum), nil
}

// Verify reports whether pw is the password of hash, and whether hash was made with other parameters than today's. An empty
// hash is nobody's: then it takes as long, and is false. It waits as Hash does.
func (h *Hasher) Verify(ctx context.Context, pw, hash string) (ok, stale bool, err error) {
	nobody := hash == ""
	if nobody {
		hash = h.dummy
	}
	parsed, err := parse(hash)
	if err != nil {
		return false, false, err
	}
	if tooLong(pw) {
		return false, false, nil // was never set, and is not worth hashing
	}
	sum, err := h.inTurn(ctx, func() []byte { return parsed.derive(h.derive, pw) })
	if err != nil {
		return false, false, err
	}
	return parsed.is(sum) && !nobody, parsed.params != h.params || parsed.lanes != lanes, nil
}

func (h *Hasher) inTurn(ctx context.Context, derive func() []byte) ([]byte, error) {
	select {
	case h.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.turns }()
	return derive(), nil
}
