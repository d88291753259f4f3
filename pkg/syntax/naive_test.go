package syntax

import (
	"fmt"
	"slices"
	"strings"
)

// reading is what a second, naive reading of a text gives: the words and terminators up to the first error.
type reading struct {
	tokens  []string // a word is = and its value, what is not a word is `;`, `{` or `}`
	message string   // empty where nothing is wrong
	line    int
}

// naive reads text byte by byte as the rules of nginx's lexer are written down, with a flag for each thing that they
// speak of. It shares nothing with the parser. It knows no Lua.
type naive struct {
	reading
	text string
	line int

	words      int    // in the statement
	name       string // = and the first word that is not dots
	start      int    // of what the buffer must hold
	startLine  int
	inWord     bool
	quote      byte
	escaped    bool
	comment    bool
	variable   bool
	afterQuote bool
	data       []bool // for each open block, whether it is map-like
}

func naiveReading(text string) reading {
	n := naive{text: text, line: 1, startLine: 1}
	for i := 0; i < len(text) && n.message == ""; i++ {
		if i-n.start == 4096 {
			n.tooLong()
			break
		}
		if text[i] == '\n' {
			n.line++
		}
		n.read(i, text[i])
	}
	if n.message == "" {
		n.end()
	}
	return n.reading
}

func (n *naive) fail(line int, format string, args ...any) {
	n.message, n.reading.line = fmt.Sprintf(format, args...), line
}

func (n *naive) tooLong() {
	if n.quote != 0 {
		n.fail(n.startLine, `too long parameter, probably missing terminating "%c" character`, n.quote)
		return
	}
	n.fail(n.startLine, `too long parameter "%s..." started`, n.text[n.start:n.start+10])
}

func (n *naive) end() {
	if n.words > 0 || n.inWord || n.afterQuote {
		n.fail(n.line, `unexpected end of file, expecting ";" or "}"`)
	} else if len(n.data) > 0 {
		n.fail(n.line, `unexpected end of file, expecting "}"`)
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func (n *naive) read(i int, c byte) {
	switch {
	case n.comment && c != '\n':
	case n.escaped:
		n.escaped = false
	case n.afterQuote && c != ')':
		n.readAfterQuote(i, c)
	case n.inWord:
		n.readInWord(i, c)
	default:
		n.comment, n.afterQuote = false, false
		n.readBetween(i, c)
	}
}

func (n *naive) readAfterQuote(i int, c byte) {
	n.afterQuote = false
	switch {
	case isBlank(c):
	case c == ';' || c == '{':
		n.terminator(i, c)
	default:
		n.fail(n.line, `unexpected "%s"`, string([]byte{c}))
	}
}

func (n *naive) readBetween(i int, c byte) {
	n.start, n.startLine = i, n.line
	switch {
	case isBlank(c):
	case c == ';' || c == '{' || c == '}':
		if (n.words == 0) != (c == '}') || c == '}' && len(n.data) == 0 {
			n.fail(n.line, `unexpected "%c"`, c)
			return
		}
		n.terminator(i, c)
	case c == '#':
		n.comment = true
	case c == '"' || c == '\'':
		n.inWord, n.quote = true, c
		n.start++
	default:
		n.inWord, n.escaped, n.variable = true, c == '\\', c == '$'
	}
}

func (n *naive) readInWord(i int, c byte) {
	if c == '{' && n.variable {
		return
	}
	n.variable = c == '$'
	n.escaped = c == '\\'
	switch {
	case n.quote != 0 && c == n.quote:
		n.afterQuote, n.quote = true, 0
	case n.quote == 0 && (isBlank(c) || c == ';' || c == '{'):
	default:
		return
	}
	n.inWord = false
	word := naiveValue(n.text[n.start:i])
	n.tokens = append(n.tokens, "="+word)
	n.words++
	// nginx dies of a directive named `...`; what the parser makes of the words after it is checked all the same.
	if n.name == "" && (n.afterQuote || len(word) < 2 || strings.Trim(word, ".…") != "") {
		n.name = "=" + word
	}
	if c == ';' || c == '{' {
		n.terminator(i, c)
	}
}

func (n *naive) terminator(i int, c byte) {
	data := len(n.data) > 0 && n.data[len(n.data)-1]
	switch {
	case c == '{' && data:
		n.fail(n.line, `unexpected "{"`)
		return
	case c == '{':
		maps := []string{"map", "geo", "types", "split_clients", "charset_map", "num_map", "geoip2"}
		n.data = append(n.data, slices.Contains(maps, strings.TrimPrefix(n.name, "=")))
	case c == '}':
		n.data = n.data[:len(n.data)-1]
	}
	n.tokens = append(n.tokens, string(c))
	n.words, n.name = 0, ""
	n.start, n.startLine = i+1, n.line
}

var naiveEscapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\'`, `'`, `\t`, "\t", `\r`, "\r", `\n`, "\n")

func naiveValue(raw string) string { return naiveEscapes.Replace(raw) }
