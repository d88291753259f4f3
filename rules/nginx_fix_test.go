package rules_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/fix"
	"github.com/ngxproof/ngxproof/pkg/lint"
	mending "github.com/ngxproof/ngxproof/pkg/mend"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/rules"
)

// TestCorpusFixes fixes every file of the corpus, by itself and in a root that includes it, with safe fixes and with all.
// No fix may do harm that has to be rolled back, a second run changes nothing, what a real nginx accepted it still
// accepts, the heads of every location without a fix stay, and the diff that git applies gives the same files.
func TestCorpusFixes(t *testing.T) {
	counts := map[string]int{}
	repository := t.TempDir()
	var patch strings.Builder
	want := map[string]string{}
	for _, row := range corpusRows(t) {
		alone := fixCorpusFile(t, row.path, row.path, false, counts, "alone")
		fixCorpusFile(t, row.path, row.path, true, counts, "alone, with unsafe fixes")
		dir := t.TempDir()
		entry := wrap(t, dir, row)
		fixCorpusFile(t, row.path, entry, false, counts, "in a root")
		fixCorpusFile(t, row.path, entry, true, counts, "in a root, with unsafe fixes")
		for _, c := range alone.Changed {
			name := "f/" + filepath.Base(filepath.Dir(c.Before.Path)) + "/" + filepath.Base(c.Before.Path)
			if _, twice := want[name]; !twice {
				put(t, filepath.Join(repository, name), c.Before.Text)
				patch.WriteString(mending.Diff(name, c.Before.Text, c.After))
				want[name] = c.After
			}
		}
	}
	gitApplies(t, repository, patch.String(), want)
	t.Logf("%v; diffs of %d files applied by git", counts, len(want))
	if counts["alone: files with a fix"] < 100 {
		t.Error("hardly any file has a fix")
	}
}

// put writes a file and its folder.
func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, path, text)
}

// gitApplies wants git to make of the files in dir what is wanted.
func gitApplies(t *testing.T, dir, patch string, want map[string]string) {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("no git")
	}
	cmd := exec.Command(git, "apply", "--whitespace=nowarn", "-")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(patch)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s", err, out)
	}
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != text {
			t.Errorf("%s: the diff gives another file", name)
		}
	}
}

