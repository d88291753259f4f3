package refproxy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ngxproof/ngxproof/pkg/difftest"
)

// row is a dimension of what difftest's generator, whose clients send a request and wait, does not reach: its row in
// section F of the notes, and its values. Those from tunnels on show in a tunnel only.
type row struct {
	name    string
	values  []string
	tunnels int
}

// traffic are the rows D11 to D14 of a configuration, R1, R6, R7 of a client, and U1, U2 of a backend.
var traffic = []row{
	{"D11 flow", []string{"plain", "error_page", "try_files", "if", "rewrite last", "auth_request", "limit_conn", "intercepted", "internal redirect"}, 9},
	{"D12 upstream", []string{"one", "two", "first down", "backup", "refused first", "ip_hash", "hash", "least_conn", "keepalive 4", "keepalive 0", "next off"}, 11},
	{"D13 timeouts", []string{"absent", "connect 1s", "read 20s", "send 20s", "send_timeout 20s"}, 5},
	{"D14 buffers", []string{"absent", "1k", "4k", "16k", "unbuffered"}, 5},
	{"R1 method", []string{"GET", "GET 1.0", "POST", "POST chunked"}, 4},
	{"U1 answer", []string{"101", "101 and data", "101 in pieces", "200", "200 chunked", "200 to the end", "204", "401", "426", "503", "half a head", "nothing", "reset"}, 13},
	{"R6 client data", []string{"none", "with the head", "before the 101", "a byte", "100 kB", "trickle"}, 1},
	{"R7 client end", []string{"stays", "FIN", "RST", "FIN with the last byte"}, 1},
	{"U2 server traffic", []string{"silent", "echo", "talks", "burst and end", "half-close", "reset", "1 MB and end"}, 1},
}

// pick is a value of each row.
type pick []int

// is reports whether a row has one of the values.
func (p pick) is(name string, values ...string) bool {
	for i, r := range traffic {
		if r.name == name {
			return slices.Contains(values, r.values[p[i]])
		}
	}
	return false
}

// value returns a row's value.
func (p pick) value(name string) string {
	i := slices.IndexFunc(traffic, func(r row) bool { return r.name == name })
	return traffic[i].values[p[i]]
}

// tunnel reports whether the answer opens one.
func (p pick) tunnel() bool { return p.is("U1 answer", "101", "101 and data", "101 in pieces") }

// pairs lists the pairs of values that the pick shows: what comes behind a 101 shows behind one.
func (p pick) pairs() [][4]int {
	var all [][4]int
	for i := range p {
		for j := range i {
			if p.tunnel() || p[i] < traffic[i].tunnels && p[j] < traffic[j].tunnels {
				all = append(all, [4]int{j, p[j], i, p[i]})
			}
		}
	}
	return all
}

// countPairs counts the pairs in scope: all, but those of what is behind a 101 with the answers that are none.
func countPairs() (n int) {
	const others = 10 // answers
	for i, a := range traffic {
		for _, b := range traffic[:i] {
			n += len(a.values) * len(b.values)
			if a.tunnels == 1 && b.name == "U1 answer" {
				n -= (len(a.values) - 1) * others
			}
		}
	}
	return n
}

// picks chooses until nine of ten pairs and more are covered: of some random picks always the one that adds most.
func picks(seed uint64, most int) (all []pick, covered int) {
	r := rand.New(rand.NewPCG(seed, 0))
	seen := map[[4]int]bool{}
	for len(all) < most {
		var best pick
		gain := 0
		for range 60 {
			p := make(pick, len(traffic))
			for i := range p {
				p[i] = r.IntN(len(traffic[i].values))
			}
			if !p.tunnel() {
				for i := range p {
					if p[i] >= traffic[i].tunnels {
						p[i] = 0
					}
				}
			}
			added := 0
			for _, pair := range p.pairs() {
				if !seen[pair] {
					added++
				}
			}
			if added > gain {
				best, gain = p, added
			}
		}
		if best == nil {
			break
		}
		for _, pair := range best.pairs() {
			seen[pair] = true
		}
		all = append(all, best)
	}
	return all, len(seen)
}

