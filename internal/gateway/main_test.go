package gateway_test

import (
	"testing"

	"github.com/vestnik-mail/vestnik/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Run(m) }
