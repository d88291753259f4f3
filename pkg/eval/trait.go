package eval

import "github.com/ngxproof/ngxproof/pkg/catalog"

// traits are the ways in which nginx's versions differ here. Versions with the same traits give the same heads.
type traits uint16

const (
	joinsDuplicates traits = 1 << iota // since 1.23.0: $http_x of a repeated header holds all lines
	sendsClose                         // before 1.29.7: Connection: close by default, proxy_http_version 1.0
	dropsProxyConn                     // since 1.31.0: Proxy-Connection is not passed on
	hostFirst                          // since 1.31.4: Host is the first line, the last directive wins
	poolsByDefault                     // since 1.29.7: keepalive 32 in an upstream block
	upgradeHTTP2                       // before 1.31.3: Upgrade of a response is passed to HTTP/2 clients
	escapesLess                        // before 1.21.1: `"<>\^`{|}` in a path are not escaped
)

// since says from which version on a trait holds; until, from which it does not any more.
var (
	since = []struct {
		version catalog.Version
		trait   traits
	}{
		{catalog.Version{Major: 1, Minor: 23}, joinsDuplicates},
		{catalog.Version{Major: 1, Minor: 29, Patch: 7}, poolsByDefault},
		{catalog.Version{Major: 1, Minor: 31}, dropsProxyConn},
		{catalog.Version{Major: 1, Minor: 31, Patch: 4}, hostFirst},
	}
	until = []struct {
		version catalog.Version
		trait   traits
	}{
		{catalog.Version{Major: 1, Minor: 29, Patch: 7}, sendsClose},
		{catalog.Version{Major: 1, Minor: 31, Patch: 3}, upgradeHTTP2},
		{catalog.Version{Major: 1, Minor: 21, Patch: 1}, escapesLess},
	}
)

// traitsOf returns the traits of nginx v.
func traitsOf(v catalog.Version) traits {
	var t traits
	for _, s := range since {
		if !v.Before(s.version) {
			t |= s.trait
		}
	}
	for _, u := range until {
		if v.Before(u.version) {
			t |= u.trait
		}
	}
	return t
}

// has reports whether t has the trait.
func (t traits) has(trait traits) bool { return t&trait != 0 }
