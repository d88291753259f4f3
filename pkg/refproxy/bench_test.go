package refproxy

import (
	"io"
	"net"
	"testing"
)

// BenchmarkHandshake opens a tunnel and closes it.
func BenchmarkHandshake(b *testing.B) {
	up, front := echoing(b), freeAddress(b)
	running(b, Options{}, site(pass), "{FRONT}", front, "{UP}", up)
	for b.Loop() {
		conn := opened(b, front)
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

// BenchmarkEcho sends a message through a tunnel and waits for it.
func BenchmarkEcho(b *testing.B) {
	up, front := echoing(b), freeAddress(b)
	running(b, Options{}, site(pass), "{FRONT}", front, "{UP}", up)
	conn := opened(b, front)
	defer conn.Close()
	for b.Loop() {
		if err := ping(conn); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReturn asks for an answer of nginx's own over one connection.
func BenchmarkReturn(b *testing.B) {
	front := freeAddress(b)
	running(b, Options{}, site("return 200 ok;"), "{FRONT}", front)
	conn, err := net.Dial("tcp4", front)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	a := &actor{conn: conn}
	a.play(nil)
	for b.Loop() {
		_, _ = io.WriteString(conn, get)
		a.await("ok")
		a.text.Reset()
	}
}
