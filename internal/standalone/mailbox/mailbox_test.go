package mailbox_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vestnik-mail/vestnik/internal/standalone/mailbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, cfg mailbox.Config) *mailbox.Mailbox {
	t.Helper()
	cfg.Log = zerolog.New(zerolog.NewTestWriter(t))
	m, err := mailbox.Start(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(m.Stop)
	return m
}

func dial(t testing.TB, m *mailbox.Mailbox) *smtp.Client {
	t.Helper()
	c, err := smtp.Dial(m.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func send(t testing.TB, m *mailbox.Mailbox, to, raw string) {
	t.Helper()
	c := dial(t, m)
	require.NoError(t, c.SendMail("sender@example.org", []string{to}, strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n"))))
	require.NoError(t, c.Quit())
}

func get(t *testing.T, m *mailbox.Mailbox, path, language string) (*httptest.ResponseRecorder, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, http.NoBody)
	r.Header.Set("Accept-Language", language)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	require.NoError(t, err)
	return w, string(body)
}

type list struct {
	Total    int64 `json:"total"`
	Kept     int   `json:"kept"`
	Matched  int   `json:"matched"`
	Messages []struct {
		N         int64     `json:"n"`
		To        []string  `json:"to"`
		From      string    `json:"from"`
		Subject   string    `json:"subject"`
		At        time.Time `json:"at"`
		MessageID string    `json:"message_id"`
		Unread    bool      `json:"unread"`
	} `json:"messages"`
}

func getJSON(t *testing.T, m *mailbox.Mailbox, query string) list {
	t.Helper()
	w, body := get(t, m, "/mailbox?format=json"+query, "")
	require.Equal(t, http.StatusOK, w.Code)
	var l list
	require.NoError(t, json.Unmarshal([]byte(body), &l))
	return l
}

const letter = `From: =?utf-8?B?0JLQtdGB0YLQvdC40Lo=?= <news@example.org>
To: ivan@example.org
Subject: =?utf-8?B?0J/RgNC40LLQtdGC?=
Message-ID: <1@example.org>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=koi8-r
Content-Transfer-Encoding: base64

+sTSwdfT1NfVytTFIQ==
--b
Content-Type: text/html; charset=utf-8

<!doctype html><html><head><title>x</title></head><body><p>Здравствуйте!</p><script>alert(1)</script></body></html>
--b--
`

func TestAMessageFromWireToPage(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 14, 5, 6, 0, time.UTC)
	m := start(t, mailbox.Config{Now: func() time.Time { return at }})
	assert.Equal(t, "smtp://"+m.Addr()+"?tls=none", m.URL())
	send(t, m, "ivan@example.org", letter)

	l := getJSON(t, m, "")
	require.Len(t, l.Messages, 1)
	got := l.Messages[0]
	assert.EqualValues(t, 1, l.Total)
	assert.EqualValues(t, 1, got.N)
	assert.Equal(t, []string{"ivan@example.org"}, got.To)
	assert.Equal(t, "Вестник <news@example.org>", got.From)
	assert.Equal(t, "Привет", got.Subject)
	assert.Equal(t, "<1@example.org>", got.MessageID)
	assert.Equal(t, at, got.At)

	w, body := get(t, m, "/mailbox", "ru-RU,ru;q=0.9,en;q=0.8")
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Contains(t, body, `<html lang="ru">`)
	assert.Contains(t, body, "Привет")
	assert.Contains(t, body, "исчезают, когда Вестник останавливается")
	_, body = get(t, m, "/mailbox", "de")
	assert.Contains(t, body, `<html lang="en">`)

	w, body = get(t, m, "/mailbox/1", "en")
	assert.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'")
	assert.Contains(t, body, "Здравствуйте!", "the text part, from KOI8-R")
	assert.Contains(t, body, `sandbox="allow-popups allow-popups-to-escape-sandbox"`)
	assert.NotContains(t, body, "<script>")

	w, body = get(t, m, "/mailbox/1/html", "en")
	assert.Equal(t, "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'",
		w.Header().Get("Content-Security-Policy"))
	assert.Contains(t, body, `<html><head><base target="_blank"><title>`)

	w, body = get(t, m, "/mailbox/1/raw", "en")
	assert.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	assert.Contains(t, body, "Content-Type: text/plain; charset=koi8-r\r\n")

	for _, path := range []string{"/mailbox/2", "/mailbox/0", "/mailbox/-1", "/mailbox/x", "/mailbox/2/raw", "/mailbox/9/html"} {
		w, body = get(t, m, path, "ru")
		assert.Equal(t, http.StatusNotFound, w.Code, path)
		assert.Contains(t, body, "Этого письма здесь нет", path)
	}
}

func TestSMTPExtensions(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Config{MaxMessageBytes: 1000, MaxBytes: 100_000})
	c := dial(t, m)
	require.NoError(t, c.Hello("client.example.org"))
	for _, name := range []string{"PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE"} {
		ok, _ := c.Extension(name)
		assert.True(t, ok, name)
	}
	size, ok := c.MaxMessageSize()
	assert.True(t, ok)
	assert.Equal(t, 1000, size)

	// RFC 6531: addresses and headers in UTF-8 as they are.
	require.NoError(t, c.Mail("вестник@почта.рф", &smtp.MailOptions{UTF8: true, Body: smtp.Body8BitMIME}))
	require.NoError(t, c.Rcpt("иван@почта.рф", nil))
	require.NoError(t, c.Rcpt("second@example.org", nil))
	w, err := c.Data()
	require.NoError(t, err)
	_, err = w.Write([]byte("Subject: Привет\r\n\r\nТекст.\r\n..точка\r\n"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	l := getJSON(t, m, "")
	require.Len(t, l.Messages, 1)
	assert.Equal(t, []string{"иван@почта.рф", "second@example.org"}, l.Messages[0].To)
	assert.Equal(t, "вестник@почта.рф", l.Messages[0].From, "of the envelope, where the header has none")
	assert.Equal(t, "Привет", l.Messages[0].Subject)
	_, body := get(t, m, "/mailbox/1/raw", "")
	assert.Contains(t, body, "\r\n..точка\r\n", "a dot at the start of a line comes as it was sent")

	require.NoError(t, c.Mail("a@example.org", nil))
	require.NoError(t, c.Rcpt("b@example.org", nil))
	w, err = c.Data()
	require.NoError(t, err)
	_, _ = w.Write([]byte(strings.Repeat("0123456789\r\n", 200)))
	require.ErrorContains(t, w.Close(), "552")
	assert.EqualValues(t, 1, m.Total(), "a message too large is not kept in part")
}

func TestPagingAndSearch(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Config{})
	c := dial(t, m)
	for i := range 120 {
		to := fmt.Sprintf("Client%d@example.org", i+1)
		require.NoError(t, c.SendMail("a@example.org", []string{to}, strings.NewReader("Subject: x\r\n\r\n")))
	}
	l := getJSON(t, m, "&limit=2&page=2")
	require.Len(t, l.Messages, 2)
	assert.EqualValues(t, 118, l.Messages[0].N, "newest first")
	l = getJSON(t, m, "&q=CLIENT12")
	assert.Equal(t, 2, l.Matched)
	assert.EqualValues(t, 120, l.Total)

	_, body := get(t, m, "/mailbox?page=2&q=client", "en")
	assert.Contains(t, body, `href="/mailbox?page=1&amp;q=client"`)
	assert.Contains(t, body, `href="/mailbox?page=3&amp;q=client"`)
	assert.Contains(t, body, "Page 2 / 3")
	_, body = get(t, m, "/mailbox?page=99", "en")
	assert.Contains(t, body, `href="/mailbox?page=3"`, "beyond the end there is a way back")
	_, body = get(t, m, "/mailbox?q=%3Cscript%3Ealert(1)%3C/script%3E", "en")
	assert.NotContains(t, body, "<script>")
	assert.Contains(t, body, "No message matches")
}

func TestTheMailboxIsBounded(t *testing.T) {
	t.Parallel()
	message := func(n int) string { return "Subject: x\n\n" + strings.Repeat("a", n) + "\n" }
	t.Run("by number", func(t *testing.T) {
		t.Parallel()
		m := start(t, mailbox.Config{MaxMessages: 3})
		for range 7 {
			send(t, m, "a@example.org", message(1))
		}
		l := getJSON(t, m, "")
		assert.EqualValues(t, 7, l.Total)
		require.Equal(t, 3, l.Kept)
		assert.EqualValues(t, 5, l.Messages[2].N)
		w, _ := get(t, m, "/mailbox/4", "")
		assert.Equal(t, http.StatusNotFound, w.Code)
	})
	t.Run("by bytes", func(t *testing.T) {
		t.Parallel()
		m := start(t, mailbox.Config{MaxBytes: 3000, MaxMessageBytes: 2000})
		for range 9 {
			send(t, m, "a@example.org", message(1000))
		}
		assert.Equal(t, 2, getJSON(t, m, "").Kept)
	})
	t.Run("refused settings", func(t *testing.T) {
		t.Parallel()
		_, err := mailbox.Start(t.Context(), mailbox.Config{MaxMessages: -1, MaxBytes: 1, MaxMessageBytes: 2})
		require.ErrorContains(t, err, "negative")
		require.ErrorContains(t, err, "larger than all")
	})
}

func TestEmptyMailbox(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Config{})
	_, body := get(t, m, "/mailbox", "ru")
	assert.Contains(t, body, "Писем пока нет")
	_, body = get(t, m, "/mailbox?format=json", "")
	assert.JSONEq(t, `{"total":0,"kept":0,"matched":0,"messages":[]}`, body)
}

func TestSearchFindsWordsOfTheSubject(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Config{})
	send(t, m, "ivan@example.org", letter)
	send(t, m, "anna@example.org", "Subject: other\n\n")
	l := getJSON(t, m, "&q=%D0%9F%D0%A0%D0%98%D0%92") // ПРИВ
	require.Equal(t, 1, l.Matched)
	assert.Equal(t, "Привет", l.Messages[0].Subject)
}

func TestAMessageIsUnreadUntilItIsOpened(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Config{})
	send(t, m, "a@example.org", "Subject: first\n\n")
	send(t, m, "b@example.org", "Subject: second\n\n")
	get(t, m, "/mailbox/1/html", "")
	get(t, m, "/mailbox/1/raw", "")
	_, body := get(t, m, "/mailbox", "en")
	assert.Contains(t, body, "not opened 2")
	_, body = get(t, m, "/mailbox/1", "en")
	assert.Contains(t, body, `rel="prev" href="/mailbox/2"`)
	assert.NotContains(t, body, `rel="next"`)
	_, body = get(t, m, "/mailbox", "en")
	assert.Contains(t, body, "not opened 1")
	assert.Equal(t, 1, strings.Count(body, `<tr class="unread">`))
	l := getJSON(t, m, "")
	assert.True(t, l.Messages[0].Unread)
	assert.False(t, l.Messages[1].Unread)
}

