// Package vars answers: what is this expression worth for this request?
//
// It knows nginx's variables, maps, geo, split_clients and set. What cannot be known is Unknown; where it is one of
// finitely many, the request's World chooses, and a driver goes through all worlds.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_script.c and the map, geo and split_clients modules.
package vars

// Value is what an expression is worth.
type Value struct {
	// Text is the value's bytes; where Unknown, a readable stand-in such as "$lua_var".
	Text string
	// Unknown marks a value that cannot be known and of which no finite set of possibilities is known either.
	Unknown bool
}

// Known returns the value text.
func Known(text string) Value { return Value{Text: text} }

// unknown returns the Unknown value of the variable name.
func unknown(name string) Value { return Value{Text: "$" + name, Unknown: true} }

// Empty reports whether the value is known to have no bytes.
func (v Value) Empty() bool { return !v.Unknown && v.Text == "" }
