package route_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/route"
)

// TestSizes asks real servers which heads are too large, with a buffer of 128 bytes and then two of 512.
func TestSizes(t *testing.T) {
	servers := realServers(t)
	m := &measured{path: "sizes", conf: "client_header_buffer_size 128; large_client_header_buffers 2 512; server { listen {PORT}; return 200 ok; }"}
	for _, v := range recorded {
		if servers[v] == "" {
			t.Skipf("no nginx %s", v)
		}
		limits := route.Limits{Version: version(t, v), HeaderBuffer: 128, LargeBuffers: 2, LargeBuffer: 512}
		port := m.start(t, servers[v], t.TempDir(), "1")
		for _, raw := range sizedRequests() {
			says := answerTo(t, port, raw)
			want := `200 "ok"`
			if _, _, refused := route.ParseRequest([]byte(raw), limits); refused != nil {
				want = described(refused.Status, "", "page", limits.Version)
			}
			if says != want {
				t.Errorf("%s: %d bytes, first line %d: nginx says %s, we say %s", v, len(raw), strings.Index(raw, "\r\n"), says, want)
			}
		}
	}
}

// sizedRequests are requests about as large as the buffers of TestSizes.
func sizedRequests() []string {
	var all []string
	const rest = "Host: h\r\nConnection: close\r\n"
	for _, n := range []int{1, 60, 64, 65, 66, 70, 71, 72, 73, 80, 110, 111, 112, 113, 114, 115, 120, 250, 400, 440, 494, 495, 496, 497, 498, 499, 500, 504, 505, 506, 507, 508, 512, 600} {
		all = append(all, "GET /"+strings.Repeat("a", n)+" HTTP/1.1\r\n"+rest+"\r\n")
		for _, short := range []string{"", "X-B: b\r\n"} {
			all = append(all, "GET / HTTP/1.1\r\n"+rest+short+"X-A: "+strings.Repeat("a", n)+"\r\n\r\n")
		}
		all = append(all, fmt.Sprintf("GET / HTTP/1.1\r\n%[1]sX-A: %[2]s\r\nX-B: %[2]s\r\n\r\n", rest, strings.Repeat("a", n)))
		all = append(all, fmt.Sprintf("GET /%[2]s HTTP/1.1\r\n%[1]sX-A: %[2]s\r\nX-B: %[2]s\r\nX-C: c\r\n\r\n", rest, strings.Repeat("a", n)))
	}
	for n := range 60 {
		all = append(all, "GET / HTTP/1.1\r\n"+rest+strings.Repeat("X-A: 12345678901234567890\r\n", n)+"\r\n")
	}
	return all
}

// TestMaxHeaders: one line more than max_headers is too large a head; lines that are ignored don't count. Measured on
// 1.30.6 with max_headers 5: Host, Connection and three more are taken, four are not.
func TestMaxHeaders(t *testing.T) {
	limits := route.Limits{Version: newest, MaxHeaders: 5}
	for lines, refused := range map[string]bool{
		strings.Repeat("X-A: a\r\n", 3): false, strings.Repeat("X-A: a\r\n", 4): true, strings.Repeat("X_A: a\r\n", 4): false,
	} {
		_, _, got := route.ParseRequest([]byte("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"+lines+"\r\n"), limits)
		if (got != nil) != refused || got != nil && got.Status != 494 {
			t.Errorf("%q: %+v", lines, got)
		}
	}
}
