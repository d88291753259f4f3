package catalog

import "strings"

// Change is a change of nginx's behaviour or of a default, as the version history tells it.
type Change struct {
	Topic   string  // a directive, or a topic such as "request headers"
	Version Version // the first version that behaves so
	Text    string
	Default string // the default since then, "" if the change does not touch it
	Appears bool   // whether nginx has the directive since then and not before
}

// History lists the changes of a directive or topic, oldest first; of all if topic is "".
func History(topic string) []Change {
	var out []Change
	for _, c := range changes {
		if topic == "" || c.Topic == topic {
			out = append(out, c)
		}
	}
	return out
}

// newest is the version whose defaults the directive tables hold.
var newest = Version{1, 31, 5}

// Default gives the default that a directive had in nginx v. Where the version history follows the directive's default,
// it is known for every version; else it is known for the newest version only, and value is that version's. Known is
// false with value "" if no default is documented, or if the directive's modules (http, stream, mail) differ in it.
func Default(directive string, v Version) (value string, known bool) {
	found := false
	for _, c := range changes {
		if c.Topic != directive || c.Default == "" {
			continue
		}
		found = true
		if !v.Before(c.Version) {
			value, known = c.Default, true
		}
	}
	if found {
		return value, known
	}
	if d := Lookup(directive); d != nil {
		value, known = d.commonDefault()
	}
	return value, known && !v.Before(newest)
}

func (d *Directive) commonDefault() (string, bool) {
	first := d.Entries[0]
	for _, e := range d.Entries {
		if e.Default != first.Default || !e.HasDefault {
			return "", false
		}
	}
	return first.Default, first.HasDefault
}

// Appears gives the nginx version since which a directive is known to exist, in any of its modules; false if that is
// not known, so that it may always have been there.
func Appears(directive string) (Version, bool) {
	d := Lookup(directive)
	if d == nil {
		return Version{}, false
	}
	var first Version
	for i := range d.Entries {
		v, ok := d.Entries[i].Appears()
		if !ok {
			return Version{}, false
		}
		if i == 0 || v.Before(first) {
			first = v
		}
	}
	return first, true
}

// Removed gives the first version of nginx whose module does not have the directive any more; false if none is known.
func (e *Entry) Removed() (Version, bool) {
	v, err := ParseVersion(e.Until)
	return v, err == nil
}

// Appears gives the nginx version since which the entry's module has the directive; false if that is not known, and for
// modules whose documentation counts versions of their own (njs, nginx-otel, nginx-acme).
func (e *Entry) Appears() (Version, bool) {
	for _, own := range [...]string{"_js_module", "ngx_otel_module", "ngx_http_acme_module"} {
		if strings.HasSuffix(e.Module, own) {
			return Version{}, false
		}
	}
	v, err := ParseVersion(e.Since)
	return v, err == nil
}
