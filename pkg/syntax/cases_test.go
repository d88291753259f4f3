package syntax

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// lexerCase is a row of the shared lexer cases.
type lexerCase struct {
	File       string
	LexerOK    bool   `json:"lexer_ok"`
	LexerError string `json:"lexer_error"`
	LexerLine  int    `json:"lexer_line"`
	Tokens     []string
	NginxT     map[string]string `json:"nginx_t"`
}

// reading returns what the lexer made of the case. Invalid UTF-8 is replaced in it.
func (c lexerCase) reading() reading {
	r := reading{message: c.LexerError, line: c.LexerLine}
	for _, token := range c.Tokens {
		if terminator := strings.TrimPrefix(token, "\x00"); terminator != token && terminator != "" {
			r.tokens = append(r.tokens, terminator)
		} else {
			r.tokens = append(r.tokens, "="+token)
		}
	}
	return r
}

// syntaxError returns what nginx itself said if that is an error of its lexer or grammar, else "".
func (c lexerCase) syntaxError(version string) string {
	if said := c.NginxT[version]; strings.HasPrefix(said, "unexpected ") || strings.HasPrefix(said, "too long ") {
		return said
	}
	return ""
}

func lexerCases(t *testing.T) []lexerCase {
	file, err := os.Open(shared(t, "data", "lexer", "expected.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var cases []lexerCase
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c lexerCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

func TestLexerCases(t *testing.T) {
	cases := lexerCases(t)
	for _, c := range cases {
		t.Run(c.File, func(t *testing.T) {
			f := parseText(read(t, filepath.Join(shared(t, "data", "lexer", "cases"), c.File)))
			checkTree(t, f)
			compareCase(t, f, c)
		})
	}
	if len(cases) != 98 {
		t.Errorf("%d cases, want 98", len(cases))
	}
	t.Logf("%d cases", len(cases))
}

func compareCase(t *testing.T, f *File, c lexerCase) {
	for version := range c.NginxT {
		if said := c.syntaxError(version); said != "" && (len(f.Errors) == 0 || said != nginxText(f.Errors[0])) {
			t.Errorf("nginx %s says %s, not %+v", version, said, f.Errors)
		}
	}
	if c.syntaxError("1.22.1") == `unexpected "{" at line 3` {
		return // a block in a map-like one: the grammar's error, compared above, of which the lexer knows nothing
	}
	if len(f.Errors) > 0 {
		f.Errors[0].Message = shortMessage(f.Errors[0])
	}
	want := c.reading()
	got := tokens(f.Directives)
	for i := range got {
		got[i] = string([]rune(got[i])) // replaces invalid UTF-8
	}
	if diff := compare(f, want); diff != "" && diff != "other words" || !agree(got, want) {
		t.Errorf("%s; %+v\n got %q\nwant %+v", diff, f.Errors, got, want)
	}
}

// nginxText returns the error as nginx ends its line with it.
func nginxText(e Error) string {
	return fmt.Sprintf("%s at line %d", e.Message, e.Line)
}

// shortMessage returns the message as the shared cases abbreviate it.
func shortMessage(e Error) string {
	switch e.Reason {
	case TooLong:
		return "too long parameter"
	case TooLongQuoted:
		return "too long parameter, probably missing terminating quote"
	}
	return e.Message
}

func TestLuaCases(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(shared(t, "data", "lexer", "lua"), "*.conf"))
	if err != nil || len(paths) != 12 {
		t.Fatalf("%d files, want 12 (%v)", len(paths), err)
	}
	for _, path := range paths {
		f := parseText(read(t, path))
		checkTree(t, f)
		if len(f.Errors) > 0 || len(f.Directives) != 2 {
			t.Errorf("%s: %+v, %d statements", path, f.Errors, len(f.Directives))
		}
		raw := func(d *Directive) bool { return d.Block != nil && d.Block.Raw }
		if found := slices.ContainsFunc(slices.Collect(f.All()), raw); found == strings.Contains(path, "quoted-form") {
			t.Errorf("%s: a raw block: %v", path, found)
		}
	}
	t.Logf("%d Lua bodies", len(paths))
}
