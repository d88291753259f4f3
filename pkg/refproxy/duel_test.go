package refproxy

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ngxproof/ngxproof/pkg/difftest"
	"github.com/ngxproof/ngxproof/pkg/nginx"
)

// scene is a script that a client and a backend play, once around a real nginx and once around the proxy.
type scene struct {
	name    string
	http    string // directives at http level; {NAME} is the scene's name
	server  string // directives of the server
	client  []step
	backend [][]step // one script a connection; the last one serves all further ones
	log     string   // the variables of the scene's access log
	seconds bool     // when ends come counts too
	backs   []string // {B1} to {B4}: addresses that the scene's own servers listen on, the same around both
	deaf    bool     // whether a connection to the backend was opened is a matter of chance
	unlike  string   // why the two may differ; then they must
}

// step is one thing that a side does.
type step struct {
	do   string
	text string
	wait time.Duration
}

func send(text string) step     { return step{do: "send", text: text} }
func read() step                { return step{do: "read"} }
func head() step                { return step{do: "head"} }
func fin() step                 { return step{do: "fin"} }
func reset() step               { return step{do: "rst"} }
func hangup() step              { return step{do: "close"} }
func rest(d time.Duration) step { return step{do: "wait", wait: d} }
func dialAnew() step            { return step{do: "dial"} }
func flood(n int) step          { return step{do: "flood", wait: time.Duration(n)} }
func await(text string) step    { return step{do: "await", text: text} }
func trickle(text string) step  { return step{do: "trickle", text: text} }
func count() step               { return step{do: "count"} }

// actor plays one side's script and writes down what it sees.
type actor struct {
	conn    net.Conn
	r       *bufio.Reader
	dial    func() (net.Conn, error)
	begun   time.Time
	client  bool // it waits less long than a backend, so that it is the one who gives up
	seconds bool
	text    strings.Builder
	done    chan struct{} // of a backend: closed when its script is over
}

// quiet is how long nothing must come for a read to be over.
const quiet = 300 * time.Millisecond

func (a *actor) play(steps []step) {
	a.r = bufio.NewReader(a.conn)
	for _, s := range steps {
		a.step(s)
	}
}

func (a *actor) step(s step) {
	switch s.do {
	case "send":
		_, _ = io.WriteString(a.conn, s.text)
	case "trickle":
		for i := range len(s.text) {
			_, _ = a.conn.Write([]byte{s.text[i]})
			time.Sleep(2 * time.Millisecond)
		}
	case "flood":
		_ = a.conn.SetWriteDeadline(time.Now().Add(3 * time.Second))
		_, _ = a.conn.Write(make([]byte, int(s.wait)))
		_ = a.conn.SetWriteDeadline(time.Time{})
	case "wait":
		time.Sleep(s.wait)
	case "fin":
		_ = a.conn.(interface{ CloseWrite() error }).CloseWrite()
	case "close":
		_ = a.conn.Close()
	case "rst":
		_ = a.conn.(*net.TCPConn).SetLinger(0)
		_ = a.conn.Close()
	case "dial":
		_ = a.conn.Close()
		conn, err := a.dial()
		if err == nil {
			a.conn, a.r = conn, bufio.NewReader(conn)
		}
	case "head":
		a.head()
	case "await":
		a.await(s.text)
	case "read":
		a.read()
	case "count":
		a.count()
	case "drain":
		_ = a.conn.SetReadDeadline(time.Now().Add(12 * time.Second))
		_, err := io.Copy(io.Discard, a.r)
		a.end(cmp.Or(err, io.EOF))
	case "take":
		_ = a.conn.SetReadDeadline(time.Now().Add(12 * time.Second))
		n, _ := io.CopyN(io.Discard, a.r, int64(s.wait))
		fmt.Fprintf(&a.text, "<%d bytes>", n)
	case "other":
		a.other(s.text)
	}
}

// other sends something over another connection and reads the answer.
func (a *actor) other(text string) {
	conn, err := a.dial()
	if err != nil {
		a.text.WriteString(err.Error())
		return
	}
	b := &actor{conn: conn, begun: a.begun}
	b.play(steps(send(text), read()))
	a.text.WriteString(b.text.String())
}

// head reads a request's head.
func (a *actor) head() {
	_ = a.conn.SetReadDeadline(time.Now().Add(12 * time.Second))
	for {
		line, err := a.r.ReadString('\n')
		a.text.WriteString(line)
		if err != nil {
			a.end(err)
			return
		}
		if line == "\r\n" {
			return
		}
	}
}

