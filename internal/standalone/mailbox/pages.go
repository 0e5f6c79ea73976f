package mailbox

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
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
	pageSize  = 50
	jsonLimit = 100
	maxLimit  = 10_000
	// pagePolicy lets a page run the scripts that lie beside it, and take the font of the web application.
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
		"frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
	filePolicy = "default-src 'none'"
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
	files     map[string]file
	log       zerolog.Logger
}

// file is what the pages refer to.
type file struct {
	media string
	body  []byte
}

func newPages(store *store, web fs.FS, log zerolog.Logger) (*pages, error) {
	templates, err := template.ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the pages of the mailbox: %w", err)
	}
	p := &pages{store: store, templates: templates, files: map[string]file{}, log: log}
	for name, media := range map[string]string{
		"page.css": "text/css; charset=utf-8", "look.js": "text/javascript; charset=utf-8",
		"live.js": "text/javascript; charset=utf-8", "logo.svg": "image/svg+xml",
	} {
		body, err := files.ReadFile("templates/" + name)
		if err != nil {
			return nil, fmt.Errorf("read the pages of the mailbox: %w", err)
		}
		p.files[name] = file{media: media, body: body}
	}
	style := p.files["page.css"]
	style.body = append(fontFaces(web), style.body...)
	p.files["page.css"] = style
	return p, nil
}

// fontFaces names the files of the web application's font, whose names its build makes; none without a build.
func fontFaces(web fs.FS) []byte {
	var css []byte
	if web == nil {
		return css
	}
	for _, part := range []struct{ script, ranges string }{
		{"cyrillic", "U+0301, U+0400-045F, U+0490-0491, U+04B0-04B1, U+2116"},
		{"latin", "U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, U+0304, U+0308, U+0329, U+2000-206F, " +
			"U+20AC, U+2122, U+2191, U+2193, U+2212, U+2215, U+FEFF, U+FFFD"},
	} {
		found, err := fs.Glob(web, "assets/inter-"+part.script+"-wght-normal-*.woff2")
		if err != nil || len(found) == 0 {
			continue
		}
		css = fmt.Appendf(css, "@font-face { font-family: 'Inter Variable'; font-display: swap; font-weight: 100 900; "+
			"src: url('/%s') format('woff2'); unicode-range: %s; }\n", found[0], part.ranges)
	}
	return css
}

func (p *pages) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mailbox", p.list)
	mux.HandleFunc("GET /mailbox/{$}", p.list)
	mux.HandleFunc("GET /mailbox/events", p.events)
	for name, file := range p.files {
		mux.HandleFunc("GET /mailbox/"+name, func(w http.ResponseWriter, _ *http.Request) {
			send(w, http.StatusOK, file.media, filePolicy, file.body)
		})
	}
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
	Unread    bool      `json:"unread"`
}

// frame is what every page needs.
type frame struct {
	W     words
	Title string
	query url.Values
}

func newFrame(r *http.Request) frame {
	w := wordsFor(r)
	return frame{W: w, Title: w.Title, query: r.URL.Query()}
}

// In is the address of this page in another language.
func (f frame) In(lang string) string {
	query := maps.Clone(f.query)
	query.Set("lang", lang)
	return "?" + query.Encode()
}

func rows(messages []*message) []row {
	out := make([]row, 0, len(messages))
	for _, m := range messages {
		head := m.head()
		r := row{N: m.n, To: m.to, From: head.from, Subject: head.subject, At: m.at, MessageID: head.messageID, Unread: !m.seen.Load()}
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
		frame

		Q, Newer, Older              string
		Rows                         []row
		Total, Kept, Unread, Matched int64
		Page, Pages                  int
		Empty, Filtered, HasPages    bool
	}{
		frame: newFrame(r), Q: q, Unread: int64(l.unread), Rows: rows(l.page), Total: l.total, Kept: int64(l.kept), Matched: int64(l.matched),
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
	p.render(w, r, http.StatusOK, "list.html", data)
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
	send(w, http.StatusOK, "application/json", filePolicy, body)
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
	data := newFrame(r)
	data.Title = data.W.NotFound
	p.render(w, r, http.StatusNotFound, "missing.html", data)
	return nil, false
}

func (p *pages) message(w http.ResponseWriter, r *http.Request) {
	m, ok := p.find(w, r)
	if !ok {
		return
	}
	m.seen.Store(true)
	content := parse(m.raw)
	data := struct {
		frame

		M              parsed
		N, Size        int64
		Newer, Older   int64 // 0: there is none
		From, To, Head string
		Source         string
		HasText        bool
		Text           []segment
		At             time.Time
		Links          *links
	}{
		frame: newFrame(r), M: content, N: m.n, Size: int64(len(m.raw)), At: m.at,
		From: printable(m.from), To: printable(strings.Join(m.to, ", ")), Head: sourceText(headOf(m.raw)),
		HasText: strings.TrimSpace(content.Text) != "", Text: linkify(content.Text), Links: linksOf(m),
	}
	if data.Title = content.Subject; data.Title == "" {
		data.Title = data.W.NoSubject
	}
	if _, ok := p.store.get(m.n + 1); ok {
		data.Newer = m.n + 1
	}
	if _, ok := p.store.get(m.n - 1); ok {
		data.Older = m.n - 1
	}
	if content.Problem != "" {
		const enough = 1 << 20
		data.Source = sourceText(m.raw[:min(len(m.raw), enough)])
	}
	p.render(w, r, http.StatusOK, "message.html", data)
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

func (p *pages) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var body bytes.Buffer
	if err := p.templates.ExecuteTemplate(&body, name, data); err != nil {
		p.log.Error().Err(err).Str("part", "mailbox").Msg("a page of the mailbox cannot be made")
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Vary", "Accept-Language, Cookie")
	if lang := r.URL.Query().Get("lang"); lang == "en" || lang == "ru" {
		//nolint:gosec // no secret: the pages' own script reads it, and plain HTTP on this machine carries it
		http.SetCookie(w, &http.Cookie{
			Name: languageCookie, Value: lang, Path: "/mailbox", MaxAge: languageAge, SameSite: http.SameSiteLaxMode,
		})
	}
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
