package difftest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
)

// Ports are taken from below the range that the kernel gives to outgoing connections, so that a client's own port never
// stands where nginx is about to listen. All have five digits: observations keep their lengths in canonical addresses.
const firstPort, lastPort = 12000, 21999

var ports struct {
	sync.Mutex
	next int
}

// nextPort walks the range in a circle, from a place that two test processes hardly share.
func nextPort() int {
	ports.Lock()
	defer ports.Unlock()
	if ports.next == 0 {
		ports.next = firstPort + os.Getpid()*397%(lastPort-firstPort)
	}
	ports.next++
	if ports.next > lastPort {
		ports.next = firstPort
	}
	return ports.next
}

var errNoPort = errors.New("no free port")

// listenLocal opens a listener on a free port.
func listenLocal() (net.Listener, int, error) {
	for range lastPort - firstPort {
		port := nextPort()
		if ln, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return ln, port, nil
		}
	}
	return nil, 0, errNoPort
}

// freePort is a port where nobody listened a moment ago.
func freePort() (int, error) {
	ln, port, err := listenLocal()
	if err != nil {
		return 0, err
	}
	return port, ln.Close()
}
