package catalog

import "strings"

// ThirdParty gives the third-party module whose directives are named like name ("echo_sleep": "echo-nginx-module").
// It is a guess from name patterns for names that Lookup does not know; the most specific pattern wins.
func ThirdParty(name string) (module string, ok bool) {
	best := -1
	for i := range thirdParty {
		p := &thirdParty[i]
		if p.matches(name) && (best < 0 || len(p.text) > len(thirdParty[best].text)) {
			best = i
		}
	}
	if best < 0 {
		return "", false
	}
	return thirdParty[best].module, true
}

// pattern is a directive name with at most one asterisk, at its start or end.
type pattern struct{ text, module string }

func (p *pattern) matches(name string) bool {
	if prefix, ok := strings.CutSuffix(p.text, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	if suffix, ok := strings.CutPrefix(p.text, "*"); ok {
		return strings.HasSuffix(name, suffix)
	}
	return name == p.text
}
