package pcre

import (
	"errors"
	"fmt"
	"time"
)

// TimeLimit is the longest that one match may take in the backtracking engine.
// It stands for PCRE2's match limit of 10,000,000 steps.
const TimeLimit = time.Second

// ErrTimeout is returned by [Regexp.Match] where the match took longer than
// [TimeLimit]. PCRE2 gives PCRE2_ERROR_MATCHLIMIT for such a pair, for which
// nginx answers 500. The two limits are not the same: just below and above
// them one engine may still answer where the other gives up.
var ErrTimeout = errors.New("pcre: match limit exceeded")

// ErrUnsupported is wrapped by the error for a pattern that PCRE2 accepts, or
// that only some of its versions accept, and that this package cannot match
// exactly. What such a pattern does is unknown.
var ErrUnsupported = errors.New("pcre: unsupported pattern")

// Error says that PCRE2 refuses a pattern. Wording and offset are those of
// PCRE2 10.42, which Debian 12 ships beside nginx 1.22.1. All versions up to
// 10.49 refuse the same patterns, but 10.46 words "lookbehind assertion is not
// fixed length" otherwise and 10.49 counts most offsets from behind the item at
// fault, mostly by one more byte. nginx prints them as
//
//	pcre2_compile() failed: MESSAGE in "PATTERN" at "REST"
//
// nginx: src/core/ngx_regex.c, ngx_regex_compile.
type Error struct {
	Pattern string
	Offset  int    // in bytes, 0 to len(Pattern)
	Message string // PCRE2's text, pcre2_get_error_message
}

// Error is the sentence that nginx prints: it leaves "at" out where the
// pattern ends at the offset.
func (e *Error) Error() string {
	if e.Offset >= len(e.Pattern) {
		return fmt.Sprintf("pcre2_compile() failed: %s in \"%s\"", e.Message, e.Pattern)
	}
	return fmt.Sprintf("pcre2_compile() failed: %s in \"%s\" at \"%s\"", e.Message, e.Pattern, e.Pattern[e.Offset:])
}

// fault is a refusal before the pattern is known to whoever found it.
type fault struct {
	code   code
	offset int
}

func (f *fault) in(pattern string) *Error {
	return &Error{Pattern: pattern, Offset: f.offset, Message: f.code.message()}
}

func unsupported(pattern, reason string) error {
	return fmt.Errorf("%w: %s in %q", ErrUnsupported, reason, pattern)
}
