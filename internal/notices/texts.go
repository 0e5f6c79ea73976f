package notices

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

//go:embed templates
var templates embed.FS

// letter is what a notice says.
type letter struct {
	Subject, Text, HTML string
}

// texts are what Vestnik says to people. They are safe for concurrent use.
type texts struct {
	written map[domain.Language]*texttemplate.Template
	page    *template.Template
}

func loadTexts() (*texts, error) {
	t := &texts{written: map[domain.Language]*texttemplate.Template{}}
	for _, language := range []domain.Language{domain.English, domain.Russian} {
		written, err := texttemplate.ParseFS(templates, "templates/"+string(language)+".txt")
		if err != nil {
			return nil, err
		}
		t.written[language] = written
	}
	var err error
	t.page, err = template.ParseFS(templates, "templates/page.html")
	return t, err
}

// fields are what the texts name. All of them are one line each.
type fields struct {
	Home     string // where Vestnik is
	Link     string // that does what the message is about; works once
	Code     string // the digits that do the same
	Life     string // how long they work
	Until    string
	At       string // when it happened
	NewEmail string
	DeleteAt string
	Mailing  string
	Reason   string // may be empty
}

// block is a paragraph of the page: a button, a code or a text.
type block struct {
	Link, Label string
	Code        string
	Text        string
}

// write returns what n says, with links to home. No error shows anything of n's data.
func (t *texts) write(n *domain.QueuedNotice, home string) (letter, error) {
	if n.Kind == domain.NoticeTestMessage {
		return ownLetter(n)
	}
	language := n.Language
	written := t.written[language]
	if written == nil { // of a version that speaks more of them
		language = domain.English
		written = t.written[language]
	}
	f, err := fieldsOf(n, language, home)
	if err != nil {
		return letter{}, fmt.Errorf("%s: %w", n.Kind, err)
	}
	if written.Lookup(string(n.Kind)) == nil {
		return letter{}, fmt.Errorf("%.40q: there is no such message", n.Kind)
	}
	subject, paragraphs, err := execute(written, string(n.Kind), f)
	if err != nil {
		return letter{}, fmt.Errorf("%s: %w", n.Kind, err)
	}
	signature, _, err := execute(written, "signature", f)
	if err != nil {
		return letter{}, fmt.Errorf("%s: %w", n.Kind, err)
	}
	l := letter{Subject: subject}
	// "-- " begins a signature (RFC 3676 §4.3).
	l.Text = strings.Join(paragraphs, "\n\n") + "\n\n-- \n" + signature + "\n" + f.Home + "\n"
	blocks := make([]block, len(paragraphs))
	for i, p := range paragraphs {
		blocks[i] = blockOf(p, f)
	}
	var page bytes.Buffer
	if err := t.page.Execute(&page, map[string]any{
		"Language": language, "Subject": subject, "Blocks": blocks, "Signature": signature, "Home": f.Home,
	}); err != nil {
		return letter{}, fmt.Errorf("%s: the page: %w", n.Kind, err)
	}
	l.HTML = page.String()
	return l, nil
}

// ownLetter is a message that its writer sends to himself: it goes out as he would have it go out to others.
func ownLetter(n *domain.QueuedNotice) (letter, error) {
	l := letter{Subject: n.Data["subject"], Text: n.Data["text"], HTML: n.Data["html"]}
	if l.Subject == "" || l.Text+l.HTML == "" {
		return letter{}, fmt.Errorf("%s: it is empty", n.Kind)
	}
	return l, nil
}

// execute returns the first line of a text, and its paragraphs.
func execute(written *texttemplate.Template, name string, f fields) (subject string, paragraphs []string, err error) {
	var out strings.Builder
	if err := written.ExecuteTemplate(&out, name, f); err != nil {
		return "", nil, err
	}
	subject, rest, _ := strings.Cut(out.String(), "\n")
	for p := range strings.SplitSeq(rest, "\n\n") {
		if p = strings.Trim(p, "\n"); p != "" {
			paragraphs = append(paragraphs, p)
		}
	}
	return subject, paragraphs, nil
}

