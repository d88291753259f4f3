package websocket

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/eval"
)

// valuesOf returns the values of the head's lines of that name, and whether they are known. What a template will put in
// the place of "{{ upgrade }}" is not.
func valuesOf(u *eval.Upstream, name string) (values []string, known bool) {
	values, known = u.Values(name)
	return values, known && !slices.ContainsFunc(values, templated)
}

// templated reports whether a value of Upgrade or Connection is a template's placeholder: it has what no token has
// ("{{ x }}", "<x>", "@X@", "\$x" of a shell script), or is between two marks ("%%X%%", "__X__").
func templated(value string) bool {
	return strings.ContainsAny(value, `{}<>[]@\`) || strings.HasPrefix(value, "%%") || strings.HasPrefix(value, "__")
}

// forwardsUpgrade reports whether the head is known to have an Upgrade line: nginx sends none with an empty value.
func forwardsUpgrade(u *eval.Upstream) bool {
	values, known := valuesOf(u, "Upgrade")
	return known && len(values) > 0
}

// lacks reports whether the head is known to have no line of that name.
func lacks(u *eval.Upstream, name string) bool {
	values, known := valuesOf(u, name)
	return known && len(values) == 0
}

// withToken reports whether the head's lines of that name are known to have the token, in any case, in a list with
// commas: what a backend makes of several lines.
func withToken(u *eval.Upstream, name, token string) bool {
	values, known := valuesOf(u, name)
	return known && hasToken(values, token)
}

// withoutToken reports whether the head's lines of that name, or their absence, are known and the token is not there.
func withoutToken(u *eval.Upstream, name, token string) bool {
	values, known := valuesOf(u, name)
	return known && !hasToken(values, token)
}

// hasToken reports whether one of the lists with commas has the token, in any case.
func hasToken(lists []string, token string) bool {
	return slices.ContainsFunc(lists, func(list string) bool { return eval.HasToken(list, token) })
}

// setsUpgrade reports whether a proxy_set_header directive is about Upgrade.
func setsUpgrade(d *config.Directive) bool { return strings.EqualFold(d.Arg(1), "Upgrade") }
