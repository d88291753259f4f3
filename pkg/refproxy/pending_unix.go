//go:build unix

package refproxy

import (
	"net"
	"syscall"
)

// readable reports whether a read would not block: bytes are there, or the end. What can't be asked is taken for false.
func readable(conn net.Conn) bool {
	s, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return false
	}
	ready := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		ready = err == nil
		return true
	})
	return ready && err == nil
}