// await reads until a text came.
func (a *actor) await(text string) {
	_ = a.conn.SetReadDeadline(time.Now().Add(12 * time.Second))
	var all []byte
	for !bytes.HasSuffix(all, []byte(text)) {
		b, err := a.r.ReadByte()
		if err != nil {
			a.text.Write(all)
			a.end(err)
			return
		}
		all = append(all, b)
	}
	a.text.Write(all)
}

// read reads until nothing comes any more.
func (a *actor) read() {
	buffer := make([]byte, 64<<10)
	for first := true; ; first = false {
		limit := quiet
		if first {
			limit = 8 * time.Second
			if a.client {
				limit = 5 * time.Second
			}
		}
		_ = a.conn.SetReadDeadline(time.Now().Add(limit))
		n, err := a.r.Read(buffer)
		a.text.Write(buffer[:n])
		if err != nil {
			a.end(err)
			return
		}
	}
}

// count reads to the end and writes down how much came.
func (a *actor) count() {
	_ = a.conn.SetReadDeadline(time.Now().Add(12 * time.Second))
	n, err := io.Copy(io.Discard, a.r)
	fmt.Fprintf(&a.text, "<%d bytes>", n)
	if err == nil {
		err = io.EOF
	}
	a.end(err)
}

func (a *actor) end(err error) {
	what := "open"
	switch {
	case errors.Is(err, io.EOF):
		what = "EOF"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		what = "RST"
	case errors.Is(err, os.ErrDeadlineExceeded):
	default:
		what = "gone"
	}
	if a.seconds && what != "open" {
		what += fmt.Sprintf(" after %.1f s", time.Since(a.begun).Seconds())
	}
	a.text.WriteString("<" + what + ">\n")
}

// played is what both sides of a scene saw.
type played struct{ client, backend, log string }

// writePlays has TestDuel write down what the real servers did.
var writePlays = flag.Bool("write-plays", false, "write testdata/plays anew")

// recordedPlay is a play as it is kept.
type recordedPlay struct{ Scene, Client, Backend, Log string }

func playsFile(version string) string {
	return filepath.Join("testdata", "plays", "nginx-"+version+".json")
}