// scene makes a scene of a pick.
func (p pick) scene(n int) *scene {
	var name []string
	for i, r := range traffic {
		name = append(name, r.values[p[i]])
	}
	s := &scene{name: fmt.Sprintf("t%d", n), log: "$status $upstream_status " + strings.Join(name, ", ")}
	s.http, s.server = p.configuration()
	s.client, s.backend = p.client(), one(p.server()...)
	s.deaf = p.is("R7 client end", "FIN with the last byte") && !p.tunnel()
	return s
}

// configuration returns the directives at http level and in the server.
func (p pick) configuration() (http, server string) {
	servers := map[string]string{"one": "server {UP};", "two": "server {UP}; server {UP};", "first down": "server {DOWN} down; server {UP};",
		"backup": "server {DOWN} down; server {UP} backup;", "refused first": "server {DOWN}; server {UP};", "ip_hash": "ip_hash; server {UP};",
		"hash": "hash $uri; server {UP};", "least_conn": "least_conn; server {UP};", "keepalive 4": "server {UP}; keepalive 4;", "keepalive 0": "server {UP};",
		"next off": "server {UP}; server {UP} backup;"}
	http = "upstream u_{NAME} { " + servers[p.value("D12 upstream")] + " }"
	pass := "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection; proxy_pass http://u_{NAME}; "
	more := map[string]string{"connect 1s": "proxy_connect_timeout 1s; ", "read 20s": "proxy_read_timeout 20s; ", "send 20s": "proxy_send_timeout 20s; ", "send_timeout 20s": "send_timeout 20s; "}[p.value("D13 timeouts")]
	more += map[string]string{"1k": "proxy_buffer_size 1k; ", "4k": "proxy_buffer_size 4k; ", "16k": "proxy_buffer_size 16k; proxy_buffers 8 16k; ", "unbuffered": "proxy_buffering off; "}[p.value("D14 buffers")]
	if p.is("D12 upstream", "next off") {
		more += "proxy_next_upstream off; "
	}
	if p.is("D11 flow", "limit_conn") {
		http += "\nlimit_conn_zone $server_port zone=z_{NAME}:1m;"
	}
	return http, more + map[string]string{
		"plain":             "location / { " + pass + "}",
		"error_page":        "error_page 418 = @ws; location / { return 418; } location @ws { " + pass + "}",
		"try_files":         "location / { try_files /none @ws; } location @ws { " + pass + "}",
		"if":                "location / { proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection; if ($request_method) { proxy_pass http://u_{NAME}; } }",
		"rewrite last":      "location / { rewrite ^ /r$uri last; } location /r { " + pass + "}",
		"auth_request":      "location / { auth_request /auth; " + pass + "} location = /auth { internal; return 204; }",
		"limit_conn":        "location / { limit_conn z_{NAME} 5; " + pass + "}",
		"intercepted":       "proxy_intercept_errors on; error_page 401 403 426 503 /e; location / { " + pass + "} location = /e { internal; return 200 shown; }",
		"internal redirect": "location / { index none.html; try_files /none /ws2; } location = /ws2 { " + pass + "}",
	}[p.value("D11 flow")]
}

// request is what the client sends first.
func (p pick) request() string {
	const lines = "Host: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	early := ""
	if p.is("R6 client data", "with the head") {
		early = "early"
	}
	switch p.value("R1 method") {
	case "GET 1.0":
		return "GET /ws HTTP/1.0\r\n" + lines + "\r\n" + early
	case "POST":
		return "POST /ws HTTP/1.1\r\n" + lines + "Content-Length: 4\r\n\r\nbody" + early
	case "POST chunked":
		return "POST /ws HTTP/1.1\r\n" + lines + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n" + early
	}
	return "GET /ws HTTP/1.1\r\n" + lines + "\r\n" + early
}

// last is what the server waits for: the end of what the client sends in the tunnel, but for an RST.
const last = "<last>"

