package catalog

import (
	"math/bits"
	"strings"
)

// Context is a set of places where a directive may stand. The zero value is the empty set; as an Entry's Contexts it
// means that the places are not known.
//
// nginx has a bit for each of them in ngx_command_t.type (src/http/ngx_http_config.h, NGX_HTTP_MAIN_CONF and the
// following, src/stream/ngx_stream.h, src/mail/ngx_mail.h, src/core/ngx_conf_file.h), with the module type telling
// http, stream and mail apart.
type Context uint32

// The contexts, in the order of String.
const (
	Main           Context = 1 << iota // the top level of nginx.conf
	Events                             // events { }
	HTTP                               // http { }
	Server                             // http: server { }
	IfInServer                         // http: if in server
	Location                           // http: location { }
	IfInLocation                       // http: if in location
	LimitExcept                        // http: limit_except in location
	Upstream                           // http: upstream { }
	Stream                             // stream { }
	StreamServer                       // stream: server { }
	StreamUpstream                     // stream: upstream { }
	Mail                               // mail { }
	MailServer                         // mail: server { }
	ACMEIssuer                         // http: acme_issuer { } (nginx-acme)
	OIDCProvider                       // http: oidc_provider { } (commercial)
	Mgmt                               // mgmt { } (commercial)

	// AnyContext holds every context: where `include` may stand.
	AnyContext Context = 1<<iota - 1

	// HTTPContexts holds http and every context below it.
	HTTPContexts = HTTP | Server | IfInServer | Location | IfInLocation | LimitExcept | Upstream | ACMEIssuer | OIDCProvider
	// StreamContexts holds stream and every context below it.
	StreamContexts = Stream | StreamServer | StreamUpstream
	// CommercialContexts holds the contexts that the commercial edition alone has.
	CommercialContexts = OIDCProvider | Mgmt
	// MailContexts holds mail and every context below it.
	MailContexts = Mail | MailServer
)

// contextNames is in the order of the bits.
var contextNames = [...]string{
	"main", "events", "http", "server", "if-in-server", "location", "if-in-location", "limit_except", "upstream",
	"stream", "stream-server", "stream-upstream", "mail", "mail-server", "acme_issuer", "oidc_provider", "mgmt",
}

// Contexts lists the contexts one by one, outer ones first.
func Contexts() []Context {
	all := make([]Context, len(contextNames))
	for i := range all {
		all[i] = 1 << i
	}
	return all
}

// ParseContext reads the name of one context, spelt as String spells it, or "any".
func ParseContext(name string) (Context, bool) {
	for i, known := range contextNames {
		if known == name {
			return 1 << i, true
		}
	}
	return AnyContext, name == "any"
}

// ParseContexts reads a comma-separated list of contexts, as in `--context http,server`. It gives the first name that
// is no context, "" if all are.
func ParseContexts(list string) (set Context, unknown string) {
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		c, ok := ParseContext(name)
		if !ok {
			return 0, name
		}
		set |= c
	}
	return set, ""
}

// String gives the names of the set's contexts, comma-separated: "http,server". The full set is "any", the empty one "".
func (c Context) String() string {
	if c == AnyContext {
		return "any"
	}
	return strings.Join(c.Names(), ",")
}

// Names gives the names of the set's contexts, outer ones first.
func (c Context) Names() []string {
	names := make([]string, 0, bits.OnesCount32(uint32(c)))
	for i, name := range contextNames {
		if c&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// Has reports whether every context of d is in c.
func (c Context) Has(d Context) bool { return c&d == d }
