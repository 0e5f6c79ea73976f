package mailbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/standalone/mailbox"
)

const evil = `<script>alert(1)</script><img src=x onerror=alert(1)>`

func TestHostileMailIsShownAndHarmless(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		raw      string
		want     string // on the page of the message
		isSource bool
	}{
		"markup in every header": {
			raw:  "From: " + evil + " <a@example.org>\nTo: " + evil + "\nSubject: " + evil + "\nMessage-ID: <" + evil + ">\n\n" + evil + "\n",
			want: "&lt;script&gt;",
		},
		"a link that is a script": {
			raw:  "Subject: x\n\njavascript:alert(1) and https://example.org/confirm?a=1&b=2.\n",
			want: `<a href="https://example.org/confirm?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">`,
		},
		"a subject that turns the line around": {
			raw:  "Subject: =?utf-8?B?4oCuZXhlLnR4dA==?=\n\nx\n",
			want: "<bdi>exe.txt</bdi>",
		},
		"no header at all":            {raw: "\n\n", want: "This message has no text."},
		"an attachment named markup":  {raw: attached(evil), want: "&lt;script&gt;"},
		"a body that is no base64":    {raw: "Subject: x\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!\n", want: "Source"},
		"a part without an end":       {raw: "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\ncut sh", want: "cut sh"},
		"a boundary that never comes": {raw: "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\nlost text\n", want: "lost text", isSource: true},
		"multipart without boundary":  {raw: "Subject: x\nContent-Type: multipart/mixed\n\nlost text\n", want: "lost text"},
		"a charset nobody knows":      {raw: "Subject: =?x-klingon?B?0J8=?=\nContent-Type: text/plain; charset=x-klingon\n\nplain\n", want: "plain"},
		"bytes that are no UTF-8":     {raw: "Subject: \xff\xfe\x01\nContent-Type: text/plain; charset=utf-8\n\n\xff\xfe plain\n", want: "plain"},
		"a line that is no header":    {raw: "Subject: seen\nthis is no header\n\nbody\n", want: "seen"},
		"parts nested deep": {
			raw: strings.Repeat("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 300) + "\ndeep\n", want: "Source",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := start(t, mailbox.Config{})
			send(t, m, "a@example.org", test.raw)
			for _, path := range []string{"/mailbox", "/mailbox/1"} {
				w, body := get(t, m, path, "en")
				require.Equal(t, http.StatusOK, w.Code)
				assert.NotContains(t, body, "<script>")
				assert.NotContains(t, body, "<img src=x")
				assert.NotContains(t, body, `href="javascript`)
				assert.NotContains(t, body, "\u202e")
			}
			_, body := get(t, m, "/mailbox/1", "en")
			assert.Contains(t, body, test.want)
			if test.isSource {
				assert.Contains(t, body, "its source is shown")
			}
			w, _ := get(t, m, "/mailbox/1/html", "en")
			assert.Contains(t, w.Header().Get("Content-Security-Policy"), "sandbox")
			assert.Equal(t, 1, getJSON(t, m, "").Kept)
		})
	}
}

func attached(name string) string {
	return "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\ntext\n--b\n" +
		"Content-Type: application/pdf\nContent-Disposition: attachment; filename=\"" + name + "\"\n\nx\n--b--\n"
}

func TestPicturesOfTheMessageAreShown(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Config{})
	send(t, m, "a@example.org", `Subject: x
MIME-Version: 1.0
Content-Type: multipart/related; boundary=b

--b
Content-Type: text/html

<img src="cid:logo@x"><img src="https://example.org/track.gif">
--b
Content-Type: image/gif
Content-ID: <logo@x>
Content-Disposition: inline
Content-Transfer-Encoding: base64

R0lGODlh
--b--
`)
	_, body := get(t, m, "/mailbox/1/html", "")
	assert.Contains(t, body, `<img src="data:image/gif;base64,R0lGODlh">`)
}
