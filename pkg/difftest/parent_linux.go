package difftest

import "syscall"

// dieWithParent makes the kernel end a server with the thread that started it.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