func TestTheLanguageThatWasChosenStays(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Config{})
	w, body := get(t, m, "/mailbox?lang=ru&q=%26x", "en")
	assert.Contains(t, body, `<html lang="ru">`)
	assert.Contains(t, body, `href="?lang=en&amp;q=%26x"`, "the other language shows the same")
	require.Len(t, w.Result().Cookies(), 1)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/mailbox", http.NoBody)
	r.AddCookie(w.Result().Cookies()[0])
	again := httptest.NewRecorder()
	m.Handler().ServeHTTP(again, r)
	assert.Contains(t, again.Body.String(), `<html lang="ru">`)
	w, body = get(t, m, "/mailbox?lang=xx", "en")
	assert.Contains(t, body, `<html lang="en">`)
	assert.Empty(t, w.Result().Cookies())
}

func TestAMessageOfAMailingLeadsToWhatItCameOf(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Config{})
	const mailing, attempt = "018f9c1e-0000-7000-8000-000000000001", "018f9c1e-0000-7000-8000-000000000002"
	send(t, m, "ivan+a@example.org", "Subject: x\nMessage-ID: <"+attempt+".7@example.org>\nList-Id: News <"+mailing+".example.org>\n\nx\n")
	send(t, m, "ivan@example.org", "Subject: x\nMessage-ID: <"+attempt+".7@example.org>\nList-Id: <javascript:x.example.org>\n\nx\n")
	_, body := get(t, m, "/mailbox/1", "en")
	for _, link := range []string{"/mailings/" + mailing, "/attempts/" + attempt, "/clients?q=ivan%2Ba%40example.org"} {
		assert.Contains(t, body, `href="`+link+`"`)
	}
	_, body = get(t, m, "/mailbox/2", "en")
	assert.NotContains(t, body, "/mailings/")
	assert.NotContains(t, body, "/attempts/")
}