// client returns the client's script.
func (p pick) client() []step {
	s := steps(send(p.request()))
	if !p.tunnel() {
		return append(s, read())
	}
	if p.is("R6 client data", "before the 101") {
		s = append(s, rest(100*time.Millisecond), send("before"))
	}
	s = append(s, await("\r\n\r\n"))
	switch p.value("R6 client data") {
	case "a byte":
		s = append(s, send("x"))
	case "100 kB":
		s = append(s, send(strings.Repeat("0123456789", 10000)))
	case "trickle":
		s = append(s, trickle("one by one"))
	}
	s = append(s, send(last))
	if p.is("R7 client end", "FIN with the last byte") {
		return append(s, fin(), step{do: "drain"})
	}
	if p.is("U2 server traffic", "1 MB and end") {
		return append(s, count())
	}
	s = append(s, read())
	switch p.value("R7 client end") {
	case "FIN":
		s = append(s, fin(), read())
	case "RST":
		s = append(s, reset())
	}
	return s
}

// server returns the backend's script.
func (p pick) server() []step {
	s := steps(head())
	switch p.value("R1 method") {
	case "POST", "POST chunked":
		s = append(s, await("body"))
	}
	if !p.tunnel() {
		return append(s, p.answer()...)
	}
	if p.is("R6 client data", "before the 101") {
		s = append(s, rest(300*time.Millisecond))
	}
	s = append(append(s, p.answer()...), await(last))
	switch p.value("U2 server traffic") {
	case "echo":
		s = append(s, send("echo"), read())
	case "talks":
		s = append(s, send("one"), rest(50*time.Millisecond), send("two"), read())
	case "burst and end":
		s = append(s, send("burst"), hangup())
	case "half-close":
		s = append(s, send("half"), fin(), read())
	case "reset":
		s = append(s, send("gone"), rest(200*time.Millisecond), reset())
	case "1 MB and end":
		s = append(s, flood(1<<20), hangup())
	default:
		s = append(s, read())
	}
	return s
}

// answer is what the backend answers, and how it ends where that is none that opens a tunnel.
func (p pick) answer() []step {
	text := map[string]string{"200": ok5, "200 chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"204": "HTTP/1.1 204 No Content\r\n\r\n", "401": "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno",
		"426": "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nno", "503": "HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno"}
	switch value := p.value("U1 answer"); value {
	case "101":
		return steps(send(switched))
	case "101 and data":
		return steps(send(switched + "data"))
	case "101 in pieces":
		return steps(trickle(switched))
	case "200 to the end":
		return steps(send("HTTP/1.0 200 OK\r\n\r\nhello"), hangup())
	case "half a head":
		return steps(send("HTTP/1.1 200 OK\r\nConte"), hangup())
	case "nothing":
		return steps(hangup())
	case "reset":
		return steps(rest(50*time.Millisecond), reset())
	default:
		return steps(send(text[value]), read())
	}
}

// TestTraffic plays generated scenes around each real server and around the proxy: what clients and backends send and
// when, who ends and how, behind each way through a configuration.
func TestTraffic(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	servers := difftest.Servers(t)
	chosen, covered := picks(live.Seed, 300)
	all := countPairs()
	t.Logf("seed %d: %d scenes, %d of %d pairs of D11-D14, R1, R6, R7, U1, U2", live.Seed, len(chosen), covered, all)
	if covered*100 < all*90 {
		t.Errorf("%d of %d pairs are covered", covered, all)
	}
	for _, s := range servers {
		t.Run(s.Version, func(t *testing.T) {
			var scenes []*scene
			for i, p := range chosen {
				sc := p.scene(i)
				if p.is("D12 upstream", "keepalive 0") && !strings.HasPrefix(s.Version, "1.22") && !strings.HasPrefix(s.Version, "1.26") {
					sc.http = strings.Replace(sc.http, "server {UP};", "server {UP}; keepalive 0;", 1) // new in 1.29.7
				}
				scenes = append(scenes, sc)
			}
			want := playAll(t, s, scenes)
			got := playAll(t, serving(t, s.Version), scenes)
			differs := 0
			for i, sc := range scenes {
				if chosen[i].is("R7 client end", "FIN with the last byte") { // what the backend still sends meets an end, or none yet
					want[i].backend, got[i].backend = strings.ReplaceAll(want[i].backend, "<RST>", "<EOF>"), strings.ReplaceAll(got[i].backend, "<RST>", "<EOF>")
				}
				if text := differ(sc, want[i], got[i]); text != "" {
					differs++
					t.Errorf("%s %s: %s", sc.name, sc.log, text)
				}
			}
			t.Logf("%d scenes, %d differ", len(scenes), differs)
		})
	}
}
