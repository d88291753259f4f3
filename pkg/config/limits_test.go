package config

import (
	"errors"
	"fmt"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// Files that each include the next one twice end at a limit, and the configuration says so: as directives, and as
// entries of a map.
func TestDoublingIncludes(t *testing.T) {
	for name, form := range map[string]string{
		"directives": "events {}\ninclude 0;\n",
		"map":        "events {}\nhttp { map $a $b { include 0; } }\n",
	} {
		t.Run(name, func(t *testing.T) {
			files := source.Memory{"nginx.conf": form, "40": "a b;\n"}
			for i := range 40 {
				files[fmt.Sprint(i)] = fmt.Sprintf("include %d;\ninclude %d;\n", i+1, i+1)
			}
			wantTooMany(t, files, ErrTooMuch)
		})
	}
}

// A file that has too many directives by itself is taken up to the limit, and what comes next is named.
func TestTooManyDirectives(t *testing.T) {
	entry := syntax.Parse(source.NewFile("nginx.conf", "nginx.conf", "user a;\nworker_processes 1;\npid b;\n"))
	c := &Config{Entry: entry, Root: &Directive{File: entry}}
	s := &splicer{config: c, loader: NewLoader(source.Memory{}), seen: map[*syntax.File]bool{}, count: MaxDirectives - 1}
	s.splice(c.Root, entry, entry.Directives, nil)
	if len(c.Root.Children) != 1 || len(c.Problems) != 1 || c.Problems[0].At.Line() != 2 || !errors.Is(c.Problems[0].Err, ErrTooMuch) {
		t.Errorf("%d directives, problems %v", len(c.Root.Children), c.Problems)
	}
}

// Includes that nest deeper than the limit are named as such.
func TestDeepIncludes(t *testing.T) {
	files := source.Memory{"nginx.conf": "events {}\ninclude 0;\n"}
	for i := range MaxIncludeDepth + 10 {
		files[fmt.Sprint(i)] = fmt.Sprintf("include %d;\n", i+1)
	}
	wantTooMany(t, files, ErrTooDeep)
}

// wantTooMany loads nginx.conf and wants the one problem.
func wantTooMany(t *testing.T, files source.Memory, want error) {
	t.Helper()
	c, err := NewLoader(files).Load("nginx.conf", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Problems) != 1 || c.Problems[0].Kind != TooMany || !errors.Is(c.Problems[0].Err, want) {
		t.Errorf("problems %v, want one: %v", c.Problems, want)
	}
	if c.Complete {
		t.Error("the configuration is complete")
	}
}

// A path with a bracket only is a pattern too: it may match nothing.
func TestBracketIsPattern(t *testing.T) {
	files := source.Memory{"nginx.conf": "events {}\ninclude [ab].conf;\ninclude [cd].conf;\n", "b.conf": "worker_processes 1;\n"}
	c, err := NewLoader(files).Load("nginx.conf", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Problems) != 0 || len(c.Files) != 2 {
		t.Errorf("problems %v, %d files", c.Problems, len(c.Files))
	}
}