// fixJob fixes the configuration that begins at entry, in memory.
func fixJob(t *testing.T, reader source.Reader, entry string, unsafe bool) *fix.Result {
	t.Helper()
	all, err := rules.All().Select(lint.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := fix.Run(context.Background(), fix.Job{
		Reader: reader,
		Load: func(r source.Reader) ([]*config.Config, error) {
			cfg, err := config.NewLoader(r).Load(entry, config.Options{})
			return []*config.Config{cfg}, err
		},
		Rules:  all,
		Policy: fix.Policy{Unsafe: unsafe},
	})
	if err != nil {
		t.Errorf("%s: %v", entry, err)
	}
	return result
}

// fixCorpusFile fixes one file, loaded from entry, twice.
func fixCorpusFile(t *testing.T, path, entry string, unsafe bool, counts map[string]int, how string) *fix.Result {
	t.Helper()
	result := fixJob(t, source.Disk{}, entry, unsafe)
	for _, failure := range result.Failures {
		t.Errorf("%s, %s: %v", path, how, failure)
	}
	if len(result.Changed) == 0 {
		return result
	}
	counts[how+": files with a fix"]++
	counts[how+": fixes"] += len(result.Applied)
	var over []*source.File
	for _, c := range result.Changed {
		over = append(over, source.NewFile(c.Before.Name, c.Before.Path, c.After))
	}
	again := fixJob(t, source.NewOverlay(source.Disk{}, "", over...), entry, unsafe)
	if len(again.Changed) > 0 {
		t.Errorf("%s, %s: a second run changes it again: %s", path, how, applied(again))
	}
	if !unsafe {
		sameElsewhere(t, path, entry, result)
	}
	return result
}

func applied(r *fix.Result) string {
	var names []string
	for _, d := range r.Applied {
		names = append(names, d.Rule)
	}
	return strings.Join(names, " ")
}

// sameElsewhere compares the heads of locations that no fix names, before and after.
func sameElsewhere(t *testing.T, path, entry string, result *fix.Result) {
	t.Helper()
	touched := map[string]bool{}
	for _, d := range result.Applied {
		if d.Category == "correctness" || d.Rule == "undefined-upgrade-variable" || d.Rule == "websocket-scheme-in-proxy-pass" {
			return // nginx refused it
		}
		for _, site := range d.Fix.Sites {
			touched[site.File.Slice(site.Span)] = true
		}
	}
	before, err := config.NewLoader(source.Disk{}).Load(entry, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	after := result.Configs[0]
	was, is := eval.New(before), eval.New(after)
	if len(before.Locations()) != len(after.Locations()) {
		t.Fatalf("%s: another number of locations", path)
	}
	for i, l := range before.Locations() {
		if touched[l.File.Slice(l.Head())] {
			continue
		}
		for _, client := range eval.Clients() {
			for _, p := range catalog.Profiles() {
				a, b := headsOf(was.At(l, client, p.Representative), touched), headsOf(is.At(after.Locations()[i], client, p.Representative), touched)
				if !slices.Equal(a, b) {
					t.Errorf("%s: %s, %s, nginx %s:\n%q\n%q", path, l.File.Slice(l.Head()), client, p.Name, a, b)
				}
			}
		}
	}
}

// headsOf returns the heads of all outcomes, but for those that other, touched locations send.
func headsOf(out eval.Outcomes, touched map[string]bool) []string {
	var heads []string
	for _, o := range out.All {
		if l := o.Decision.Location; o.Upstream != nil && (l == nil || l.Directive == nil || !touched[l.File.Slice(l.Head())]) {
			heads = append(heads, string(o.Upstream.Head()))
		}
	}
	return heads
}

// TestCorpusFixesOnNginx asks the real servers about every file that has a fix: what they accepted they still accept,
// and what they say of the others stays the same unless the fix is about that.
func TestCorpusFixesOnNginx(t *testing.T) {
	if testing.Short() {
		t.Skip("runs nginx over the corpus")
	}
	servers := realServers(t)
	counts := map[string]int{}
	for _, row := range corpusRows(t) {
		dir := t.TempDir()
		entry := wrap(t, dir, row)
		for _, unsafe := range []bool{false, true} {
			result := fixJob(t, source.Disk{}, entry, unsafe)
			if len(result.Changed) == 0 {
				continue
			}
			counts["files fixed"]++
			for _, server := range servers {
				before := accepts(t, server, row, entry, nil)
				after := accepts(t, server, row, entry, result.Changed)
				switch {
				case before == "" && after == "":
					counts["accepted before and after"]++
				case before == "":
					t.Errorf("%s: nginx %s accepted it and says now: %s", row.path, server.version, after)
				case after == "":
					counts["accepted after"]++
				case before == after:
					counts["refused for a reason that is no fix's"]++
				case refusedFixed(result):
					counts["refused for another reason"]++
				default:
					t.Errorf("%s: nginx %s said %q and says %q", row.path, server.version, before, after)
				}
			}
		}
	}
	t.Logf("%v", counts)
	if counts["accepted before and after"] < 100 {
		t.Error("nginx accepted hardly any file")
	}
}

// refusedFixed reports whether one of the fixes is about something that nginx refuses.
func refusedFixed(r *fix.Result) bool {
	return slices.ContainsFunc(r.Applied, func(d diag.Diagnostic) bool { return d.Level == diag.Error })
}

// accepts copies a corpus file with its entry to a folder and returns what nginx says of it, without the place; "" for
// nothing.
func accepts(t *testing.T, server realServer, row corpusRow, entry string, changed []fix.Change) string {
	t.Helper()
	dir := t.TempDir()
	text := func(path string) string {
		for _, c := range changed {
			if c.Before.Path == path {
				return c.After
			}
		}
		bytes, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(bytes)
	}
	certificate(t, dir)
	inner, root := filepath.Join(dir, "audited.conf"), filepath.Join(dir, "nginx.conf")
	write(t, root, atHome(strings.ReplaceAll(text(entry), row.path, inner), dir))
	if entry != row.path {
		write(t, inner, atHome(text(row.path), dir))
	}
	return strings.ReplaceAll(server.first(t, dir, root).message, dir, "")
}

// strange matches what a file of somebody else's machine names that is not on this one, and no fix touches: certificates,
// logs, other files, hosts.
var strange = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`(?m)^([ \t]*)(user|pid|access_log|error_log|load_module|resolver|ssl_dhparam|proxy_temp_path|client_body_temp_path|fastcgi_temp_path|uwsgi_temp_path|scgi_temp_path|ssl_stapling\w*)[ \t][^;{}]*;`), "$1"},
	{regexp.MustCompile(`(?m)^([ \t]*ssl_(?:trusted_|client_)?certificate)[ \t][^;{}]*;`), "$1 DIR/cert.pem;"},
	{regexp.MustCompile(`(?m)^([ \t]*ssl_certificate_key)[ \t][^;{}]*;`), "$1 DIR/key.pem;"},
	{regexp.MustCompile(`(?m)^([ \t]*)include[ \t]+"?/(?:etc|usr|opt|var|config|defaults|home|app|conf|data)[^;{}]*;`), "$1"},
	{regexp.MustCompile(`(?m)^([ \t]*)include[ \t]+[\w./*-]+;`), "$1"},
	{regexp.MustCompile(`(?m)^([ \t]*server[ \t]+)[A-Za-z][\w.-]*((?::\d+)?[ \t;])`), "${1}127.0.0.1$2"},
	{regexp.MustCompile(`(?m)^([ \t]*proxy_cache_path[ \t]+)\S+`), "${1}DIR/cache"},
	{regexp.MustCompile(`(?m)^([ \t]*listen[ \t]+)(?:\[::\]:|\d+\.\d+\.\d+\.\d+:)?\d+\b`), "${1}127.0.0.1:8999"},
	{regexp.MustCompile(`\bhttp \{`), "http { client_body_temp_path DIR/t; proxy_temp_path DIR/t; fastcgi_temp_path DIR/t; uwsgi_temp_path DIR/t; scgi_temp_path DIR/t; access_log off; error_log stderr;"},
}

// passTo matches a proxy_pass to a name.
var passTo = regexp.MustCompile(`(proxy_pass[ \t]+"?https?://)([A-Za-z][\w.-]*)`)

// atHome makes a text from another machine one that nginx can test here.
func atHome(text, dir string) string {
	for _, s := range strange {
		text = s.pattern.ReplaceAllString(text, strings.ReplaceAll(s.by, "DIR", dir))
	}
	return passTo.ReplaceAllStringFunc(text, func(pass string) string {
		m := passTo.FindStringSubmatch(pass)
		if regexp.MustCompile(`upstream[ \t]+` + regexp.QuoteMeta(m[2]) + `\s`).MatchString(text) {
			return pass
		}
		return m[1] + "127.0.0.1"
	})
}

// certificate writes a certificate of its own to dir: cert.pem, key.pem.
func certificate(t *testing.T, dir string) {
	t.Helper()
	pems := selfSigned()
	write(t, filepath.Join(dir, "cert.pem"), pems[0])
	write(t, filepath.Join(dir, "key.pem"), pems[1])
}

// selfSigned makes a certificate and its key, once.
var selfSigned = sync.OnceValue(func() [2]string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return [2]string{
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	}
})
