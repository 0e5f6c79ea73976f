// Package logging makes the logger that everything else is given.
package logging

import (
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
)

// New returns a logger that writes to w: JSON lines, or text for people when format is console, or auto and w is a
// terminal. Durations are whole milliseconds. level has been checked by package config.
func New(w *os.File, level, format string) zerolog.Logger {
	parsed, err := zerolog.ParseLevel(level)
	if err != nil {
		parsed = zerolog.InfoLevel
	}
	var out io.Writer = w
	if format == "console" || (format == "auto" && isatty.IsTerminal(w.Fd())) {
		out = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly}
	}
	return zerolog.New(out).Level(parsed).With().Timestamp().Logger()
}
