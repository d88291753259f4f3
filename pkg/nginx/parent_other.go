//go:build !linux

package nginx

import "syscall"

// dieWithParent does nothing: only Linux can end a process with the thread that started it.
func dieWithParent() *syscall.SysProcAttr { return nil }
