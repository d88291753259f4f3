package difftest

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Case is one configuration with the requests that are sent through it. Its directives may hold the placeholders
// {ID}, {FRONT}, {UP0} to {UP2}, {DOWN} (a port where nobody listens), {SOCK} and {PREFIX}; all it names at http level
// and all server names carry {ID}, so that many cases run in one nginx.
type Case struct {
	ID       string            // "c12": letters and digits
	Pick     Pick              // the value of every dimension of the configuration; nil for one written by hand
	HTTP     []*Directive      // settings at http level: cases that run in one nginx have the same
	Named    []*Directive      // maps, upstreams and the like at http level
	Servers  []*Directive      // server blocks, all on {FRONT}
	Layout   Layout            // of its files
	Text     map[string]string // the files as they stand, in canonical addresses, instead of directives; nil: none
	Static   map[string]string // files below {PREFIX}/{ID}/html, by name
	Alone    bool              // run in a process of its own: likely to be refused, which would cost its neighbours a restart
	Requests []Request         // sent one after the other, each on a connection of its own

	halves *halves // of Text, for a process that is shared
}

// Request is what a client sends and what the backend answers if the request gets there.
type Request struct {
	Raw    Bytes  // every byte of the request; placeholders as in Case
	Pick   Pick   // the value of every dimension of the request
	Answer Answer // of the backend
}

// Clone copies a case deeply enough to change its directives and its list of requests.
func (c *Case) Clone() *Case {
	d := *c
	d.HTTP, d.Named, d.Servers = Clone(c.HTTP), Clone(c.Named), Clone(c.Servers)
	d.Requests = slices.Clone(c.Requests)
	d.Static = maps.Clone(c.Static)
	return &d
}

// Addresses are what the placeholders stand for.
type Addresses struct {
	Front    int    // {FRONT}: the port nginx listens on, 127.0.0.1
	Backends [3]int // {UP0}, {UP1}, {UP2}: the backends' ports, 127.0.0.1
	Down     int    // {DOWN}
	Prefix   string // {PREFIX}: nginx's prefix, the folder of nginx.conf
}

// Canonical are the addresses that observations are told in, whatever was free when they were made.
var Canonical = Addresses{Front: 10080, Backends: [3]int{10081, 10082, 10083}, Down: 10089, Prefix: "/srv/ngx"}

// pairs lists placeholders and values of a case, for strings.NewReplacer.
func (a Addresses) pairs(id string) []string {
	out := []string{"{ID}", id, "{UPPER}", strings.ToUpper(id), "{FRONT}", fmt.Sprint(a.Front), "{DOWN}", fmt.Sprint(a.Down),
		"{PREFIX}", a.Prefix, "{SOCK}", a.socket(id)}
	for i, port := range a.Backends {
		out = append(out, fmt.Sprintf("{UP%d}", i), fmt.Sprint(port))
	}
	return out
}

// socket is the path of the case's unix socket.
func (a Addresses) socket(id string) string { return path.Join(a.Prefix, id+".sock") }

// fill puts addresses for placeholders.
func (c *Case) fill(text string, a Addresses) string {
	return strings.NewReplacer(a.pairs(c.ID)...).Replace(text)
}

// canonical turns the real addresses in an observed text into the canonical ones. Lengths stay equal for ports, all of
// five digits.
func (c *Case) canonical(text string, real Addresses) string {
	from, to := real.pairs(c.ID), Canonical.pairs(c.ID)
	var pairs []string
	for i := 1; i < len(from); i += 2 {
		if from[i] != to[i] && from[i] != "0" {
			pairs = append(pairs, from[i], to[i])
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Raw gives request i with its placeholders filled.
func (c *Case) Raw(i int, a Addresses) []byte { return []byte(c.fill(string(c.Requests[i].Raw), a)) }

// preamble is what every configuration starts with; inside is the http block.
func preamble(inside []*Directive) []*Directive {
	http := []*Directive{Simple("access_log off"), Simple("map_hash_bucket_size 256"), Simple("map_hash_max_size 16384"),
		Simple("server_names_hash_bucket_size 128"), Simple("server_names_hash_max_size 4096"),
		Simple("variables_hash_max_size 8192"), Simple("variables_hash_bucket_size 128")}
	for _, module := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		http = append(http, Simple(module+"_temp_path {PREFIX}/tmp"))
	}
	return []*Directive{Simple("user root"), Simple("daemon off"), Simple("master_process off"),
		Simple("pid {PREFIX}/nginx.pid"), Simple("error_log stderr info"),
		Block("events", Simple("worker_connections 1024")), Block("http", append(http, inside...)...)}
}

// WithFiles is the case with other files, in canonical addresses: what Files(Canonical) gave and a fixer changed, say.
func (c *Case) WithFiles(files map[string]string) *Case {
	d := c.Clone()
	d.Text, d.Alone = files, true
	return d
}

// fromCanonical puts addresses for canonical ones.
func (c *Case) fromCanonical(text string, a Addresses) string {
	from, to := Canonical.pairs(c.ID), a.pairs(c.ID)
	var pairs []string
	for i := 1; i < len(from); i += 2 {
		if from[i] != to[i] && to[i] != "0" { // 0 is a backend that nobody asks for
			pairs = append(pairs, from[i], to[i])
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Files is the configuration of this case alone, by file name relative to the prefix; the root is "nginx.conf".
func (c *Case) Files(a Addresses) map[string]string {
	if c.Text != nil {
		files := map[string]string{}
		for name, text := range c.Text {
			files[name] = c.fromCanonical(text, a)
		}
		return files
	}
	p := &printer{layout: c.Layout, folder: c.ID, files: map[string]string{}}
	all := slices.Concat(c.HTTP, c.Named, c.Servers)
	p.files["nginx.conf"] = p.ends(p.print(preamble(all), 0))
	return c.filled(p.files, a)
}

// parts is the case as files that another root includes: the name of the first and all of them.
func (c *Case) parts(a Addresses) (root string, files map[string]string) {
	p := &printer{layout: c.Layout, folder: c.ID, files: map[string]string{}}
	root = path.Join(c.ID, "http.conf")
	if c.halves != nil {
		files = maps.Clone(c.Text)
		delete(files, "nginx.conf")
		files[root] = c.halves.own
		for name, text := range files {
			files[name] = c.fromCanonical(text, a)
		}
		return root, files
	}
	p.files[root] = p.ends(p.print(slices.Concat(c.Named, c.Servers), 0))
	return root, c.filled(p.files, a)
}

func (c *Case) filled(files map[string]string, a Addresses) map[string]string {
	for name, text := range files {
		files[name] = c.fill(text, a)
	}
	return files
}

// uses says whether a text, or what a placeholder stands for, occurs in the case's configuration.
func (c *Case) uses(placeholder string) bool {
	found := false
	for _, text := range c.Text {
		found = found || strings.Contains(text, c.fill(placeholder, Canonical))
	}
	for _, list := range [][]*Directive{c.HTTP, c.Named, c.Servers} {
		walk(list, func(d *Directive) { found = found || strings.Contains(d.Text, placeholder) })
	}
	return found
}

// settings is the text of the http level's settings: equal texts may share a process.
func (c *Case) settings() string {
	if h := c.halves; h != nil {
		return h.head + h.settings + h.tail
	}
	p := &printer{folder: c.ID, files: map[string]string{}}
	return strings.ReplaceAll(p.print(c.HTTP, 0), "{ID}", c.ID)
}
