package pcre

// starGroup reads what follows "(" where that is a star: a backtracking verb
// or an assertion spelt as a word. The position is at the star.
func (p *parser) starGroup(expected int) *fault {
	if len(p.src)-p.pos <= 1 || p.at(1) == ')' {
		return nil // the star itself is then refused as a quantifier
	}
	if isLower(p.at(1)) {
		return p.wordGroup(expected)
	}
	return p.verb()
}

// wordGroup reads "(*pla:" and the like.
//
// PCRE2: alasnames and alasmeta in src/pcre2_compile.c.
func (p *parser) wordGroup(expected int) *fault {
	p.pos++
	name := p.word()
	if p.at(0) != ':' {
		return p.fail(codeUnknownAlpha)
	}
	n, sign, reason := wordMeaning(name)
	switch {
	case n == nil && reason == "":
		return p.fail(codeUnknownAlpha)
	case reason == scanSubstring:
		p.newer(reason, p.fail(codeUnknownAlpha))
	case expected > 0 && reason == nonAtomic:
		return p.fail(codeAtomicExpected)
	case expected > 0 && !isLook(n):
		return p.fail(codeAssertionExpected)
	case reason != "":
		p.doubted(reason)
	}
	if l, ok := n.(*look); ok && l.behind {
		p.pos--
		p.openLookbehind(sign, expected)
		return nil
	}
	p.pos++
	if l, ok := n.(*look); ok {
		p.openLook(l, expected)
	} else {
		p.open(n)
	}
	return nil
}

const (
	nonAtomic     = "a non-atomic lookaround"
	scanSubstring = "a substring scan, known since PCRE2 10.45 only"
)

func isLook(n node) bool {
	_, ok := n.(*look)
	return ok
}

// wordMeaning gives the group that a word begins, the sign that the same
// lookbehind has in symbols, and why it cannot be matched, if so.
func wordMeaning(word string) (node, byte, string) {
	switch word {
	case "pla", "positive_lookahead":
		return &look{}, '=', ""
	case "nla", "negative_lookahead":
		return &look{negative: true}, '!', ""
	case "plb", "positive_lookbehind":
		return &look{behind: true}, '=', ""
	case "nlb", "negative_lookbehind":
		return &look{behind: true}, '!', ""
	case "napla", "non_atomic_positive_lookahead":
		return &look{}, '*', nonAtomic
	case "naplb", "non_atomic_positive_lookbehind":
		return &look{behind: true}, '*', nonAtomic
	case "atomic":
		return &group{atomic: true}, 0, ""
	case "sr", "script_run", "asr", "atomic_script_run":
		return &group{}, 0, "a script run"
	case "scs", "scan_substring":
		return &group{}, 0, scanSubstring
	}
	return nil, 0, ""
}

// verb reads "(*VERB)" or "(*VERB:name)".
//
// PCRE2: verbs in src/pcre2_compile.c.
func (p *parser) verb() *fault {
	p.pos++
	name := p.word()
	if p.at(0) != ':' && p.at(0) != ')' || p.done() {
		return p.fail(codeUnknownVerb)
	}
	switch name {
	case "", "MARK", "ACCEPT", "F", "FAIL", "COMMIT", "PRUNE", "SKIP", "THEN":
	default:
		return p.fail(codeUnknownVerb)
	}
	if p.at(0) == ':' && p.at(1) == ')' {
		p.pos++
	}
	if p.at(0) != ':' && (name == "" || name == "MARK") {
		return p.fail(codeMarkArgument)
	}
	if f := p.verbName(); f != nil {
		return f
	}
	p.put(nowhere)
	if name != "F" && name != "FAIL" {
		p.quantifies = name == "ACCEPT"
		p.doubted("the backtracking verb (*" + name + ")")
	}
	return nil
}

// verbName skips to the end of the verb.
func (p *parser) verbName() *fault {
	named := p.at(0) == ':'
	p.pos++
	if !named {
		return nil
	}
	start := p.pos
	for !p.done() && p.at(0) != ')' {
		p.pos++
	}
	switch {
	case p.done():
		return p.fail(codeUnknownVerb)
	case p.pos-start > maxVerbName:
		return p.fail(codeVerbNameTooLong)
	}
	p.pos++
	return nil
}
