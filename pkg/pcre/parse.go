package pcre

import "strings"

// PCRE2's limits, as Debian and nginx.org build it.
//
// PCRE2: src/config.h.generic (PARENS_NEST_LIMIT, MAX_NAME_SIZE, MAX_NAME_COUNT),
// src/pcre2_intmodedep.h (MAX_GROUP_NUMBER), src/pcre2_compile.c (MAX_REPEAT_COUNT).
const (
	maxNesting  = 250
	maxGroup    = 65535
	maxRepeat   = 65535
	maxName     = 32
	maxNewName  = 128 // since PCRE2 10.44
	maxNames    = 10000
	maxVerbName = 255
)

// flags are the options that a pattern can change on its way, (?imsnxJU).
type flags struct {
	fold, multiline, dotAll, noCapture    bool
	extended, extendedMore, dup, ungreedy bool
}

// frame is a group that is open.
type frame struct {
	open     node // what the group becomes; nil for the whole pattern
	branches alternation
	current  sequence
	saved    flags
	// Of (?|...): where numbering starts again, and how far it came.
	reset    bool
	first    int
	furthest int
	// isTest marks the assertion of a (?(?=...)...).
	isTest bool
}

// parser walks a pattern once, as PCRE2's parse_regex does: the order of its
// checks decides which of several mistakes is reported, and where.
type parser struct {
	src        string
	pos        int
	flags      flags
	frames     []*frame
	groups     int // capturing groups so far, cb->bracount
	most       int // the highest number given out
	names      []namedGroup
	depth      int // of look: open lookarounds
	quoted     bool
	quantifies bool    // the last item may be quantified
	last       *repeat // the last item is this quantifier: a ? or + changes it
	expectTest int     // 2 after "(?(", 1 after a callout there
	resets     bool
	doubt      string // the first thing that PCRE2 accepts and we cannot do
	old        *fault // the first thing that only newer versions accept, as 10.42 refuses it
	behinds    bool
	keeps      bool
	firstRef   [10]int // offset of the first \1 to \9: PCRE2 reports that one
}

// parse reads a whole pattern and makes sure that PCRE2 would take it.
func parse(pattern string, opts Options) (*tree, error) {
	p := &parser{src: pattern, flags: flags{fold: opts.CaseInsensitive}}
	for i := range p.firstRef {
		p.firstRef[i] = -1
	}
	if reason := p.startOptions(); reason != "" {
		return nil, unsupported(pattern, reason)
	}
	p.frames = []*frame{{}}
	switch f := p.items(); {
	case f != nil && f.code == codeUnsupported:
		return nil, unsupported(pattern, p.doubt)
	case f != nil:
		return nil, p.first(f).in(pattern)
	}
	t := &tree{pattern: pattern, root: p.frames[0].body(), groups: p.most, names: p.names, keeps: p.keeps}
	if f := p.check(t); f != nil {
		return nil, p.first(f).in(pattern)
	}
	if p.doubt != "" {
		return nil, unsupported(pattern, p.doubt)
	}
	return t, nil
}

// startOptions skips the leading (*NAME) that change nothing here and names
// the first that does.
func (p *parser) startOptions() string {
	neutral := []string{"(*NO_AUTO_POSSESS)", "(*NO_DOTSTAR_ANCHOR)", "(*NO_JIT)", "(*NO_START_OPT)", "(*LF)", "(*BSR_UNICODE)"}
	other := []string{
		"(*UTF)", "(*UTF8)", "(*UCP)", "(*NOTEMPTY)", "(*NOTEMPTY_ATSTART)", "(*LIMIT_", "(*CR)", "(*CRLF)", "(*ANY)", "(*NUL)", "(*ANYCRLF)",
		"(*BSR_ANYCRLF)", "(*CASELESS_RESTRICT)", "(*TURKISH_CASING)",
	}
	for {
		before := p.pos
		for _, name := range neutral {
			if p.ahead(name) {
				p.pos += len(name)
			}
		}
		for _, name := range other {
			if p.ahead(name) {
				return "the option " + name
			}
		}
		if p.pos == before {
			return ""
		}
	}
}

func (p *parser) done() bool             { return p.pos >= len(p.src) }
func (p *parser) ahead(s string) bool    { return strings.HasPrefix(p.src[p.pos:], s) }
func (p *parser) at(i int) byte          { return byteAt(p.src, p.pos+i) }
func (p *parser) top() *frame            { return p.frames[len(p.frames)-1] }
func (p *parser) nesting() int           { return len(p.frames) - 1 }
func (p *parser) fail(c code) *fault     { return &fault{c, p.pos} }
func (p *parser) failBack(c code) *fault { return &fault{c, p.pos - 1} }

