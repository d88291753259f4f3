package pcre

// optionSetting reads "(?imsnxJU-imsnxJU)" or the same with a colon; the
// position is behind the question mark.
func (p *parser) optionSetting() *fault {
	before := p.flags
	after, f := p.options()
	if f != nil {
		return f
	}
	if p.done() {
		return p.fail(codeGroupUnterminated)
	}
	p.pos++
	if p.src[p.pos-1] == ':' {
		p.open(&group{}).saved = before
	}
	p.flags = after
	return nil
}

// options reads the letters up to the parenthesis or colon.
func (p *parser) options() (flags, *fault) {
	base, hyphen := p.flags, true
	if p.at(0) == '^' {
		base = flags{dup: base.dup, ungreedy: base.ungreedy}
		hyphen = false
		p.pos++
	}
	var set, unset flags
	target := &set
	for ; !p.done() && p.at(0) != ')' && p.at(0) != ':'; p.pos++ {
		if p.at(0) == '-' {
			if !hyphen {
				return base, p.fail(codeOptionHyphen)
			}
			target, hyphen = &unset, false
			continue
		}
		if f := p.option(target); f != nil {
			return base, f
		}
	}
	if set.extended && !set.extendedMore || unset.extended {
		unset.extendedMore = true
	}
	return base.with(set).without(unset), nil
}

func (p *parser) option(target *flags) *fault {
	switch p.at(0) {
	case 'J':
		target.dup = true
	case 'i':
		target.fold = true
	case 'm':
		target.multiline = true
	case 'n':
		target.noCapture = true
	case 's':
		target.dotAll = true
	case 'U':
		target.ungreedy = true
	case 'x':
		target.extended = true
		if p.at(1) == 'x' {
			target.extendedMore = true
			p.pos++
		}
	case 'a', 'r':
		p.newer("an option letter known since PCRE2 10.43 only", p.fail(codeUnknownOption))
	default:
		return p.fail(codeUnknownOption)
	}
	return nil
}

func (f flags) with(o flags) flags {
	return flags{
		fold: f.fold || o.fold, multiline: f.multiline || o.multiline, dotAll: f.dotAll || o.dotAll, noCapture: f.noCapture || o.noCapture,
		extended: f.extended || o.extended, extendedMore: f.extendedMore || o.extendedMore, dup: f.dup || o.dup, ungreedy: f.ungreedy || o.ungreedy,
	}
}

func (f flags) without(o flags) flags {
	return flags{
		fold: f.fold && !o.fold, multiline: f.multiline && !o.multiline, dotAll: f.dotAll && !o.dotAll, noCapture: f.noCapture && !o.noCapture,
		extended: f.extended && !o.extended, extendedMore: f.extendedMore && !o.extendedMore, dup: f.dup && !o.dup, ungreedy: f.ungreedy && !o.ungreedy,
	}
}
