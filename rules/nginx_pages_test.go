package rules_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/rules"
)

// refused are the rules of other categories that find what nginx refuses.
var refused = []string{"undefined-upgrade-variable", "websocket-scheme-in-proxy-pass", "map-outside-http"}

// TestPagesOnNginx gives the examples of the category correctness, and of those, to real servers: each error of ours is one of nginx's,
// on that line and for that reason, and what has no finding is accepted. nginx stops at its first error, so the line it
// names is taken out and nginx asked again.
func TestPagesOnNginx(t *testing.T) {
	servers := realServers(t)
	for _, rule := range rules.All().Rules() {
		if rule.Category != "correctness" && !slices.Contains(refused, rule.Name) {
			continue
		}
		page, err := rule.Page()
		if err != nil {
			t.Fatal(err)
		}
		errors, accepted, left := 0, 0, 0
		for _, section := range page.Sections {
			for _, from := range section.Examples {
				e := read(t, rule, from)
				if reason := e.notForNginx(t); reason != "" {
					t.Logf("%s, line %d: not given to nginx: %s", rule.Name, e.line, reason)
					left++
					continue
				}
				for _, server := range servers {
					if e.target.Named() && e.target.Version.String() != server.version {
						continue
					}
					seen := e.judge(t, server)
					errors += seen
					if seen == 0 {
						accepted++
					}
				}
			}
		}
		t.Logf("%s: %d errors agreed on, %d examples accepted, %d not given to nginx", rule.Name, errors, accepted, left)
		if errors == 0 || accepted == 0 {
			t.Errorf("%s: no error or no accepted example was seen", rule.Name)
		}
	}
}

// notForNginx says why nginx's verdict on an example says nothing about ours.
func (e *example) notForNginx(t *testing.T) string {
	t.Helper()
	for _, text := range e.files {
		if strings.Contains(text, "load_module") || strings.Contains(text, "js_set") || strings.Contains(text, "stream {") {
			return "it has a module that is not there"
		}
	}
	_, findings := e.run(t)
	if slices.ContainsFunc(findings, func(d diag.Diagnostic) bool { return d.Level == diag.Info }) {
		return "it needs a module or file that is not here"
	}
	if e.options.Contexts == 0 && !strings.Contains(e.files[e.names[0]], "events") {
		return "it is a fragment of unknown context"
	}
	return ""
}

// judge asks one server until it has confirmed every finding, and returns how many there were.
func (e *example) judge(t *testing.T, server realServer) int {
	t.Helper()
	_, findings := e.run(t)
	findings = slices.DeleteFunc(findings, func(d diag.Diagnostic) bool { return strings.HasSuffix(d.Message, "nginx answers 500") })
	dir := t.TempDir()
	for name, text := range e.files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if name == e.names[0] {
			text = e.whole(dir, text)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	entry := filepath.Join(dir, e.names[0])
	for left := findings; len(left) > 0; {
		theirs := server.first(t, dir, entry)
		i := slices.IndexFunc(left, func(d diag.Diagnostic) bool { return theirs.confirms(d, dir, e.shift()) })
		if i < 0 {
			t.Errorf("line %d: nginx %s says %+v, we say %q", e.line, server.version, theirs, e.lint(t))
			return len(findings)
		}
		confirmed := left[i]
		if want := theirs.evidence(dir, e.shift()); confirmed.Evidence != nil && confirmed.Evidence.Lines[0].Text != want {
			t.Errorf("line %d: our evidence is %q, nginx %s says %q", e.line, confirmed.Evidence.Lines[0].Text, server.version, want)
		}
		left = slices.Delete(slices.Clone(left), i, i+1)
		if len(left) > 0 && !mend(t, dir, confirmed, e.shift()) {
			return len(findings) - len(left)
		}
	}
	if len(findings) == 0 {
		if theirs := server.first(t, dir, entry); theirs.message != "" && !e.unseen(theirs, server) {
			t.Errorf("line %d: nginx %s says %+v, we say nothing", e.line, server.version, theirs)
		}
	}
	return len(findings)
}

// unseen reports whether an example without a finding cannot know of nginx's error: a fragment's includes and variables,
// and, where no version is named, what one version does not have yet.
func (e *example) unseen(theirs verdict, server realServer) bool {
	if m := regexp.MustCompile(`unknown directive "(.*)"`).FindStringSubmatch(theirs.message); m != nil {
		since, ok := catalog.Appears(m[1])
		version, err := catalog.ParseVersion(server.version)
		return ok && err == nil && version.Before(since)
	}
	return e.options.Contexts != 0 && regexp.MustCompile(`unknown ".*" variable|failed \(2: `).MatchString(theirs.message)
}

// whole makes a configuration that nginx can test of an example's entry file.
func (e *example) whole(dir, text string) string {
	http := " access_log off; error_log stderr;"
	for _, module := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		http += fmt.Sprintf(" %s_temp_path %s/tmp;", module, dir)
	}
	around := map[string][2]string{
		"http":        {"", ""},
		"http,server": {"", ""},
		"server":      {" server { listen 127.0.0.1:8999;", " }"},
		"location":    {" server { listen 127.0.0.1:8999; location /page {", " } }"},
		"upstream":    {" upstream page {", " }"},
	}
	if e.options.Contexts == 0 {
		return strings.Replace(text, "http {", "http {"+http, 1)
	}
	a := around[e.options.Contexts.String()]
	return "events {} http {" + http + a[0] + "\n" + text + a[1] + " }\n"
}

// shift is how many lines whole puts before the example's first.
func (e *example) shift() int {
	if e.options.Contexts == 0 {
		return 0
	}
	return 1
}

