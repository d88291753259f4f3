package config

// names are the things that are referred to by name, gathered once.
type names struct {
	upstreams map[string]*Directive
	variables map[string][]*Directive
}

// Upstream returns the http upstream block of that name (compared without case, as nginx does), or nil.
func (c *Config) Upstream(name string) *Directive { panic("todo") }

// Upstreams returns all http upstream blocks in order.
func (c *Config) Upstreams() []*Directive { panic("todo") }

// Servers returns all server blocks of http in order.
func (c *Config) Servers() []*Directive { panic("todo") }

// Locations returns all location blocks, nested ones included, in order.
func (c *Config) Locations() []*Directive { panic("todo") }

// Definitions returns, in order, the directives that define or set the variable name (without `$`, any case): map, geo,
// split_clients, set, auth_request_set, perl_set, js_set and so on, and named captures of regexes in locations, server
// names and rewrites. Built-in variables have none.
func (c *Config) Definitions(name string) []*Directive { panic("todo") }
