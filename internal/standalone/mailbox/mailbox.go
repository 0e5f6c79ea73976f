// Package mailbox is the mailbox built into `vestnik up`: an SMTP server on loopback that takes whatever it is sent, and
// web pages that show it. It lets a mailing be tried to its end without a mail service and without writing to anybody.
//
// Messages live in memory alone, the newest up to a number and a size, and are parsed when they are looked at, so that
// taking them in costs little more than reading them from the network. The server speaks RFC 5321 with PIPELINING
// (RFC 2920), SIZE (RFC 1870), 8BITMIME (RFC 6152) and SMTPUTF8 (RFC 6531).
package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/rs/zerolog"
)

const (
	defaultMaxMessages     = 10_000
	defaultMaxBytes        = 256 << 20
	defaultMaxMessageBytes = 32 << 20
	// idleTimeout is the least a server should wait for a command (RFC 5321 §4.5.3.2.7).
	idleTimeout = 5 * time.Minute
	// maxLine lets a line pass that a strict server would refuse: the mailbox is there to show it.
	maxLine = 1 << 20
)

// Config says where the mailbox listens and how much it keeps. The zero value of a number means its default.
type Config struct {
	Addr            string           // host:port of the SMTP server; default 127.0.0.1:0, a free port
	MaxMessages     int              // kept; default 10,000
	MaxBytes        int64            // kept; default 256 MiB
	MaxMessageBytes int64            // accepted (SIZE); default 32 MiB
	Now             func() time.Time // default time.Now; its zone is the one pages show
	Web             fs.FS            // files of the web application, whose font the pages use; nil: they do without
	Log             zerolog.Logger
}

func (c Config) withDefaults() Config {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.MaxMessages == 0 {
		c.MaxMessages = defaultMaxMessages
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
	if c.MaxMessageBytes == 0 {
		c.MaxMessageBytes = min(defaultMaxMessageBytes, c.MaxBytes)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func (c Config) validate() error {
	var problems []error
	if c.MaxMessages < 0 || c.MaxBytes < 0 || c.MaxMessageBytes < 0 {
		problems = append(problems, errors.New("a limit of the mailbox is negative"))
	}
	if c.MaxMessageBytes > c.MaxBytes {
		problems = append(problems, errors.New("the mailbox accepts messages larger than all it may keep"))
	}
	return errors.Join(problems...)
}

// Mailbox is a running mailbox, safe for concurrent use.
type Mailbox struct {
	store    *store
	smtp     *smtp.Server
	listener net.Listener
	pages    *pages
	served   chan struct{}
	once     sync.Once
}

// Start listens and returns; ctx bounds the start alone.
func Start(ctx context.Context, cfg Config) (*Mailbox, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	store := newStore(cfg.MaxMessages, cfg.MaxBytes)
	pages, err := newPages(store, cfg.Web, cfg.Log)
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("start the built-in mailbox: %w", err)
	}
	m := &Mailbox{
		store: store, pages: pages, listener: listener,
		smtp: newServer(cfg, store), served: make(chan struct{}),
	}
	go func() {
		defer close(m.served)
		if err := m.smtp.Serve(listener); err != nil {
			cfg.Log.Error().Err(err).Str("part", "mailbox").Msg("the built-in mailbox takes no more mail")
		}
	}()
	return m, nil
}

// URL is what to set as the SMTP service to send here.
func (m *Mailbox) URL() string {
	at := url.URL{Scheme: "smtp", Host: m.Addr(), RawQuery: "tls=none"}
	return at.String()
}

// Addr is the host:port of the SMTP server.
func (m *Mailbox) Addr() string { return m.listener.Addr().String() }

// Total counts the messages taken since the start, kept or not.
func (m *Mailbox) Total() int64 { return m.store.total() }

// Handler serves the pages under /mailbox:
//
//	GET /mailbox?q=&page=       the list, newest first; q looks for part of an address or of the subject
//	GET /mailbox?format=json    the same for programs: {total, kept, matched, messages: [{n, to, from, subject, at,
//	                            message_id, unread}]}; limit= (100, at most 10,000) is the size of a page
//	GET /mailbox/events         server-sent events: how many messages were taken, whenever that changes
//	GET /mailbox/{n}            one message
//	GET /mailbox/{n}/html       its HTML alone, which may neither run scripts nor load anything from the network
//	GET /mailbox/{n}/raw        its source
//
// Pages are in the language of lang=, then the one chosen before, then the browser's. They work without scripts too. Events
// end with their request alone. It does not ask who is there: whoever wires it decides who may read the mail.
func (m *Mailbox) Handler() http.Handler { return m.pages.handler() }

// Stop ends the server and its connections at once: stop what sends first. Stop may be called again.
func (m *Mailbox) Stop() {
	m.once.Do(func() {
		// Errors are of listeners that are closed already. The server does not know its listener until Serve has begun.
		_ = m.smtp.Close()
		_ = m.listener.Close()
		<-m.served
	})
}
