// Package child runs programs that live at most as long as this process: on Linux they get SIGINT when it dies, even by
// kill -9. A Ctrl-C in the terminal does not reach them: they are in a process group of their own, for their starter to
// stop in its own order.
package child

import (
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// pipePatience bounds the wait for grandchildren that still hold the output after the child has ended.
const pipePatience = 5 * time.Second

// Process is a running child. Its methods may be called by any goroutine and after its end.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // of Wait; read after done
}

// Start starts cmd with its output going to out and waits for it in a goroutine of its own. That goroutine keeps its
// thread until the child has ended, because the parent-death signal of Linux is tied to the thread that forked, and Go
// ends idle threads.
func Start(cmd *exec.Cmd, out io.Writer) (*Process, error) {
	p := &Process{cmd: cmd, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = pipePatience
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	dieWithParent(cmd.SysProcAttr)
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		<-p.done
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// PID of the child.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Signal reaches the child or, after its end, nobody.
func (p *Process) Signal(sig syscall.Signal) {
	_ = p.cmd.Process.Signal(sig) // os.Process knows that the child was waited for
}

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is nil until Done, and then what Wait of os/exec returned.
func (p *Process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}