// record writes down what a server did.
func record(t *testing.T, version string, scenes []*scene, plays []played) {
	t.Helper()
	var all []recordedPlay
	for i, p := range plays {
		all = append(all, recordedPlay{scenes[i].name, p.client, p.backend, p.log})
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err == nil {
		err = errors.Join(os.MkdirAll(filepath.Dir(playsFile(version)), 0o755), os.WriteFile(playsFile(version), append(text, '\n'), 0o644))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestPlays plays the scenes around the proxy and compares with what is written down of the real servers. With -short,
// those of one version that take no long time.
func TestPlays(t *testing.T) {
	for _, version := range []string{"1.22.1", "1.26.3", "1.30.6"} {
		if testing.Short() && version != "1.30.6" {
			continue
		}
		t.Run(version, func(t *testing.T) {
			text, err := os.ReadFile(playsFile(version))
			if err != nil {
				t.Fatal(err)
			}
			var recorded []recordedPlay
			if err := json.Unmarshal(text, &recorded); err != nil {
				t.Fatal(err)
			}
			want := map[string]played{}
			for _, p := range recorded {
				want[p.Scene] = played{p.Client, p.Backend, p.Log}
			}
			var scenes []*scene
			for _, sc := range allScenes() {
				// The ring of consistent hashing is made of ports that differ from run to run.
				if !strings.HasPrefix(sc.name, "consistent") && !(testing.Short() && sc.seconds) {
					scenes = append(scenes, sc)
				}
			}
			got := playAll(t, serving(t, version), scenes)
			for i, sc := range scenes {
				w, known := want[sc.name]
				if text := differ(sc, w, got[i]); text != "" || !known {
					t.Errorf("%s: known %v: %s", sc.name, known, text)
				}
			}
		})
	}
}

// stageOf is the place where a scene is played.
type stageOf struct {
	scene   *scene
	front   string
	backend net.Listener
	down    string
	mu      sync.Mutex
	conns   []*actor
	spare   func() string
	open    []net.Conn
}

func newStageOf(t *testing.T, s *scene) *stageOf {
	t.Helper()
	st := &stageOf{scene: s, spare: func() string { return freeAddress(t) }}
	var err error
	if st.backend, err = net.Listen("tcp4", freeAddress(t)); err != nil {
		t.Fatal(err)
	}
	st.front, st.down = freeAddress(t), deadAddress(t)
	go st.serve()
	return st
}

// nextPort walks in a circle through ports below those that the kernel gives to outgoing connections, and above those that
// pkg/difftest takes.
var nextPort = func() func() int {
	const first, count = 22000, 10000
	n := os.Getpid() * 131
	var mu sync.Mutex
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		n++
		return first + n%count
	}
}()

// deadAddress is one where nobody listens, now and later: no test listens on that loopback address, while a port of
// 127.0.0.1 that is free may be another process's a moment later. Other systems than Linux have only the one.
func deadAddress(t testing.TB) string {
	address := freeAddress(t)
	if runtime.GOOS == "linux" {
		return strings.Replace(address, "127.0.0.1", "127.0.0.2", 1)
	}
	return address
}

func freeAddress(t testing.TB) string {
	t.Helper()
	for range 1000 {
		if l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", nextPort())); err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no free port")
	return ""
}

func (st *stageOf) serve() {
	for n := 0; ; n++ {
		conn, err := st.backend.Accept()
		if err != nil {
			return
		}
		a := &actor{conn: conn, begun: time.Now(), seconds: st.scene.seconds, done: make(chan struct{})}
		st.mu.Lock()
		st.conns = append(st.conns, a)
		st.open = append(st.open, conn)
		st.mu.Unlock()
		go func() {
			defer close(a.done)
			if len(st.scene.backend) > 0 {
				a.play(st.scene.backend[min(n, len(st.scene.backend)-1)])
			}
		}()
	}
}

// block is the scene's configuration.
func (st *stageOf) block() string {
	up := st.backend.Addr().String()
	text := st.scene.http + "\nlog_format {NAME} '" + st.scene.log + "';\nserver { listen " + st.front + "; access_log {NAME}.log {NAME};\n" + st.scene.server + "\n}\n"
	if st.scene.log == "" {
		text = st.scene.http + "\nserver { listen " + st.front + "; access_log off;\n" + st.scene.server + "\n}\n"
	}
	for len(st.scene.backs) < 4 && strings.Contains(text, "{B1}") {
		st.scene.backs = append(st.scene.backs, st.spare())
	}
	for i, address := range st.scene.backs {
		text = strings.ReplaceAll(text, fmt.Sprintf("{B%d}", i+1), address)
	}
	return strings.NewReplacer("{NAME}", strings.ReplaceAll(st.scene.name, " ", "_"), "{UP}", up, "{DOWN}", st.down).Replace(text)
}

// run plays the scene.
func (st *stageOf) run(prefix string) played {
	dial := func() (net.Conn, error) {
		conn, err := net.Dial("tcp4", st.front)
		if err == nil {
			st.mu.Lock()
			st.open = append(st.open, conn)
			st.mu.Unlock()
		}
		return conn, err
	}
	conn, err := dial()
	if err != nil {
		return played{client: err.Error()}
	}
	a := &actor{conn: conn, dial: dial, begun: time.Now(), seconds: st.scene.seconds, client: true}
	a.play(st.scene.client)
	_ = a.conn.Close()
	st.mu.Lock()
	conns := slices.Clone(st.conns)
	st.mu.Unlock()
	for _, b := range conns {
		<-b.done
	}
	var p played
	p.client = st.plain(a.text.String())
	for i, b := range conns {
		p.backend += fmt.Sprintf("connection %d: %s\n", i+1, st.plain(b.text.String()))
	}
	if st.scene.log != "" {
		p.log = st.plain(settled(filepath.Join(prefix, strings.ReplaceAll(st.scene.name, " ", "_")+".log")))
	}
	return p
}

// settled reads a log once it has not grown for a while.
func settled(path string) string {
	last := ""
	for calm, tries := 0, 0; calm < 4 && tries < 100; tries++ {
		time.Sleep(50 * time.Millisecond)
		text, _ := os.ReadFile(path)
		if calm++; string(text) != last || last == "" {
			calm, last = 0, string(text)
		}
	}
	return last
}

func (st *stageOf) close() {
	_ = st.backend.Close()
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, c := range st.open {
		_ = c.Close()
	}
}

var dates = regexp.MustCompile(`Date: [A-Z][a-z]{2}, [^\r]*`)

// plain puts names for what differs from run to run.
func (st *stageOf) plain(text string) string {
	text = strings.NewReplacer(st.backend.Addr().String(), "{UP}", st.front, "{FRONT}", st.down, "{DOWN}",
		"a:"+strings.TrimPrefix(st.front, "127.0.0.1:"), "a:{FRONT}").Replace(text)
	return dates.ReplaceAllString(text, "Date: {DATE}")
}

// playAll plays scenes around one server, with other ports where somebody took one since it was found free.
func playAll(t *testing.T, s difftest.Server, scenes []*scene) []played {
	t.Helper()
	for attempt := 0; ; attempt++ {
		results, err := playOnce(t, s, scenes)
		if err == nil {
			return results
		}
		if attempt == 5 || !errors.Is(err, nginx.ErrAddressInUse) && !errors.Is(err, syscall.EADDRINUSE) {
			t.Fatalf("%s: %v", s.Version, err)
		}
		for _, sc := range scenes {
			sc.backs = nil
		}
	}
}

// playOnce plays them. The error is that of the start.
func playOnce(t *testing.T, s difftest.Server, scenes []*scene) ([]played, error) {
	t.Helper()
	prefix := t.TempDir()
	var conf strings.Builder
	conf.WriteString("user root;\ndaemon off;\nmaster_process off;\npid " + prefix + "/nginx.pid;\nerror_log stderr info;\nevents { worker_connections 2000; }\nhttp {\n")
	for _, m := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		conf.WriteString(m + "_temp_path " + prefix + "/tmp;\n")
	}
	stages := make([]*stageOf, len(scenes))
	for i, sc := range scenes {
		stages[i] = newStageOf(t, sc)
		defer stages[i].close()
		conf.WriteString(stages[i].block())
	}
	conf.WriteString("}\n")
	files := map[string]string{"nginx.conf": conf.String(), "html/index.html": "<p>index</p>\n", "html/a.txt": "0123456789",
		"html/sub/index.html": "sub\n", "html/50x.html": "custom page\n"}
	for name, text := range files {
		path := filepath.Join(prefix, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
		when := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
		_ = os.Chtimes(path, when, when)
	}
	stop, err := s.Serve(prefix)
	if err != nil {
		return nil, err
	}
	defer stop()
	results := make([]played, len(scenes))
	var wait sync.WaitGroup
	slots := make(chan struct{}, 48)
	for i, st := range stages {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i] = st.run(prefix)
		})
	}
	wait.Wait()
	return results, nil
}

