package pcre

// The sets of PCRE2's built-in C tables.
//
// PCRE2: src/pcre2_chartables.c.dist; \h and \v: HSPACE_CASES and VSPACE_CASES
// in src/pcre2_internal.h.
var (
	digitSet      = fromRanges("09")
	wordSet       = fromRanges("09AZaz__")
	spaceSet      = fromRanges("\t\r  ")
	horizontalSet = setOf("\t \xa0")
	verticalSet   = setOf("\n\v\f\r\x85")
)

var posixSets = map[string]byteSet{
	"alpha":  fromRanges("AZaz"),
	"lower":  fromRanges("az"),
	"upper":  fromRanges("AZ"),
	"alnum":  fromRanges("09AZaz"),
	"ascii":  fromRanges("\x00\x7f"),
	"blank":  setOf("\t "),
	"cntrl":  fromRanges("\x00\x1f\x7f\x7f"),
	"digit":  digitSet,
	"graph":  fromRanges("!~"),
	"print":  fromRanges(" ~"),
	"punct":  fromRanges("!/:@[`{~"),
	"space":  spaceSet,
	"word":   wordSet,
	"xdigit": fromRanges("09AFaf"),
}

// fromRanges makes a set of pairs of bytes, the ends of a range each.
func fromRanges(ends string) byteSet {
	var s byteSet
	for i := 0; i+1 < len(ends); i += 2 {
		s.addRange(ends[i], ends[i+1])
	}
	return s
}

// posixAhead gives where "[:name:]", "[.x.]" or "[=x=]" ends whose colon the
// position is at: the index of the last colon in src, or -1.
//
// PCRE2: check_posix_syntax.
func (p *parser) posixAhead() int {
	mark := p.at(0)
	if mark != ':' && mark != '.' && mark != '=' {
		return -1
	}
	for i := p.pos + 1; i+1 < len(p.src); i++ {
		c, next := p.src[i], p.src[i+1]
		switch {
		case c == '\\' && (next == ']' || next == '\\'):
			i++
		case c == '[' && next == mark, c == ']':
			return -1
		case c == mark && next == ']':
			return i
		}
	}
	return -1
}

// posixInside is posixAhead from the bracket before the colon.
func (p *parser) posixInside() bool {
	p.pos++
	defer func() { p.pos-- }()
	return len(p.src)-p.pos >= 3 && p.posixAhead() >= 0
}

// posix reads "[:name:]"; the position is at its bracket.
func (r *classReader) posix() *fault {
	p := r.p
	p.pos++
	end := p.posixAhead()
	if r.state == rangeBegun {
		return p.fail(codeClassRange)
	}
	if p.at(0) != ':' {
		return p.failBack(codePosixCollating)
	}
	p.pos++
	negated := p.at(0) == '^'
	if negated {
		p.pos++
	}
	set, known := posixSets[p.src[min(p.pos, end):end]]
	if !known {
		return p.fail(codeUnknownPosix)
	}
	if p.flags.fold && (set == posixSets["lower"] || set == posixSets["upper"]) {
		set = posixSets["alpha"]
	}
	if negated {
		set = set.negate()
	}
	r.set = r.set.union(set)
	p.pos = end + 2
	r.state = noRange
	return r.hyphenBehind()
}
