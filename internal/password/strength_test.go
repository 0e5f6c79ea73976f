package password_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/password"
)

// TestNoPasswordTakesLongToJudge: anybody may have one judged, and as often as they like.
func TestNoPasswordTakesLongToJudge(t *testing.T) {
	t.Parallel()
	require.NoError(t, password.CheckStrength("correct horse battery staple")) // reads the dictionaries
	for _, signs := range []string{"4@8({[<369&#!1|0$5+7%2", "a4@b8c({[<e3g69i1!|o0s$5t7x%z2", "1!|7({4@"} {
		began := time.Now()
		for range 10 {
			_ = password.CheckStrength(strings.Repeat(signs, 40)[:256])
		}
		assert.Less(t, time.Since(began), 6*time.Second, signs) // of some 15 where each sign is told apart
	}
	require.NoError(t, password.CheckStrength("4@({[<69vTq!1|Wb7$5+"), "many signs make none weaker")
}
