package events_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
)

// TestDeliveriesAreWrittenAsJSONWritesThem holds the encoder of our own to encoding/json, byte by byte.
func TestDeliveriesAreWrittenAsJSONWritesThem(t *testing.T) {
	t.Parallel()
	texts := []string{
		"", "2.0.0 Ok", "a@example.org", "иван@пример.рф", `say "no"`, `C:\mail`, "<a&b>", "\x00\x1f\x7f\t\r\n", "\u2028", "\xff\xfe", "🙂",
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // no secret
	text := func() string {
		s := texts[random.IntN(len(texts))] + texts[random.IntN(len(texts))]
		if random.IntN(4) == 0 {
			b := make([]byte, random.IntN(8))
			for i := range b {
				b[i] = byte(random.IntN(256)) //nolint:gosec // fits
			}
			s += string(b)
		}
		return s
	}
	for range 2000 {
		e := events.DeliveriesRecorded{AttemptID: domain.NewID(time.Now()), ChunkID: random.Int64()}
		for range random.IntN(4) {
			d := events.Delivery{
				Email: text(), Outcome: domain.Outcome(text()), Code: random.IntN(3), Response: text(), Tries: random.IntN(40) - 10,
				At: time.Unix(random.Int64N(1<<33), random.Int64N(1e9)).In(time.FixedZone("", 60*random.IntN(600))),
			}
			if random.IntN(2) == 0 {
				d.ClientID = domain.NewID(d.At)
			}
			e.Deliveries = append(e.Deliveries, d)
		}
		want, err := json.Marshal(e)
		require.NoError(t, err)
		got, err := events.Encode(e, time.Now())
		require.NoError(t, err)
		require.Equal(t, string(want), string(got.Payload))
	}
}
