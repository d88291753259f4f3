package syntax

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestQuoteWord(t *testing.T) {
	for value, want := range map[string]string{
		"":           `""`,
		"upgrade":    "upgrade",
		"a b":        `"a b"`,
		"${x}y":      "${x}y",
		"$x{":        `"$x{"`,
		"a$":         `"a$"`,
		"${":         `"${"`,
		"x{2}":       `"x{2}"`,
		`^/\d+$`:     `"^/\\d+$"`,
		`say "hi"`:   `"say \"hi\""`,
		`a"b`:        `a"b`,
		"#c":         `"#c"`,
		"a#c":        "a#c",
		"}":          `"}"`,
		"80}":        "80}",
		"text;":      `"text;"`,
		"line\nline": "\"line\nline\"",
	} {
		if got, err := QuoteWord(value); got != want || err != nil {
			t.Errorf("QuoteWord(%q) = %s, %v; want %s", value, got, err, want)
		}
	}
}

func TestQuoteWordIsReadBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		var b strings.Builder
		for range r.IntN(6) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		value := b.String()
		word, err := QuoteWord(value)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"a " + word + " b;", word + ";", "a " + word + "{}"} {
			f := exact(text)
			i := min(1, len(f.Directives[0].Words)-1)
			if got := f.Directives[0].Words[i].Value; len(f.Errors) > 0 || got != value {
				t.Fatalf("%q is written %s and read %q, %+v", value, word, got, f.Errors)
			}
		}
	}
}

func TestQuoteWordLength(t *testing.T) {
	for _, unit := range []string{"x", " ", `\`} {
		longest := strings.Repeat(unit, MaxQuotedWord/len(quoter.Replace(unit)))
		word, err := QuoteWord(longest)
		if err != nil {
			t.Fatal(err)
		}
		if f := parseText("a " + word + " b;\n"); len(f.Errors) > 0 {
			t.Errorf("%d times %q: %+v", len(longest), unit, f.Errors)
		}
		if _, err := QuoteWord(longest + unit); err == nil {
			t.Errorf("%d times %q is written", len(longest)+1, unit)
		}
	}
}
