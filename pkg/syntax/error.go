package syntax

import "github.com/ngxproof/ngxproof/pkg/source"

// Reason says what nginx's lexer or grammar refused.
type Reason uint8

// The reasons. Each has one text of nginx's own.
const (
	UnexpectedEnd   Reason = iota // unexpected end of file, expecting ";" or "}"
	UnexpectedEndIn               // unexpected end of file, expecting "}"
	UnexpectedByte                // unexpected ";", "{", "}" or the byte after a closing quote
	TooLong                       // too long parameter "xxxxxxxxxx..." started
	TooLongQuoted                 // too long parameter, probably missing terminating """ character
	TooLongLua                    // too long lua code block, probably missing terminating characters, and its like
	TooDeep                       // our limit: blocks nested deeper than MaxDepth
	NotTerminated                 // directive "x" is not terminated by ";"
	NoOpening                     // directive "x" has no opening "{"
	TooLarge                      // our limit: the file is larger than MaxSize
)

// Error is one thing in a file that nginx's lexer or grammar refuses.
type Error struct {
	Reason Reason
	// Message is nginx's own text, without file and line, such as `unexpected "}"`.
	Message string
	// Line is the line that nginx names, from 1; for an error after the first it is the line nginx would name if
	// the earlier ones were mended.
	Line int
	// Span is what is wrong as a person would point at it; it may stand on another line than Line.
	Span source.Span
	// Note is the text for the carets under Span, or empty.
	Note string
	// Related is a further span that explains the error, such as the `{` that is never closed; empty when Start == End.
	Related     source.Span
	RelatedNote string
	// Insert is set where the mend is certain: this text at byte offset InsertAt; else empty.
	Insert   string
	InsertAt int
}
