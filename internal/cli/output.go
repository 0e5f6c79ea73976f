package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// printJSON writes v to standard output as one line.
func (c *command) printJSON(v any) error {
	encoder := json.NewEncoder(c.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// result writes the result of a command, which fails when it cannot be written.
func (c *command) result(format string, args ...any) error {
	if _, err := fmt.Fprintf(c.Stdout, format, args...); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// printFound prints what a command found: {"items": …}, or a table under heads, whose columns tabs part, or none where there is
// nothing. row writes one line of the table.
func printFound[T any](c *command, items []T, none, heads string, row func(table io.Writer, item *T) error) error {
	if c.json {
		return c.printJSON(map[string][]T{"items": items})
	}
	if len(items) == 0 {
		return c.result("%s\n", none)
	}
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	say(table, "%s\n", heads)
	for i := range items {
		if err := row(table, &items[i]); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return c.result("%s", out.String())
}

// say writes what a person reads along the way; nothing depends on its arriving.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format, args...)
}

// attemptReport is one attempt as --json shows it.
type attemptReport struct {
	Mailing    string `json:"mailing"`
	Status     string `json:"status"`
	Result     string `json:"result"`
	Audience   int    `json:"audience"`
	Sent       int    `json:"sent"`
	Failed     int    `json:"failed"`
	Unknown    int    `json:"unknown"`
	Skipped    int    `json:"skipped"`
	Expired    int    `json:"expired"`
	LateMS     int64  `json:"late_ms"`
	DurationMS int64  `json:"duration_ms"`
	MailingID  string `json:"mailing_id"`
	AttemptID  string `json:"attempt_id"`
	Reason     string `json:"reason,omitempty"`
}

func reportOf(a domain.Attempt) attemptReport {
	r := attemptReport{
		Mailing: a.MailingName, Status: string(a.Status), Result: string(a.Result), Audience: a.Audience,
		Sent: a.Totals.Sent, Failed: a.Totals.Failed, Unknown: a.Totals.Unknown, Skipped: a.Totals.Skipped,
		Expired: a.Totals.Expired, LateMS: a.Late().Milliseconds(),
		MailingID: a.MailingID.String(), AttemptID: a.ID.String(), Reason: a.Reason,
	}
	if !a.StartedAt.IsZero() && a.FinishedAt.After(a.StartedAt) {
		r.DurationMS = a.FinishedAt.Sub(a.StartedAt).Milliseconds()
	}
	return r
}

func (r *attemptReport) succeeded() bool {
	return r.Status == string(domain.AttemptFinished) && r.Result == string(domain.ResultSucceeded)
}

// took is how long the attempt was being sent.
func (r *attemptReport) took() string { return seconds(time.Duration(r.DurationMS) * time.Millisecond) }

// speed is messages a second.
func (r *attemptReport) speed() string {
	if r.DurationMS == 0 {
		return "-"
	}
	return number(int64(r.Sent) * 1000 / r.DurationMS)
}

// troubles lists the counters that should be zero and are not.
func (r *attemptReport) troubles() string {
	var parts []string
	for _, n := range []struct {
		count int
		what  string
	}{{r.Failed, "failed"}, {r.Unknown, "unknown"}, {r.Skipped, "skipped"}, {r.Expired, "expired"}} {
		if n.count > 0 {
			parts = append(parts, number(int64(n.count))+" "+n.what)
		}
	}
	return strings.Join(parts, ", ")
}

// ended reports whether nothing more will happen in an attempt of this status.
func ended(status domain.AttemptStatus) bool {
	switch status {
	case domain.AttemptFinished, domain.AttemptCancelled, domain.AttemptExpired, domain.AttemptMissed:
		return true
	case domain.AttemptPlanned, domain.AttemptRunning:
	}
	return false
}

// number writes n with commas between thousands.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// counted is n and what it counts: "1 client", "200 clients".
func counted(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + one + "s"
}

func seconds(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d < 100*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}

// pairs writes names and values in two columns.
func pairs(w io.Writer, rows [][2]string) {
	width := 0
	for _, row := range rows {
		width = max(width, utf8.RuneCountInString(row[0]))
	}
	for _, row := range rows {
		say(w, "  %s  %s\n", pad(row[0], width), row[1])
	}
}

// pad fills s with spaces up to width characters.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
}

// cut shortens s to width characters.
func cut(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}

// padLeft puts the spaces before s.
func padLeft(s string, width int) string {
	return strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0)) + s
}
