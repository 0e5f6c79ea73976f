package mailbox

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/jhillyerd/enmime/v2"
)

// maxHead bounds the work for a header that is none.
const maxHead = 64 << 10

// summary is what lists show of a header, decoded (RFC 2047). A header that cannot be read leaves it empty.
type summary struct {
	from, subject, messageID string
}

func summarize(raw []byte) summary {
	header := parseHeader(raw)
	return summary{
		from:      decode(header.Get("From")),
		subject:   decode(header.Get("Subject")),
		messageID: decode(header.Get("Message-Id")),
	}
}

// parseHeader returns what could be read before the first line that is no header.
func parseHeader(raw []byte) textproto.MIMEHeader {
	head := headOf(raw)
	header, _ := textproto.NewReader(bufio.NewReader(io.MultiReader(bytes.NewReader(head), strings.NewReader("\r\n\r\n")))).ReadMIMEHeader()
	return header
}

// headOf is the header section (RFC 5322 §2.1): all before the first empty line.
func headOf(raw []byte) []byte {
	raw = raw[:min(len(raw), maxHead)]
	if end := bytes.Index(raw, []byte("\r\n\r\n")); end >= 0 {
		return raw[:end+2]
	}
	return raw
}

func decode(value string) string {
	return printable(enmime.DecodeRFC2047(value))
}

// printable makes valid UTF-8 without control characters, which could turn a line around or hide a part of it.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r < ' ' || r == 0x7f, r >= 0x80 && r < 0xa0,
			r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // bidirectional overrides
			return -1
		default:
			return r
		}
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// field is one line of the table above a message.
type field struct{ Name, Value string }

// parsed is a message made readable.
type parsed struct {
	Fields      []field
	Subject     string
	Text, HTML  string
	Attachments []attachment
	Problem     string // why there is nothing but the source to show
}

type attachment struct {
	Name, Type string
	Size       int64
}

// shown are the headers worth a line; the rest is a click away.
func shown() []string {
	return []string{"From", "To", "Cc", "Reply-To", "Date", "Message-Id", "List-Unsubscribe"}
}

// parse never fails: what cannot be read has its problem instead of a text.
func parse(raw []byte) parsed {
	header := parseHeader(raw)
	p := parsed{Subject: decode(header.Get("Subject"))}
	for _, name := range shown() {
		for _, value := range header.Values(name) {
			label := name
			if name == "Message-Id" {
				label = "Message-ID" // as RFC 5322 §3.6.4 writes it
			}
			p.Fields = append(p.Fields, field{Name: label, Value: decode(value)})
		}
	}
	envelope, err := readEnvelope(raw)
	if err != nil {
		p.Problem = printable(err.Error())
		return p
	}
	p.Text, p.HTML = envelope.Text, envelope.HTML
	if p.Text != "" && !utf8.ValidString(p.Text) {
		p.Text = strings.ToValidUTF8(p.Text, "\uFFFD")
	}
	for _, part := range envelope.Attachments {
		p.Attachments = append(p.Attachments, attachment{
			Name: printable(part.FileName), Type: printable(part.ContentType), Size: int64(len(part.Content)),
		})
	}
	p.HTML = withInlineParts(p.HTML, envelope.Inlines, envelope.OtherParts)
	if p.HTML == "" && strings.TrimSpace(p.Text) == "" && len(p.Attachments) == 0 && len(bytes.TrimSpace(raw[len(headOf(raw)):])) > 0 {
		p.Problem = "there is a body, and no part of it was found"
	}
	return p
}

// readEnvelope shields the page from a parser that hostile mail makes panic.
func readEnvelope(raw []byte) (envelope *enmime.Envelope, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("unreadable: %v", r)
		}
	}()
	// A text of the message is never made from its HTML: the page shows what was sent.
	parser := enmime.NewParser(enmime.DisableTextConversion(true))
	envelope, err = parser.ReadEnvelope(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	for _, e := range envelope.Errors {
		if e.Severe {
			return nil, errors.New(e.Error())
		}
	}
	return envelope, nil
}

// withInlineParts puts the pictures a message brings along (RFC 2392) into its HTML, which may load nothing.
func withInlineParts(html string, groups ...[]*enmime.Part) string {
	for _, parts := range groups {
		for _, part := range parts {
			if part.ContentID == "" || !strings.HasPrefix(part.ContentType, "image/") || !strings.Contains(html, "cid:"+part.ContentID) {
				continue
			}
			data := "data:" + part.ContentType + ";base64," + base64.StdEncoding.EncodeToString(part.Content)
			html = strings.ReplaceAll(html, "cid:"+part.ContentID, data)
		}
	}
	return html
}

// segment is a piece of a text: a link where URL is set.
type segment struct{ Text, URL string }

// linkify finds the web addresses of a text, so that a link to confirm an address can be clicked.
func linkify(text string) []segment {
	var segments []segment
	last := 0
	for _, at := range regexp.MustCompile(`https?://[^\s<>"'«»]+`).FindAllStringIndex(text, -1) {
		link := strings.TrimRight(text[at[0]:at[1]], ".,;:!?)]}")
		segments = append(segments, segment{Text: text[last:at[0]]}, segment{Text: link, URL: link})
		last = at[0] + len(link)
	}
	return append(segments, segment{Text: text[last:]})
}
