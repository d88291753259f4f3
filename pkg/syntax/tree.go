// Package syntax answers: what does one file say?
//
// It reads a file with nginx's exact lexer into a lossless tree: every word, terminator, comment and skipped byte has a
// span, the gaps between them are blanks, and printing the tree gives the input back. After an error it goes on.
//
// nginx: src/core/ngx_conf_file.c, ngx_conf_read_token and ngx_conf_parse.
package syntax

import "github.com/ngxproof/ngxproof/pkg/source"

// Quote is how a word was written.
type Quote byte

// The kinds of quoting: a bare word has none.
const (
	Bare   Quote = 0
	Single Quote = '\''
	Double Quote = '"'
)

// Word is a directive's name or one of its arguments.
type Word struct {
	// Value is what nginx makes of the word: quotes removed, escapes resolved. It shares the file's memory where it can.
	Value string
	// Start and End are byte offsets of the raw word, half-open, quotes included.
	Start, End int32
	Quote      Quote
	// Placeholder says that a template's constructs stand in the word. In its Value each is a variable that nothing
	// defines, such as `${template_port}`.
	Placeholder bool
}

// Span returns the bytes of the raw word, quotes included.
func (w Word) Span() source.Span { return source.Span{Start: int(w.Start), End: int(w.End)} }

// Directive is one statement: a name, its arguments, and a block or not.
type Directive struct {
	// Words holds the name and then the arguments; it is never empty.
	Words []Word
	// Term is the byte offset of the `;` or `{` that ends the words; -1 where it is missing and the statement was
	// closed by recovery.
	Term int32
	// Gap is what a template's constructs leave open about the directive; 0 in a plain file.
	Gap Gap
	// Block is nil for a simple directive.
	Block *Block
	// Parent is the directive whose block holds this one; nil at the top of the file.
	Parent *Directive
}

// Block is what stands between a directive's braces.
type Block struct {
	// Directives are the statements in order. In the block of a map, geo, types and the like each is an entry whose
	// first word is data.
	Directives []*Directive
	// Open and Close are the byte offsets of `{` and `}`; Close is -1 where the file ends before it.
	Open, Close int32
	// stop is, where Close is -1, one past the last byte that is taken for the block's.
	stop int32
	// Raw marks a block that is not nginx's grammar, such as Lua code: it has no directives, its text stands
	// between the braces.
	Raw bool
}

// File is the tree of one file.
type File struct {
	*source.File
	// Directives are the statements at the top of the file.
	Directives []*Directive
	// Comments are the spans of all comments in order, each from its `#` up to its LF or the end of the file.
	Comments []source.Span
	// Skipped are the spans, in order, that an error made the parser pass over: a stray `}`, the rest of a line
	// after an unclosed quote.
	Skipped []source.Span
	// Errors are what nginx's lexer and grammar refuse in this file, in order of their place.
	Errors []Error
	// MoreErrors is how many further errors there are beyond MaxErrors.
	MoreErrors int
	// Suspects are what the lexer accepts but is most likely not meant, in order of their place.
	Suspects []Suspect
	// Template is what the file says in a template language; nil for plain nginx.
	Template *Template
}

// Name returns the directive's name as nginx reads it.
func (d *Directive) Name() string { return d.Words[0].Value }

// Args returns the words after the name.
func (d *Directive) Args() []Word { return d.Words[1:] }

// Arg returns the value of argument i, from 1, or "" where there is none.
func (d *Directive) Arg(i int) string {
	if i < len(d.Words) {
		return d.Words[i].Value
	}
	return ""
}

// Head returns the span from the name's first byte to the end of the last word.
func (d *Directive) Head() source.Span {
	return source.Span{Start: int(d.Words[0].Start), End: int(d.Words[len(d.Words)-1].End)}
}

// Span returns the whole statement: to its `;`, or to its `}`, or as far as recovery got.
func (d *Directive) Span() source.Span {
	span := d.Head()
	switch {
	case d.Block != nil && d.Block.Close >= 0:
		span.End = int(d.Block.Close) + 1
	case d.Block != nil:
		span.End = int(d.Block.stop)
	case d.Term >= 0:
		span.End = int(d.Term) + 1
	}
	return span
}
