package syntax

import (
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var randomStrings = flag.Int("random.n", 100_000, "how many random strings to compare with the naive reading")

// pieces are what random strings are made of; those that nginx's lexer looks at come often.
var pieces = []string{
	" ", " ", " ", "\n", "\n", "\t", "\r", "\r\n", ";", ";", ";", "{", "{", "{", "}", "}", "}", "#", `"`, `"`, "'", "'",
	`\`, `\\`, `\"`, `\'`, "\\\n", `\n`, `\;`, `\{`, `\$`, "$", "${", "$$", "${{", "${x}", ")", "(", "a", "b", "n", "t",
	"x y", "80}", "a}", "}}", "\x00", "\xff", "\u00a0", "\ufeff", "\v", "`", "=", "...", "... ", "…", "# c\n", "a;\n",
	"a b;", "s {", "server {\n", "location /x {", "map a b {", "types{", "geo $x {\n", "listen 80", "\nroot x;", "\nroot ",
	`"a b"`, `'a"b'`, `"a;` + "\n", `"a{` + "\n", "\n}\n",
}

// randomText returns a text of up to about 40 pieces, or in two of three times of statements and blocks in which what
// stands between the words is mostly right. One in 16 holds words about as long as nginx's buffer.
func randomText(r *rand.Rand) string {
	var b strings.Builder
	if r.IntN(3) > 0 {
		statements(r, &b, 0)
		return b.String()
	}
	long := r.IntN(16) == 0
	for n := r.IntN(40); n >= 0; n-- {
		b.WriteString(pieces[r.IntN(len(pieces))])
		if long && r.IntN(8) == 0 {
			b.WriteString(longPiece(r))
		}
	}
	return b.String()
}

// statements writes up to 5 statements and what is in their blocks.
func statements(r *rand.Rand, b *strings.Builder, depth int) {
	for range r.IntN(6) {
		b.WriteString([]string{"\n", " ", "\r\n\t", "", "# c } \" \n", "#\\\n"}[r.IntN(6)])
		for i := range 1 + r.IntN(4) {
			if i > 0 {
				b.WriteString([]string{" ", "\n", " #c;\n", "\t\r"}[r.IntN(4)])
			}
			randomWord(r, b)
		}
		b.WriteString([]string{"", "", " ", "\n"}[r.IntN(4)])
		switch {
		case r.IntN(100) == 0:
			b.WriteString(pieces[r.IntN(len(pieces))])
		case depth < 4 && r.IntN(4) == 0:
			b.WriteString("{")
			statements(r, b, depth+1)
			b.WriteString("}")
		default:
			b.WriteString(";")
		}
	}
}

// randomWord writes a word, in quotes or not.
func randomWord(r *rand.Rand, b *strings.Builder) {
	quote := []string{"", "", "", `"`, "'"}[r.IntN(5)]
	b.WriteString(quote)
	defer b.WriteString(quote)
	if r.IntN(400) == 0 {
		b.WriteString(strings.Repeat("x", 4085+r.IntN(10)))
	}
	for range 1 + r.IntN(4) {
		if quote != "" && r.IntN(3) == 0 {
			b.WriteString([]string{" ", ";", "{", "}", "#", "\n"}[r.IntN(6)])
		}
		b.WriteString([]string{"a", "\\\\", `\"`, `\'`, `\;`, `\{`, "\\\n", `\n`, `\t`, `\$`, "${", "$x", "${x}", "é", "\xff",
			"\x00", "80", "(", ")", "=", "`", "map", "server", "listen", ".a", "\ufeff", `\r`, `\d`}[r.IntN(28)])
	}
}

func longPiece(r *rand.Rand) string {
	unit := []string{"x", "x", "x", "é", `\"`, `\\`, "y\n", " ", ";", "}"}[r.IntN(10)]
	opening := []string{"", "", " ", `"`, "'", " #", "#", ` "`, "a "}[r.IntN(9)]
	ending := []string{"", " ", ";", "{", `"`, `";`, `" `, `")`, "'", "\n", "\n;", "' ;", `"{`}[r.IntN(13)]
	return opening + strings.Repeat(unit, (4096+r.IntN(12)-8)/len(unit)) + strings.Repeat("z", r.IntN(3)) + ending
}

// tokens returns the words and terminators of a tree as a reading has them.
func tokens(directives []*Directive) []string {
	var list []string
	for _, d := range directives {
		for _, w := range d.Words {
			list = append(list, "="+w.Value)
		}
		switch {
		case d.Block != nil:
			list = append(append(list, "{"), tokens(d.Block.Directives)...)
			if d.Block.Close >= 0 {
				list = append(list, "}")
			}
		case d.Term >= 0:
			list = append(list, ";")
		}
	}
	return list
}

// compare says where a tree and a naive reading of its text differ; "" where they agree.
func compare(f *File, want reading) string {
	switch {
	case want.message == "" && len(f.Errors) > 0:
		return "an error: " + f.Errors[0].Message
	case want.message != "" && len(f.Errors) == 0:
		return "no error"
	case want.message != "" && f.Errors[0].Message != want.message:
		return "another message: " + f.Errors[0].Message
	case want.message != "" && f.Errors[0].Line != want.line:
		return "another line"
	case !agree(tokens(f.Directives), want):
		return "other words"
	}
	return ""
}

// agree compares the words. Recovery may divide the statement in which the error is in another way.
func agree(got []string, want reading) bool {
	if want.message == "" {
		return slices.Equal(got, want.tokens)
	}
	n := len(want.tokens)
	for n > 0 && want.tokens[n-1][0] == '=' {
		n--
	}
	glued := slices.ContainsFunc(want.tokens[n:], func(s string) bool { return strings.HasSuffix(s, "}") })
	byteAfterQuote := strings.HasPrefix(want.message, "unexpected \"") || strings.HasPrefix(want.message, "too long")
	switch {
	case glued:
	case byteAfterQuote:
		n = max(n, len(want.tokens)-1)
	default:
		n = len(want.tokens)
	}
	return len(got) >= n && slices.Equal(got[:n], want.tokens[:n])
}

func TestRandomStringsAgainstNaiveReading(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 7))
	accepted, long := 0, 0
	for range *randomStrings {
		text := randomText(r)
		f, want := exact(text), naiveReading(text)
		if diff := compare(f, want); diff != "" {
			t.Fatalf("%s in %q\n tree: %q %+v\nnaive: %+v", diff, text, tokens(f.Directives), f.Errors, want)
		}
		checkTree(t, f)
		if want.message == "" {
			accepted++
		}
		if strings.HasPrefix(want.message, "too long") {
			long++
		}
	}
	t.Logf("%d random strings agree, %d of them accepted, %d too long", *randomStrings, accepted, long)
}
