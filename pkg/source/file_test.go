package source

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPosition(t *testing.T) {
	tests := []struct {
		name, text string
		offset     int
		want       Position
	}{
		{"start", "ab", 0, Position{0, 1, 1, 1, 1}},
		{"end of an empty file", "", 0, Position{0, 1, 1, 1, 1}},
		{"before the start", "ab", -3, Position{0, 1, 1, 1, 1}},
		{"after the end", "a\nb", 99, Position{3, 2, 2, 2, 2}},
		{"LF belongs to its line", "a\nb", 1, Position{1, 1, 2, 2, 2}},
		{"after a final LF", "a\n", 2, Position{2, 2, 1, 1, 1}},
		{"CR of CRLF", "a\r\nb", 1, Position{1, 1, 2, 2, 2}},
		{"after CRLF", "a\r\nb", 3, Position{3, 2, 1, 1, 1}},
		{"CR alone ends no line", "a\rb", 2, Position{2, 1, 3, 3, 3}},
		{"after a byte order mark", "\ufeffa", 3, Position{3, 1, 2, 4, 2}},
		{"after a wide character", "例x", 3, Position{3, 1, 2, 4, 2}},
		{"after one outside the basic plane", "\U0001F600x", 4, Position{4, 1, 2, 5, 3}},
		{"after a combining character", "o\u0301x", 3, Position{3, 1, 3, 4, 3}},
		{"after bytes that are not UTF-8", "\xff\xfex", 2, Position{2, 1, 3, 3, 3}},
		{"after a character cut short", "\xe4\xbex", 2, Position{2, 1, 3, 3, 3}},
		{"after NUL", "\x00x", 1, Position{1, 1, 2, 2, 2}},
		{"tab is one column", "\tx", 1, Position{1, 1, 2, 2, 2}},
	}
	for _, test := range tests {
		if got := NewFile("f", "f", test.text).Position(test.offset); got != test.want {
			t.Errorf("%s: position %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestLineSpan(t *testing.T) {
	f := NewFile("f", "f", "a\r\n\n\rbc\r\nlast")
	for line, want := range map[int]string{-1: "", 0: "", 1: "a", 2: "", 3: "\rbc", 4: "last", 5: ""} {
		if got := f.Slice(f.LineSpan(line)); got != want {
			t.Errorf("line %d is %q, want %q", line, got, want)
		}
	}
	if f.Lines() != 4 || NewFile("", "", "").Lines() != 1 || NewFile("", "", "a\n").Lines() != 2 {
		t.Error("wrong number of lines")
	}
}

// FuzzPosition compares with counting from the start, and finds the offset again from line and byte.
func FuzzPosition(f *testing.F) {
	long := strings.Repeat("例\xff\U0001F600a", 2000)
	f.Add("a\r\n\ufeff例\xff", 5)
	f.Add(long+"\n"+long, 20_000)
	f.Add(long, 17_999)
	f.Add(strings.Repeat("\n", 9000)+long, 9000+5001)
	f.Fuzz(func(t *testing.T, text string, offset int) {
		file := NewFile("f", "f", text)
		got := file.Position(offset)
		if want := naivePosition(text, offset); got != want {
			t.Fatalf("position of %d: %+v, want %+v", offset, got, want)
		}
		start := 0
		for range got.Line - 1 {
			start += strings.IndexByte(text[start:], '\n') + 1
		}
		if start+got.Byte-1 != got.Offset {
			t.Fatalf("line %d starts at %d, byte %d is not offset %d", got.Line, start, got.Byte, got.Offset)
		}
	})
}

// naivePosition counts everything that stands before offset.
func naivePosition(text string, offset int) Position {
	offset = max(0, min(offset, len(text)))
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	p := Position{Offset: offset, Line: 1 + strings.Count(text[:offset], "\n"), Column: 1, Byte: 1 + offset - start, UTF16: 1}
	for rest := text[start:offset]; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		p.Column++
		p.UTF16 += len(string(utf16Units(r)))
		rest = rest[n:]
	}
	return p
}

// utf16Units returns one byte for each UTF-16 code unit of r.
func utf16Units(r rune) []byte {
	if r >= 1<<16 {
		return []byte("xx")
	}
	return []byte("x")
}

func BenchmarkPositionInOneLine(b *testing.B) {
	text := strings.Repeat("a 例; ", 1<<20)
	f := NewFile("f", "f", text)
	for i := 0; b.Loop(); i++ {
		f.Position(i * 7919 % len(text))
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain.conf":       "plain.conf",
		"a\nb\tc\r":        `a\nb\tc\r`,
		"\x1b[31m\x00":     `\x1b[31m\x00`,
		"\xff例":            `\xff例`,
		"\u202egnp":        `\u202egnp`,
		"\ufeff\u0085":     `\ufeff\u0085`,
		"a\u2028b":         `a\u2028b`,
		`back\slash`:       `back\slash`,
		"\U0001F468\u200D": "\U0001F468\u200D",
		"\U000E0041":       `\U000e0041`,
	} {
		if got := Printable(in); got != want {
			t.Errorf("Printable(%q) = %q, want %q", in, got, want)
		}
	}
}