// byteAt is s[i], or 0 where s has no such byte.
func byteAt(s string, i int) byte {
	if i < 0 || i >= len(s) {
		return 0
	}
	return s[i]
}

// doubted notes what cannot be matched. Reading goes on: PCRE2 may refuse the rest.
func (p *parser) doubted(reason string) {
	if p.doubt == "" {
		p.doubt = reason
	}
}

// newer notes what PCRE2 accepts since a version after 10.42 only.
func (p *parser) newer(reason string, refusal *fault) {
	p.doubted(reason)
	if p.old == nil {
		p.old = refusal
	}
}

// stop gives up reading: what follows has a syntax of its own.
func (p *parser) stop(reason string) *fault {
	p.doubt = reason
	return &fault{code: codeUnsupported}
}

// first is where 10.42 stops in a pattern that every version refuses.
func (p *parser) first(f *fault) *fault {
	if p.old != nil {
		return p.old
	}
	return f
}

// add appends an item that a quantifier may follow.
func (p *parser) add(n node) {
	p.put(n)
	p.quantifies = true
}

// put appends an item that a quantifier may not follow.
func (p *parser) put(n node) {
	f := p.top()
	f.current = append(f.current, n)
}

func (p *parser) addByte(b byte) { p.add(literal{b, p.flags.fold && isLetter(b)}) }

// items reads to the end of the pattern.
func (p *parser) items() *fault {
	for !p.done() {
		if p.nesting() > maxNesting {
			return p.fail(codeNestedTooDeep)
		}
		if p.quoted {
			if f := p.quotedByte(); f != nil {
				return f
			}
			continue
		}
		skipped, f := p.insignificant()
		if f != nil {
			return f
		}
		if skipped {
			continue
		}
		if f := p.item(); f != nil {
			return f
		}
	}
	if p.nesting() > 0 {
		return p.fail(codeGroupUnterminated)
	}
	return nil
}

// quotedByte reads one byte after \Q, or the \E.
func (p *parser) quotedByte() *fault {
	if p.ahead(`\E`) {
		p.quoted = false
		p.pos += 2
		return nil
	}
	if p.expectTest > 0 {
		return p.fail(codeAssertionExpected)
	}
	b := p.src[p.pos]
	p.pos++
	p.last = nil
	p.addByte(b)
	return nil
}

// insignificant skips what does not come between an item and its quantifier.
func (p *parser) insignificant() (bool, *fault) {
	c := p.at(0)
	switch {
	case c == '\\' && (p.at(1) == 'Q' || p.at(1) == 'E'):
		p.quoted = p.at(1) == 'Q'
		p.pos += 2
	case p.flags.extended && (isSpace(c) || c == 0x85):
		p.pos++
	case p.flags.extended && c == '#':
		if _, rest, found := strings.Cut(p.src[p.pos:], "\n"); found {
			p.pos = len(p.src) - len(rest)
		} else {
			p.pos = len(p.src)
		}
	case p.ahead("(?#"):
		end := strings.IndexByte(p.src[p.pos+2:], ')')
		if end < 0 {
			return false, &fault{codeCommentUnterminated, len(p.src)}
		}
		p.pos += 2 + end + 1
	default:
		return false, nil
	}
	return true, nil
}

// item reads one significant thing.
func (p *parser) item() *fault {
	expected := p.expectTest
	if expected > 0 && !p.testAhead() {
		return p.fail(codeAssertionExpected)
	}
	p.expectTest = 0
	quantifiable, quantifier := p.quantifies, p.last
	p.quantifies, p.last = false, nil
	c := p.src[p.pos]
	p.pos++
	if quantifier != nil && (c == '?' || c == '+') {
		p.modify(quantifier, c)
		return nil
	}
	switch c {
	case '\\':
		return p.escapeItem()
	case '^', '$', '.':
		p.metaByte(c)
	case '*', '+', '?', '{':
		return p.quantifier(c, quantifiable)
	case '[':
		return p.classItem()
	case '(':
		return p.openGroup(expected)
	case '|':
		p.nextBranch()
	case ')':
		return p.closeGroup()
	default:
		p.addByte(c)
	}
	return nil
}

func (p *parser) metaByte(c byte) {
	switch {
	case c == '.' && p.flags.dotAll:
		p.add(class{byteSet{}.negate()})
	case c == '.':
		p.add(class{setOf("\n").negate()})
	case c == '^' && p.flags.multiline:
		p.put(atLineStart)
	case c == '^':
		p.put(atStart)
	case p.flags.multiline:
		p.put(atLineEnd)
	default:
		p.put(atEnd)
	}
}