// onlyScenes has TestDuel play scenes whose name begins so.
var onlyScenes = flag.String("scenes", "", "play only the scenes whose name begins so")

// TestDuel plays every scene around each real server and around the proxy, and compares.
func TestDuel(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	for _, s := range difftest.Servers(t) {
		t.Run(s.Version, func(t *testing.T) {
			scenes := slices.DeleteFunc(allScenes(), func(sc *scene) bool { return !strings.HasPrefix(sc.name, *onlyScenes) })
			want := playAll(t, s, scenes)
			if *writePlays && *onlyScenes == "" {
				record(t, s.Version, scenes, want)
			}
			got := playAll(t, serving(t, s.Version), scenes)
			for i, sc := range scenes {
				text := differ(sc, want[i], got[i])
				switch {
				case text == "" && sc.unlike != "":
					t.Errorf("%s: it is the same now: %s", sc.name, sc.unlike)
				case text != "" && sc.unlike == "":
					t.Errorf("%s: %s", sc.name, text)
				}
			}
			t.Logf("%d scenes", len(scenes))
		})
	}
}

var times = regexp.MustCompile(`after (\d+\.\d) s`)

// differ tells where two plays differ; times may by what nginx's lazy timers do.
func differ(sc *scene, want, got played) string {
	for _, side := range []struct{ name, want, got string }{
		{"client", want.client, got.client}, {"backend", want.backend, got.backend}, {"log", want.log, got.log}} {
		if side.name == "backend" && sc.deaf {
			continue
		}
		if bare(side.want) != bare(side.got) || !closeTimes(side.want, side.got) {
			return fmt.Sprintf("%s:\n  nginx %.1500q\n  proxy %.1500q", side.name, side.want, side.got)
		}
	}
	return ""
}

func bare(text string) string { return times.ReplaceAllString(text, "after") }

func closeTimes(want, got string) bool {
	a, b := times.FindAllStringSubmatch(want, -1), times.FindAllStringSubmatch(got, -1)
	return slices.EqualFunc(a, b, func(x, y []string) bool {
		var p, q float64
		_, _ = fmt.Sscan(x[1], &p)
		_, _ = fmt.Sscan(y[1], &q)
		return q-p < 0.5 && p-q < 0.5
	})
}
