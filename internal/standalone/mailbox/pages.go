package mailbox

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rs/zerolog"
)

const (
	pageSize    = 50
	jsonLimit   = 100
	maxLimit    = 10_000
	pagePolicy  = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
	stylePolicy = "default-src 'none'"
	// mailPolicy isolates a message's HTML even when it is opened by itself: no scripts, no origin, no network. A click on
	// a link opens a new tab, an ordinary one: a link to confirm an address must work.
	mailPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
)

//go:embed templates
var files embed.FS

// pages shows the messages of a store.
type pages struct {
	store     *store
	templates *template.Template
	style     []byte
	log       zerolog.Logger
}

func newPages(store *store, log zerolog.Logger) (*pages, error) {
	templates, err := template.ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the pages of the mailbox: %w", err)
	}
	style, err := files.ReadFile("templates/style.css")
	if err != nil {
		return nil, fmt.Errorf("read the style of the mailbox: %w", err)
	}
	return &pages{store: store, templates: templates, style: style, log: log}, nil
}

func (p *pages) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mailbox", p.list)
	mux.HandleFunc("GET /mailbox/{$}", p.list)
	mux.HandleFunc("GET /mailbox/style.css", p.css)
	mux.HandleFunc("GET /mailbox/{n}", p.message)
	mux.HandleFunc("GET /mailbox/{n}/html", p.html)
	mux.HandleFunc("GET /mailbox/{n}/raw", p.raw)
	return mux
}

// row is a line of the list, and a message of its JSON.
type row struct {
	N         int64     `json:"n"`
	To        []string  `json:"to"`   // of the envelope (RFC 5321 §2.3.1)
	From      string    `json:"from"` // of the header, of the envelope where that has none
	Subject   string    `json:"subject"`
	At        time.Time `json:"at"`
	MessageID string    `json:"message_id"`
}

func rows(messages []*message) []row {
	out := make([]row, 0, len(messages))
	for _, m := range messages {
		head := m.head()
		r := row{N: m.n, To: m.to, From: head.from, Subject: head.subject, At: m.at, MessageID: head.messageID}
		if r.From == "" {
			r.From = m.from
		}
		out = append(out, r)
	}
	return out
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	q, page := query.Get("q"), positive(query.Get("page"), 1, maxLimit)
	if query.Get("format") == "json" {
		limit := positive(query.Get("limit"), jsonLimit, maxLimit)
		p.listJSON(w, p.store.list(q, (page-1)*limit, limit))
		return
	}
	l := p.store.list(q, (page-1)*pageSize, pageSize)
	link := func(page int) string {
		values := url.Values{"page": {strconv.Itoa(page)}}
		if q != "" {
			values.Set("q", q)
		}
		return "/mailbox?" + values.Encode()
	}
	data := struct {
		W                         words
		Q, Newer, Older           string
		Rows                      []row
		Total, Kept, Matched      int64
		Page, Pages               int
		Empty, Filtered, HasPages bool
	}{
		W: wordsFor(r), Q: q, Rows: rows(l.page), Total: l.total, Kept: int64(l.kept), Matched: int64(l.matched),
		Page: page, Pages: max(1, (l.matched+pageSize-1)/pageSize),
		Empty: l.kept == 0, Filtered: q != "",
	}
	data.HasPages = data.Pages > 1 || page > 1
	if page > 1 {
		data.Newer = link(min(page-1, data.Pages))
	}
	if page < data.Pages {
		data.Older = link(page + 1)
	}
	p.render(w, http.StatusOK, "list.html", data)
}

func (p *pages) listJSON(w http.ResponseWriter, l listing) {
	body, err := json.Marshal(struct {
		Total    int64 `json:"total"` // taken since the start
		Kept     int   `json:"kept"`
		Matched  int   `json:"matched"`
		Messages []row `json:"messages"`
	}{l.total, l.kept, l.matched, rows(l.page)})
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	send(w, http.StatusOK, "application/json", stylePolicy, body)
}

func positive(s string, otherwise, most int) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return otherwise
	}
	return min(n, most)
}

func (p *pages) find(w http.ResponseWriter, r *http.Request) (*message, bool) {
	if n, err := strconv.ParseInt(r.PathValue("n"), 10, 64); err == nil {
		if m, ok := p.store.get(n); ok {
			return m, true
		}
	}
	p.render(w, http.StatusNotFound, "missing.html", struct{ W words }{wordsFor(r)})
	return nil, false
}

func (p *pages) message(w http.ResponseWriter, r *http.Request) {
	m, ok := p.find(w, r)
	if !ok {
		return
	}
	content := parse(m.raw)
	data := struct {
		W              words
		M              parsed
		N, Size        int64
		From, To, Head string
		Source         string
		HasText        bool
		Text           []segment
		At             time.Time
	}{
		W: wordsFor(r), M: content, N: m.n, Size: int64(len(m.raw)), At: m.at,
		From: printable(m.from), To: printable(strings.Join(m.to, ", ")), Head: sourceText(headOf(m.raw)),
		HasText: strings.TrimSpace(content.Text) != "", Text: linkify(content.Text),
	}
	if content.Problem != "" {
		const enough = 1 << 20
		data.Source = sourceText(m.raw[:min(len(m.raw), enough)])
	}
	p.render(w, http.StatusOK, "message.html", data)
}

func sourceText(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD")
}

func (p *pages) html(w http.ResponseWriter, r *http.Request) {
	if m, ok := p.find(w, r); ok {
		send(w, http.StatusOK, "text/html; charset=utf-8", mailPolicy, []byte(withNewTabs(parse(m.raw).HTML)))
	}
}

// withNewTabs makes links open a tab of their own: the frame may go nowhere.
func withNewTabs(html string) string {
	const base = `<base target="_blank">`
	if head := regexp.MustCompile(`(?i)<head(\s[^>]*)?>`).FindStringIndex(html); head != nil {
		return html[:head[1]] + base + html[head[1]:]
	}
	doctype := regexp.MustCompile(`(?i)^\s*<!doctype[^>]*>`).FindString(html) // before it, base would ask for quirks
	return doctype + base + html[len(doctype):]
}

func (p *pages) raw(w http.ResponseWriter, r *http.Request) {
	if m, ok := p.find(w, r); ok {
		send(w, http.StatusOK, "text/plain; charset=utf-8", mailPolicy, m.raw)
	}
}

func (p *pages) css(w http.ResponseWriter, _ *http.Request) {
	send(w, http.StatusOK, "text/css; charset=utf-8", stylePolicy, p.style)
}

func (p *pages) render(w http.ResponseWriter, status int, name string, data any) {
	var body bytes.Buffer
	if err := p.templates.ExecuteTemplate(&body, name, data); err != nil {
		p.log.Error().Err(err).Str("part", "mailbox").Msg("a page of the mailbox cannot be made")
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Vary", "Accept-Language")
	send(w, status, "text/html; charset=utf-8", pagePolicy, body.Bytes())
}

// send sets what every answer needs: mail is hostile until proven otherwise, and it is nobody else's to keep.
func send(w http.ResponseWriter, status int, contentType, policy string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the reader may be gone
}
