package cli

import (
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

const (
	nameWidth  = 20
	stateWidth = 28
	maxState   = 56          // what fits beside the name without a bar
	lineEvery  = time.Second // where there is no terminal, a track says how far it is this often
)

// board shows how far several things are: as bars on a terminal, else as a line each a second.
type board struct {
	out  io.Writer
	bars *mpb.Progress // nil: lines
	done bool

	mu     sync.Mutex
	tracks []*track
}

// newBoard shows on out. Nothing else may be written there until close, but through the board.
func newBoard(out io.Writer) *board {
	b := &board{out: out}
	if isTerminal(out) {
		b.bars = mpb.New(mpb.WithOutput(out), mpb.WithRefreshRate(100*time.Millisecond))
	}
	return b
}

// track is one of a board's things.
type track struct {
	board *board
	name  string
	bar   *mpb.Bar

	mu    sync.Mutex
	state string
	over  bool
	said  string // the last line
	at    time.Time
}

func (b *board) add(name, state string) *track {
	name = cut(name, nameWidth)
	t := &track{board: b, name: name, state: state, at: time.Now()}
	if b.bars != nil {
		style := mpb.BarStyle().Lbound("").Filler("█").Tip("").Padding("░").Rbound("")
		t.bar = b.bars.New(0, style,
			mpb.PrependDecorators(decor.Name("  "+name, decor.WC{W: nameWidth + 3, C: decor.DindentRight})),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + t.current() }, decor.WC{W: stateWidth, C: decor.DindentRight})),
		)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tracks = append(b.tracks, t)
	return t
}

func (t *track) current() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state
}

// set says that done of total are done.
func (t *track) set(done, total int64, state string) { t.show(done, total, state, false) }

// end is set for the last time.
func (t *track) end(done, total int64, state string) { t.show(done, total, state, true) }

func (t *track) show(done, total int64, state string, over bool) {
	t.mu.Lock()
	if t.over {
		t.mu.Unlock()
		return
	}
	state = cut(state, maxState)
	t.state, t.over = state, over
	speak := t.bar == nil && state != t.said && (over || time.Since(t.at) >= lineEvery)
	if speak {
		t.said, t.at = state, time.Now()
	}
	t.mu.Unlock()
	if speak {
		say(t.board.out, "  %s  %s\n", pad(t.name, nameWidth), state)
	}
	if t.bar != nil {
		t.bar.SetTotal(total, false)
		t.bar.SetCurrent(done)
		if over {
			t.bar.SetTotal(total, true)
		}
	}
}

// Write puts lines above the bars.
func (b *board) Write(line []byte) (int, error) {
	b.mu.Lock()
	over := b.done
	b.mu.Unlock()
	if b.bars == nil || over {
		return b.out.Write(line)
	}
	return b.bars.Write(line)
}

// close leaves everything as it is and returns when out is free again.
func (b *board) close() {
	b.mu.Lock()
	tracks, first := b.tracks, !b.done
	b.done = true
	b.mu.Unlock()
	if b.bars == nil || !first {
		return
	}
	for _, t := range tracks {
		t.bar.Abort(false) // nothing happens to those that are complete
	}
	b.bars.Wait()
}

// screen is where a log goes that must not disturb a board.
type screen struct {
	mu    sync.Mutex
	out   io.Writer
	board *board
}

func (s *screen) show(b *board) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.board = b
}

// Write implements io.Writer.
func (s *screen) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.board != nil {
		return s.board.Write(line)
	}
	return s.out.Write(line)
}
