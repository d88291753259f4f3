package syntax

import (
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/source"
)

const walkText = `# one
http { # two
    # three
    # four
    server {
        listen 80; # five
        # six

        root a; index b; # seven
    } # eight
}
types { a b; }
`

func TestAll(t *testing.T) {
	var names []string
	for d := range parseText(walkText).All() {
		names = append(names, d.Name())
	}
	if got := strings.Join(names, " "); got != "http server listen root index types a" {
		t.Errorf("All yields %s", got)
	}
	for d := range parseText(walkText).All() {
		if d.Name() == "server" {
			break // an iterator goes no further
		}
	}
}

func TestAt(t *testing.T) {
	f := parseText(walkText)
	for text, want := range map[string]string{
		"# one": "", "http": "http", "# two": "http", "server": "server", "80": "listen", "; # five": "listen",
		"# five": "server", "index": "index", "} # eight": "server", "# eight": "http", "a b": "a",
	} {
		got := ""
		if d := f.At(strings.Index(walkText, text)); d != nil {
			got = d.Name()
		}
		if got != want {
			t.Errorf("At %q is %q, not %q", text, got, want)
		}
	}
	if f.At(len(walkText)) != nil || f.At(-1) != nil {
		t.Error("At finds something outside the text")
	}
}

func TestComments(t *testing.T) {
	f := parseText(walkText)
	texts := func(spans []source.Span) string {
		var list []string
		for _, s := range spans {
			list = append(list, f.Slice(s)[2:])
		}
		return strings.Join(list, " ")
	}
	above := map[string]string{"http": "one", "server": "three four", "listen": "", "root": "", "index": ""}
	after := map[string]string{"http": "two", "listen": "five", "root": "seven", "index": "seven"}
	for d := range f.All() {
		if got := texts(f.CommentsAbove(d)); got != above[d.Name()] {
			t.Errorf("above %s: %q", d.Name(), got)
		}
		got := ""
		if span, found := f.CommentAfter(d); found {
			got = texts([]source.Span{span})
		}
		if got != after[d.Name()] {
			t.Errorf("after %s: %q", d.Name(), got)
		}
	}
	if got := texts(f.CommentsIn(f.Directives[0].Span())); got != "two three four five six seven eight" {
		t.Errorf("in http: %q", got)
	}
	if len(f.CommentsIn(source.Span{Start: 30, End: 10})) != 0 {
		t.Error("comments in an empty span")
	}
}