func blockOf(paragraph string, f fields) block {
	lines := strings.Split(paragraph, "\n")
	before, last := strings.Join(lines[:len(lines)-1], " "), lines[len(lines)-1]
	switch {
	case last == f.Link && f.Link != "" || last == f.Home:
		return block{Link: last, Label: strings.TrimSuffix(before, ":")}
	case f.Code != "" && paragraph == f.Code:
		return block{Code: f.Code}
	default:
		return block{Text: strings.Join(lines, " ")}
	}
}

// fieldsOf checks that everything is there that a notice of its kind must name.
func fieldsOf(n *domain.QueuedNotice, language domain.Language, home string) (fields, error) {
	home = strings.TrimSuffix(home, "/")
	f := fields{
		Home: home + "/",
		Code: oneLine(n.Data["code"]), NewEmail: oneLine(n.Data["new_email"]),
		Mailing: oneLine(n.Data["mailing"]), Reason: oneLine(n.Data["reason"]),
		At: moment(n.QueuedAt, language), Until: moment(n.Expires(), language), Life: hours(n.Kind.Life(), language),
	}
	for _, name := range needs(n.Kind) {
		if strings.TrimSpace(n.Data[name]) == "" {
			return f, fmt.Errorf("%s is missing", name)
		}
	}
	if token := n.Data["token"]; token != "" {
		if strings.ContainsFunc(token, func(r rune) bool { return !isTokenRune(r) }) {
			return f, errors.New("the token has characters that no token has")
		}
		page := "/verify"
		if n.Kind == domain.NoticeReset {
			page = "/reset"
		}
		f.Link = home + page + "#token=" + token // behind the # it reaches no server's log
	}
	if raw := n.Data["delete_at"]; raw != "" {
		at, err := time.Parse(time.RFC3339, raw)
		if err != nil {
			return f, errors.New("delete_at is no time")
		}
		f.DeleteAt = moment(at, language)
	}
	return f, nil
}

// needs names the data without which a notice says nothing.
func needs(kind domain.NoticeKind) []string {
	switch kind {
	case domain.NoticeVerify, domain.NoticeChangeEmail:
		return []string{"token", "code"}
	case domain.NoticeReset:
		return []string{"token"}
	case domain.NoticeEmailChanging, domain.NoticeEmailChanged:
		return []string{"new_email"}
	case domain.NoticeDeleting:
		return []string{"delete_at"}
	case domain.NoticeMailingStopped:
		return []string{"mailing"}
	case domain.NoticeExists, domain.NoticePasswordSet, domain.NoticeEmailTaken, domain.NoticeFactorOn, domain.NoticeFactorOff,
		domain.NoticeIdentityLinked, domain.NoticeBlocked, domain.NoticeUnblocked, domain.NoticeTestMail, domain.NoticeTestMessage:
	}
	return nil
}

func isTokenRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_' || r == '.' || r == '~'
}

// oneLine makes what people have written fit to stand within a line of ours: it can neither begin another paragraph, nor
// turn the reading direction of what follows.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))), " ")
}

// moment is a time as people write it, to the minute, in UTC.
func moment(at time.Time, language domain.Language) string {
	at = at.UTC()
	if language == domain.Russian {
		months := [...]string{
			"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря",
		}
		return fmt.Sprintf("%d %s %d г., %s UTC", at.Day(), months[at.Month()-1], at.Year(), at.Format("15:04"))
	}
	return at.Format("2 January 2006, 15:04 UTC")
}

// hours is a duration of whole hours in words.
func hours(d time.Duration, language domain.Language) string {
	n := int(d.Hours())
	word := "hours"
	switch {
	case language == domain.Russian && (n%100-n%10 == 10 || n%10 == 0 || n%10 > 4):
		word = "часов"
	case language == domain.Russian && n%10 == 1:
		word = "час"
	case language == domain.Russian:
		word = "часа"
	case n == 1:
		word = "hour"
	}
	return fmt.Sprintf("%d %s", n, word)
}

// withoutSecrets takes out of what a mail service said whatever the message carries to be used once: some repeat in their
// refusal what they did not like.
func withoutSecrets(text string, data map[string]string) string {
	for _, name := range []string{"token", "code"} {
		if secret := data[name]; secret != "" {
			text = strings.ReplaceAll(text, secret, "‹…›")
		}
	}
	return text
}
