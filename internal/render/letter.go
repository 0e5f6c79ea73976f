package render

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// Letter is a message that Vestnik itself writes to one person. Nothing in it is filled in any more.
type Letter struct {
	ID      domain.ID
	From    Mailbox
	Subject string // made one line
	HTML    string
	Text    string
}

// Fixed prepares a letter. It is to be rendered for a recipient whose ID is the letter's: the Message-ID is made of that
// alone, so that two copies are known for one message. The error is of kind Invalid and names a sender that is no address.
func Fixed(l Letter) (*Template, error) {
	from, err := appendAddress(nil, l.From.Address)
	if err != nil {
		return nil, domain.NewInvalid(domain.FieldFault("from", err))
	}
	t := newTemplate(l.From.Name, string(from))
	t.subject = []node{{text: oneLine(l.Subject)}}
	t.idLeft = "\r\nMessage-ID: <notice."
	host := from[bytes.LastIndexByte(from, '@')+1:]
	// RFC 3834 §5, and what holds back the automatic replies of responders that know Microsoft's field only (MS-OXCMAIL
	// §2.1.3.2.20). There is no List-Unsubscribe: it is no list.
	tail := append([]byte("@"), host...)
	tail = append(tail, ">\r\nAuto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nMIME-Version: 1.0\r\n"...)
	for _, body := range []struct {
		mode mode
		text string
	}{{modeText, l.Text}, {modeHTML, l.HTML}} { // the plainest first, RFC 2046 §5.1.4
		if body.text != "" {
			t.addPart(part{mode: body.mode, nodes: build([]item{{kind: itemText, text: clean(body.text)}})})
		}
	}
	if len(t.parts) > 1 {
		t.boundary = "--=_" + hex.EncodeToString(l.ID[:])
		tail = fmt.Appendf(tail, "Content-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n", t.boundary[2:])
	}
	t.tail = string(tail)
	return t, nil
}
