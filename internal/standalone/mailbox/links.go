package mailbox

import (
	"net/url"
	"regexp"
)

// links lead from a message to what it came of in the web application; empty: that is not known.
type links struct {
	Mailing, Attempt, Client string
}

const uuid = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

// linksOf reads the ids of mailing and attempt that a message of a mailing carries; nil for any other. Whether there is such
// a mailing, and whether it is one's own, the application tells.
func linksOf(m *message) *links {
	header := parseHeader(m.raw)
	mailing := regexp.MustCompile(`<(` + uuid + `)\.`).FindStringSubmatch(header.Get("List-Id"))
	if mailing == nil {
		return nil
	}
	l := &links{Mailing: "/mailings/" + mailing[1]}
	if attempt := regexp.MustCompile(`^<(` + uuid + `)\.`).FindStringSubmatch(header.Get("Message-Id")); attempt != nil {
		l.Attempt = "/attempts/" + attempt[1]
	}
	if len(m.to) == 1 {
		l.Client = "/clients?" + url.Values{"q": {m.to[0]}}.Encode()
	}
	return l
}