// verdict is nginx's first error.
type verdict struct {
	message, file string
	line          int
}

// saysPlace matches an error with a place, saysOther one without.
var (
	saysPlace = regexp.MustCompile(`(?m)\[(?:emerg|crit)\] \d+#\d+: (.*) in (\S.*):(\d+)$`)
	saysOther = regexp.MustCompile(`(?m)\[(?:emerg|crit)\] \d+#\d+: (.*)$`)
)

// first runs nginx -t.
func (s realServer) first(t *testing.T, dir, entry string) verdict {
	t.Helper()
	// With few descriptors a cycle of includes ends soon, and by an error rather than a crash.
	few := `ulimit -n 256; exec "$@"`
	cmd := exec.Command("sh", "-c", few, "sh", s.path, "-t", "-p", dir, "-c", entry, "-g", "user root; pid "+dir+"/pid;")
	out, err := cmd.CombinedOutput()
	if err == nil {
		return verdict{}
	}
	if m := saysPlace.FindStringSubmatch(string(out)); m != nil {
		line, _ := strconv.Atoi(m[3])
		return verdict{m[1], m[2], line}
	}
	if m := saysOther.FindStringSubmatch(string(out)); m != nil {
		return verdict{message: m[1]}
	}
	return verdict{message: string(out)}
}

// reasons says for each rule, by what the finding's message says, what nginx says.
var reasons = []struct{ rule, ours, theirs string }{
	{"unknown-directive", "unknown directive `(.*)`", `unknown directive "%s"`},
	{"unknown-directive", "^`(.*)` appears in", `unknown directive "%s"`},
	{"unknown-directive", "^`(.*)` was removed in", `unknown directive "%s"`},
	{"unknown-directive", "^`(.*)` looks like", `unknown directive "%s"`},
	{"unknown-directive", "knows has a directive `(.*)`", `unknown directive "%s"`},
	{"unknown-directive", "byte order mark stands before `(.*)`", "unknown directive \"\ufeff%s\""},
	{"directive-not-allowed-here", "^`(.*)` is not allowed", `"%s" directive is not allowed here`},
	{"wrong-argument-count", "^`(.*)` takes ", `invalid number of arguments in "%s" directive`},
	{"wrong-argument-count", "^`(.*)` is `on` or `off`", `in "%s" directive, it must be "on" or "off"`},
	{"unknown-variable", "^unknown variable `\\$(.*)`:", `unknown "%s" variable`},
	{"include-not-found", "file `(.*)` is not there", `%s" failed (2: No such file or directory)`},
	{"include-not-found", "file `(.*)` is not here", `%s" failed (2: No such file or directory)`},
	{"include-not-found", "file `(.*)` cannot be read", `%s" failed (21: `},
	{"include-not-found", "includes itself() by way", `failed (24: Too many open files)%s`},
	{"undefined-upgrade-variable", "^`\\$(.*)` is defined nowhere", `unknown "%s" variable`},
	{"websocket-scheme-in-proxy-pass", "nginx does not start()", "invalid URL prefix%s"},
	{"map-outside-http", "^`(map)` is allowed in", `"%s" directive is not allowed here`},
	{"syntax", "(.*)", "%s"},
}

// confirms reports whether nginx's error is our finding: the same reason and line.
func (v verdict) confirms(d diag.Diagnostic, dir string, shift int) bool {
	for _, r := range reasons {
		m := regexp.MustCompile(r.ours).FindStringSubmatch(d.Message)
		if d.Rule != r.rule || m == nil {
			continue
		}
		says := strings.Contains(v.message, fmt.Sprintf(r.theirs, m[1]))
		if strings.HasPrefix(v.message, "unknown ") && v.file == "" || strings.Contains(v.message, "Is a directory") || strings.Trim(m[1], ".…") == "" && m[1] != "" {
			return says // nginx names no place, or for dots that of the statement after them
		}
		first, last := d.At.File.Line(d.At.Span.Start), d.At.File.Line(d.At.Span.End)
		return says && v.file == filepath.Join(dir, d.At.File.Name) && first+shift <= v.line && v.line <= last+shift
	}
	return false
}

// evidence returns the error as evidence has it: with the example's file and line.
func (v verdict) evidence(dir string, shift int) string {
	text := "nginx: [emerg] " + v.message
	if v.file != "" {
		text += fmt.Sprintf(" in %s:%d", strings.TrimPrefix(v.file, dir+"/"), v.line-shift)
	}
	return text
}

// mend takes out what the finding is about; it reports whether that is a whole statement on one line, or has a fix.
func mend(t *testing.T, dir string, d diag.Diagnostic, shift int) bool {
	t.Helper()
	path := filepath.Join(dir, d.At.File.Name)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	line := d.At.File.Line(d.At.Span.Start) + shift - 1
	switch {
	case strings.Count(lines[line], ";") == 1 && !strings.ContainsAny(lines[line], "{}"):
		lines[line] = "\n"
	case strings.Contains(lines[line], ";") && strings.Contains(d.Message, "variable"):
		lines[line] = regexp.MustCompile(`\$\{?`+regexp.QuoteMeta(variableOf(d))+`\}?`).ReplaceAllString(lines[line], "x")
	case safe(d) && d.Fix.Edits[0].Text == ";":
		at := d.At.File.Position(d.Fix.Edits[0].Span.Start)
		line := &lines[at.Line+shift-1]
		*line = (*line)[:at.Byte-1] + ";" + (*line)[at.Byte-1:]
	default:
		return false
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	return true
}

func variableOf(d diag.Diagnostic) string {
	return strings.Trim(d.At.File.Slice(d.At.Span), "${}")
}
