package child

import "syscall"

// dieWithParent makes the kernel send SIGINT to the child when this process dies, however it dies. The kernel means the
// thread that forked: see Start.
func dieWithParent(attr *syscall.SysProcAttr) {
	attr.Pdeathsig = syscall.SIGINT
}
