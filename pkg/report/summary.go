package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// counts are the numbers of a result's findings; suppressed ones count as nothing else.
type counts struct {
	level        [diag.Error + 1]int
	safe, unsafe int // with a fix of that class
	// silenced by a comment, and by the baseline
	suppressed, known int
}

func count(diagnostics []diag.Diagnostic) counts {
	var c counts
	for i := range diagnostics {
		d := &diagnostics[i]
		switch {
		case d.Suppressed == nil:
		case d.Suppressed.By == "baseline":
			c.known++
			continue
		default:
			c.suppressed++
			continue
		}
		c.level[d.Level]++
		if d.Fix != nil && d.Fix.Safety == diag.Safe {
			c.safe++
		}
		if d.Fix != nil && d.Fix.Safety == diag.Unsafe {
			c.unsafe++
		}
	}
	return c
}

// Summary returns the line that ends a report, without its LF: what was looked at and how many findings of each level
// there are.
func Summary(r Result, o Options) string {
	c := count(r.Diagnostics)
	s := newStyle(o, diag.Off)
	line := s.good("ok")
	if len(r.Problems) > 0 {
		line = s.of(diag.Error)("incomplete")
	}
	switch found := c.found(s); {
	case len(r.Entries) == 0:
		line += ": nothing to look at"
	case len(found) > 0:
		line = subject(r) + ": " + strings.Join(found, ", ") + c.fixable()
	default:
		line += ": " + subject(r) + ", " + plural(r.Rules, "rule")
	}
	return line + aside(r, c)
}

// found lists the levels that there are findings of, the worst first.
func (c counts) found(s style) []string {
	var found []string
	for level := diag.Error; level > diag.Off; level-- {
		if n := c.level[level]; n > 0 {
			found = append(found, s.of(level)(plural(n, level.String())))
		}
	}
	return found
}

// fixable says in brackets which flags mend how many findings.
func (c counts) fixable() string {
	switch {
	case c.safe > 0 && c.unsafe > 0:
		return fmt.Sprintf(" (%d fixable with --fix, %d more with --unsafe-fixes)", c.safe, c.unsafe)
	case c.safe > 0:
		return fmt.Sprintf(" (%d fixable with --fix)", c.safe)
	case c.unsafe > 0:
		return fmt.Sprintf(" (%d fixable with --unsafe-fixes)", c.unsafe)
	default:
		return ""
	}
}

// aside says what else happened.
func aside(r Result, c counts) string {
	var text string
	for _, part := range []struct {
		n    int
		what string
	}{{r.Fixed, "fixed"}, {c.suppressed, "suppressed"}, {c.known, "known (baseline)"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	if r.Skipped > 0 {
		text += fmt.Sprintf(", %s without nginx directives skipped", plural(r.Skipped, "file"))
	}
	if r.Elapsed > 0 {
		text += ", " + rounded(r.Elapsed)
	}
	return text
}

// subject names what was looked at, which is something: "nginx.conf and 14 included files".
func subject(r Result) string {
	names := make([]string, 0, len(r.Entries))
	for _, name := range r.Entries {
		if name == "-" {
			name = "standard input"
		}
		names = append(names, source.Printable(name))
	}
	if len(names) > 3 {
		names = []string{plural(len(names), "configuration")}
	}
	if included := r.Files - len(r.Entries); included > 0 {
		names = append(names, plural(included, "included file"))
	}
	n := len(names)
	if n == 1 {
		return names[0]
	}
	return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
}

// plural returns "1 file", "2 files".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// rounded writes a duration as people read it: "12 ms", "1.3 s".
func rounded(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", max(1, d.Round(time.Millisecond).Milliseconds()))
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
