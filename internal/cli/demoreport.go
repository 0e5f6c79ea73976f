package cli

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

const (
	reportNames  = 11 // width of the names of a report's rows
	reportColumn = 21
	// mailboxPage is how many messages the mailbox keeps and shows at most.
	mailboxPage = 10_000
	// nextPatience is how long the planner may take to plan the next week.
	nextPatience = 10 * time.Second
)

// report prints how each attempt went, what came next and what lies in the mailbox.
func (d *demo) report(ctx context.Context, mailings []*demoMailing, i instance) error {
	var reports []attemptReport
	sent, unknown := 0, 0
	for _, m := range mailings {
		r := m.report()
		reports = append(reports, r)
		sent += r.Sent
		unknown += r.Unknown
		if !r.succeeded() {
			d.failed = true
		}
	}
	say(d.out, "\n")
	d.table(reports)
	if err := d.nextWeek(ctx, mailings[len(mailings)-1]); err != nil {
		return err
	}
	if err := d.checkMailbox(ctx, i.mailbox.Total(), int64(sent), int64(unknown)); err != nil {
		return err
	}
	if d.json {
		return d.printJSON(map[string]any{"attempts": reports})
	}
	return nil
}

// table has a column for each attempt: three fit into 80 characters.
func (d *demo) table(reports []attemptReport) {
	rows := []struct {
		name  string
		value func(r *attemptReport) string
	}{
		{"Report", func(r *attemptReport) string { return r.Mailing }},
		{"status", func(r *attemptReport) string { return r.Status }},
		{"result", func(r *attemptReport) string { return r.Result }},
		{"audience", func(r *attemptReport) string { return number(int64(r.Audience)) }},
		{"sent", func(r *attemptReport) string { return number(int64(r.Sent)) }},
		{"failed", func(r *attemptReport) string { return number(int64(r.Failed)) }},
		{"unknown", func(r *attemptReport) string { return number(int64(r.Unknown)) }},
		{"skipped", func(r *attemptReport) string { return number(int64(r.Skipped)) }},
		{"late", func(r *attemptReport) string { return number(r.LateMS) + " ms" }},
		{"duration", func(r *attemptReport) string { return r.took() }},
		{"messages/s", func(r *attemptReport) string { return r.speed() }},
	}
	for _, row := range rows {
		line := pad(row.name, reportNames)
		if row.name != "Report" {
			line = "  " + pad(row.name, reportNames-2)
		}
		say(d.out, "%s", line)
		for i := range reports {
			say(d.out, " %s", padLeft(row.value(&reports[i]), reportColumn))
		}
		say(d.out, "\n")
	}
}

// nextWeek waits until the weekly mailing has its next start.
func (d *demo) nextWeek(ctx context.Context, weekly *demoMailing) error {
	ctx, cancel := context.WithTimeout(ctx, nextPatience)
	defer cancel()
	tick := time.NewTicker(demoPoll)
	defer tick.Stop()
	for weekly.next.IsZero() {
		if err := d.look(ctx, weekly); err != nil {
			return err
		}
		if !weekly.next.IsZero() {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("the weekly mailing has no next start planned: %w", ctx.Err())
		}
	}
	say(d.out, "\nThe weekly mailing starts again on %s.\n", weekly.next.Local().Format("Mon 2 Jan 2006 at 15:04"))
	return nil
}

// checkMailbox compares what has arrived with what was reported as sent. Where an outcome is unknown the message may
// have arrived. Messages of other mailings may lie there only if the directory was used before.
func (d *demo) checkMailbox(ctx context.Context, arrived, sent, unknown int64) error {
	if arrived < sent || (arrived > sent+unknown && !d.reused) {
		d.failed = true
		say(d.out, "Mailbox: %s, but %s reported as sent!\n", counted(arrived, "message"), number(sent))
		return nil
	}
	if arrived > mailboxPage {
		say(d.out, "Mailbox: %s, as reported; the last %s are kept.\n", counted(arrived, "message"), number(mailboxPage))
		return nil
	}
	var box struct {
		Messages []struct {
			MessageID string `json:"message_id"`
		} `json:"messages"`
	}
	path := fmt.Sprintf("/mailbox?format=json&limit=%d", mailboxPage)
	if err := d.api.call(ctx, http.MethodGet, path, nil, &box); err != nil {
		return err
	}
	seen := make(map[string]bool, len(box.Messages))
	for _, m := range box.Messages {
		seen[m.MessageID] = true // one for each attempt and client, the same on every try
	}
	if twice := int64(len(box.Messages) - len(seen)); twice > 0 {
		d.failed = true
		say(d.out, "Mailbox: %s, of them %s twice!\n", counted(arrived, "message"), number(twice))
		return nil
	}
	say(d.out, "Mailbox: %s, as reported; each mailing reached each client once.\n", counted(arrived, "message"))
	return nil
}
