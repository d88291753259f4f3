//go:build !linux

package difftest

import "syscall"

// dieWithParent does nothing: only Linux can end a server with the thread that started it.
func dieWithParent() *syscall.SysProcAttr { return nil }
