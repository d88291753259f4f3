package refproxy

import (
	"net"
	"testing"
	"time"
)

// A connection that the server closed is not used again, even if nothing noticed its end yet.
func TestIdleEnds(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, ends := range []bool{false, true} {
		raw, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		watched := make(chan struct{})
		c := &upConn{raw: raw, net: raw, watched: watched, expires: RealClock{}.AfterFunc(time.Hour, func() {})}
		go func() { // the watch, on a machine that does not come to run it
			time.Sleep(10 * time.Millisecond)
			close(watched)
		}()
		if ends {
			_ = server.Close()
		}
		for readable(raw) != ends {
			time.Sleep(time.Millisecond)
		}
		if good := c.wake(); good == ends {
			t.Errorf("the server ends: %v, the connection is used: %v", ends, good)
		}
		_, _ = server.Close(), raw.Close()
	}
}
