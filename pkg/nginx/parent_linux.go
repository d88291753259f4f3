package nginx

import "syscall"

// dieWithParent makes the kernel end nginx with the thread that started it.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