// What the pages need is here or in the web application's build, whether or not that is there.
func TestFilesOfThePages(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Config{Web: fstest.MapFS{"assets/inter-latin-wght-normal-x1.woff2": {}}})
	_, page := get(t, m, "/mailbox", "en")
	for _, refers := range regexp.MustCompile(`(?:src|href)="(/mailbox/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		w, _ := get(t, m, refers[1], "")
		assert.Equal(t, http.StatusOK, w.Code, refers[1])
		assert.NotContains(t, w.Header().Get("Content-Type"), "text/html", refers[1])
	}
	assert.NotRegexp(t, `<script[^>]*>[^<]|<style| style=| on\w+=`, page, "nothing inline: the policy forbids it")
	_, css := get(t, m, "/mailbox/page.css", "")
	assert.Contains(t, css, "url('/assets/inter-latin-wght-normal-x1.woff2')")
	_, css = get(t, start(t, mailbox.Config{}), "/mailbox/page.css", "")
	assert.NotContains(t, css, "@font-face")

	_, logo := get(t, m, "/mailbox/logo.svg", "")
	application, err := os.ReadFile("../../../web/public/favicon.svg")
	require.NoError(t, err)
	assert.Equal(t, string(application), logo)
}

func TestMailIsToldOfAsItArrives(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Config{})
	server := httptest.NewServer(m.Handler())
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/mailbox/events", http.NoBody)
	require.NoError(t, err)
	answer, err := server.Client().Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	assert.Equal(t, "text/event-stream", answer.Header.Get("Content-Type"))
	events := bufio.NewScanner(answer.Body)
	next := func() string {
		for events.Scan() {
			if data, ok := strings.CutPrefix(events.Text(), "data: "); ok {
				return data
			}
		}
		return "ended"
	}
	assert.Equal(t, "0", next())
	for range 3 {
		send(t, m, "a@example.org", "Subject: x\n\n")
	}
	assert.Contains(t, []string{"1", "2", "3"}, next(), "together where they come together")
	send(t, m, "a@example.org", "Subject: x\n\n")
	require.Eventually(t, func() bool { return next() == "4" }, time.Minute, time.Millisecond)
	cancel()
	assert.Equal(t, "ended", next())
}

func BenchmarkReceive(b *testing.B) {
	m, err := mailbox.Start(b.Context(), mailbox.Config{Log: zerolog.Nop()})
	require.NoError(b, err)
	defer m.Stop()
	body := strings.ReplaceAll(letter, "\n", "\r\n") + strings.Repeat("0123456789012345678901234567890123456789\r\n", 40)
	b.SetBytes(int64(len(body)))
	b.RunParallel(func(pb *testing.PB) {
		c := dial(b, m)
		for pb.Next() {
			if err := c.SendMail("a@example.org", []string{"b@example.org"}, strings.NewReader(body)); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
