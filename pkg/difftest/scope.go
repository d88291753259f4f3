package difftest

// Which pairs of values can be observed at all. What is declared impossible is left out of the figures, with its
// reason; what one pick hides is credited by another.

// exclusion declares every pair of the values of two dimensions out of scope. Nil values mean all.
type exclusion struct {
	a      *Dimension
	values []string
	b      *Dimension
	others []string
	reason string
}

var uriForms = []string{"/", "/x", "/x/", "/x?q", "rewrite break, URI"}

var exclusions = []exclusion{
	{dimVersion, []string{"absent"}, dimVersionLevel, []string{"server", "http"}, "a directive that is absent stands on no level"},
	{dimKeepalive, []string{"4", "0"}, dimAddress, []string{"literal", "unix"}, "keepalive stands in upstream{} only"},
	{dimLevel, []string{"if"}, dimPass, uriForms, "nginx refuses a URI part in if"},
	{dimLocation, []string{"~", "~*", "nested regex", "named by try_files", "named by error_page"}, dimPass, uriForms, "nginx refuses a URI part in regex and named locations"},
	{dimLevel, []string{"parent location"}, dimLocation, []string{"named by try_files", "named by error_page"}, "nginx wants named locations on the server's level"},
	{dimHide, []string{"none"}, dimHideLevel, []string{"server"}, "nothing stands on that level"},
	{dimPassHeader, []string{"none"}, dimPassLevel, []string{"server"}, "nothing stands on that level"},
	{dimAdd, []string{"none"}, dimAddLevel, []string{"server"}, "nothing stands on that level"},
	{dimMapEmpty, []string{"empty"}, dimMap, []string{"no empty key"}, "the map has no place for the value"},
	{dimProtocol, []string{"1.0"}, dimMethod, []string{"POST, chunked"}, "nginx refuses chunked in HTTP/1.0; the pair is sent, but hides all others"},
	{dimProtocol, []string{"1.1", "1.2"}, dimClientHost, []string{"absent"}, "nginx refuses HTTP/1.1 without Host; the pair is sent, but hides all others"},
	{dimProtocol, []string{"0.9"}, dimClientUpgrade, nil, "HTTP/0.9 has no headers"},
	{dimProtocol, []string{"0.9"}, dimClientConnection, nil, "HTTP/0.9 has no headers"},
	{dimProtocol, []string{"0.9"}, dimSec, nil, "HTTP/0.9 has no headers"},
	{dimProtocol, []string{"0.9"}, dimClientHost, nil, "HTTP/0.9 has no headers"},
	{dimProtocol, []string{"0.9"}, dimExtra, nil, "HTTP/0.9 has no headers"},
}

// impossible says whether two values exclude each other, and why.
func impossible(a *Dimension, av string, b *Dimension, bv string) (reason string, yes bool) {
	for _, e := range exclusions {
		if e.covers(a, av, b, bv) || e.covers(b, bv, a, av) {
			return e.reason, true
		}
	}
	return "", false
}

func (e exclusion) covers(a *Dimension, av string, b *Dimension, bv string) bool {
	return e.a == a && e.b == b && among(e.values, av) && among(e.others, bv)
}

func among(values []string, v string) bool {
	if values == nil {
		return true
	}
	for _, w := range values {
		if w == v {
			return true
		}
	}
	return false
}

// outOfScope says why a pair is not counted: impossible, or one of the two ends the request, or the start of nginx,
// before the other is looked at.
func outOfScope(a *Dimension, av string, b *Dimension, bv string) (reason string, yes bool) {
	if reason, yes := impossible(a, av, b, bv); yes {
		return reason, true
	}
	if b == dimProtocol && bv == "0.9" && !a.Request || a == dimProtocol && av == "0.9" && b == dimAnswer {
		return "HTTP/0.9 has no headers and gets to the default server only: it is sent, but not counted with these", true
	}
	am, bm := a.option(av).Masks, b.option(bv).Masks
	switch {
	case am && bm:
		return "either ends it already", true
	case am && !a.Request || bm && !b.Request:
		return "nginx refuses the configuration, or speaks HTTP/2 to a backend that does not", true
	case am && (!b.Request || b == dimAnswer) || bm && (!a.Request || a == dimAnswer):
		return "nginx answers before it chooses a location", true
	}
	return "", false
}

// headerDimensions are those that a location's own proxy_set_header takes away when they stand on an outer level.
var headerDimensions = []*Dimension{dimUpgrade, dimConnection, dimHost, dimMap, dimMapEmpty}

// hidden lists the configuration's dimensions whose picked value does not show in an answer or a head.
func hidden(p Pick) map[*Dimension]bool {
	out := map[*Dimension]bool{}
	if dimOwn.is(p, "yes") && !dimLevel.is(p, "location", "include", "if") {
		for _, d := range headerDimensions {
			out[d] = true
		}
		out[dimOther] = !dimOther.is(p, "no request headers", "no request body", "method", "set body")
	}
	return out
}

// misses says whether a request does not get to the location under test, and which two dimensions make it so.
func misses(config, request Pick) (a, b *Dimension, yes bool) {
	if !dimNames.is(config, "only server") && dimTarget.is(request, "absolute, other host") {
		return dimNames, dimTarget, true
	}
	if !dimNames.is(config, "only server") && !named(request) {
		return dimNames, dimClientHost, true
	}
	if !reaches(config[dimLocation.Name], request[dimTarget.Name]) {
		return dimLocation, dimTarget, true
	}
	return nil, nil, false
}

// named says whether the request's host selects the server under test, which is not the default one.
func named(request Pick) bool {
	return dimTarget.is(request, "absolute") || dimClientHost.is(request, "plain", "port", "upper case", "trailing dot")
}

// reaches says whether a target is served by the form of location.
func reaches(location, target string) bool {
	switch location {
	case "= /ws":
		return among([]string{"/ws", "query", "absolute, other host"}, target)
	case "/ws/":
		return !among([]string{"/ws", "query", "absolute, other host", "upper case"}, target)
	case "~":
		return !among([]string{"upper case", "%0a"}, target) // a dot matches no line end
	case "~*":
		return target != "%0a"
	case "/ws", "^~", "nested", "nested regex":
		return target != "upper case"
	}
	return true
}
