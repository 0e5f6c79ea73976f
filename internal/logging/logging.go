// Package logging makes the logger that everything else is given.
package logging

import (
	"encoding/json"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
)

// New returns a logger that writes to w: JSON lines, or text for people when format is console, or auto and w is a
// terminal. Durations are numbers of milliseconds in fields whose names end in _ms; people see them with their unit.
// level has been checked by package config.
func New(w *os.File, level, format string) zerolog.Logger {
	parsed, err := zerolog.ParseLevel(level)
	if err != nil {
		parsed = zerolog.InfoLevel
	}
	var out io.Writer = w
	if format == "console" || (format == "auto" && isatty.IsTerminal(w.Fd())) {
		out = Console(w)
	}
	return zerolog.New(out).Level(parsed).With().Timestamp().Logger()
}

// Console writes lines of the log to w as text for people.
func Console(w io.Writer) zerolog.ConsoleWriter {
	return zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly, FormatPrepare: withUnits}
}

// withUnits turns duration_ms=1234.5 into duration=1.235s.
func withUnits(line map[string]any) error {
	for name, value := range line {
		short, isDuration := strings.CutSuffix(name, "_ms")
		number, isNumber := value.(json.Number)
		if !isDuration || !isNumber {
			continue
		}
		if ms, err := number.Float64(); err == nil {
			delete(line, name)
			line[short] = readable(ms)
		}
	}
	return nil
}

// readable writes ms with its unit, to the millisecond, or more exactly below one.
func readable(ms float64) string {
	if ms > -1 && ms < 1 {
		return strconv.FormatFloat(ms, 'g', 3, 64) + "ms"
	}
	return time.Duration(ms * float64(time.Millisecond)).Round(time.Millisecond).String()
}
