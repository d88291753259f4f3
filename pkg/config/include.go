package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// What a Problem of kind TooMany is about, beside source.ErrTooMany.
var (
	// ErrTooDeep: includes nest deeper than MaxIncludeDepth.
	ErrTooDeep = fmt.Errorf("includes nest deeper than %d", MaxIncludeDepth)
	// ErrTooMuch: there are more than MaxDirectives, or more than MaxRepeated of them repeated.
	ErrTooMuch = fmt.Errorf("there are more than %d directives, or includes repeat more than %d", MaxDirectives, MaxRepeated)
)

// include splices what the include directive d brings into the block of parent.
//
// nginx: src/core/ngx_conf_file.c, ngx_conf_include: a path without `*?[` must open, a pattern may match nothing.
func (s *splicer) include(d, parent *Directive) {
	path, outside := s.paths.resolve(d.Arg(1))
	if !strings.ContainsAny(d.Arg(1), "*?[") {
		s.bring(d, parent, path, outside)
		return
	}
	found, err := s.loader.reader.Glob(path)
	if err != nil {
		s.problem(Problem{Kind: kindOf(err, outside), At: d, Path: path, Err: err}, parent)
		return
	}
	if len(found) == 0 && outside && !s.there(filepath.Dir(path)) {
		s.problem(Problem{Kind: OutsideRoot, At: d, Path: path, Err: fs.ErrNotExist}, parent)
		return
	}
	for _, file := range found {
		s.bring(d, parent, file, outside)
	}
}

// bring splices one file.
func (s *splicer) bring(d, parent *Directive, path string, outside bool) {
	file, err := s.loader.Parse(path)
	if err != nil {
		s.problem(Problem{Kind: kindOf(err, outside), At: d, Path: path, Err: err}, parent)
		return
	}
	if cycle := cycle(d, file); cycle != nil {
		s.problem(Problem{Kind: Cycle, At: d, Path: path, Cycle: cycle}, parent)
		return
	}
	if depth(d) >= MaxIncludeDepth {
		s.problem(Problem{Kind: TooMany, At: d, Path: path, Err: ErrTooDeep}, parent)
		return
	}
	via := &Inclusion{Directive: d, File: file, again: s.seen[file]}
	s.enter(file)
	s.config.brought[d] = append(s.config.brought[d], via)
	if parent.MapLike {
		s.data(parent, file, file.Directives, via)
	} else {
		s.splice(parent, file, file.Directives, via)
	}
}

// there reports whether a folder exists: where it does, a pattern without a match brings nothing for certain.
func (s *splicer) there(folder string) bool {
	found, err := s.loader.reader.Glob(folder)
	return err == nil && len(found) > 0
}

// problem records an include that could not be followed: what it would have set is unknown, but for the files of one kind
// of directive that everybody has the same.
func (s *splicer) problem(p Problem, parent *Directive) {
	s.config.Problems = append(s.config.Problems, p)
	if names, ok := shipped[filepath.Base(p.Path)]; ok && p.Kind != Cycle {
		parent.doubted(names)
		return
	}
	s.clouded = true
	cloud(parent)
}

// shipped are the files of nginx's own conf folder, and certbot's, that set one kind of directive only, and the
// directives they set.
var shipped = map[string][]string{
	"mime.types":     {"types"},
	"fastcgi_params": {"fastcgi_param"},
	"fastcgi.conf":   {"fastcgi_param"},
	"uwsgi_params":   {"uwsgi_param"},
	"scgi_params":    {"scgi_param"},
	"koi-utf":        {"charset_map"},
	"koi-win":        {"charset_map"},
	"win-utf":        {"charset_map"},
	// certbot: certbot-nginx/certbot_nginx/_internal/tls_configs
	"options-ssl-nginx.conf": {"ssl_session_cache", "ssl_session_timeout", "ssl_session_tickets", "ssl_protocols",
		"ssl_prefer_server_ciphers", "ssl_ciphers"},
}

// kindOf says what a reader's error is to an include.
func kindOf(err error, outside bool) ProblemKind {
	switch {
	case errors.Is(err, fs.ErrNotExist) && outside:
		return OutsideRoot
	case errors.Is(err, fs.ErrNotExist):
		return NotFound
	case errors.Is(err, source.ErrTooMany):
		return TooMany
	default:
		return Unreadable
	}
}

// cycle returns the include directives that lead from file back to itself through d, or nil.
func cycle(d *Directive, file *syntax.File) []*Directive {
	if !leads(file, d) {
		return nil
	}
	var chain []*Directive
	for at := d; ; at = at.Via.Directive {
		chain = append(chain, at)
		if at.File == file {
			slices.Reverse(chain)
			return chain
		}
	}
}

// leads reports whether d stands in file, or in what file includes.
func leads(file *syntax.File, d *Directive) bool {
	for at := d; ; at = at.Via.Directive {
		if at.File == file || at.Via == nil {
			return at.File == file
		}
	}
}

// depth returns how many includes led to d.
func depth(d *Directive) int {
	n := 0
	for via := d.Via; via != nil; via = via.Directive.Via {
		n++
	}
	return n
}

// paths turns what include directives say into paths that the reader opens.
type paths struct {
	prefix  string // what relative includes start from
	root    string // includes below this folder are ours to have
	known   bool   // false in a fragment without a root: nothing is surely ours
	mapping map[string]string
}

// newPaths finds the folder that a configuration's relative includes start from.
func (l *Loader) newPaths(c *Config, opts Options) *paths {
	folder := filepath.Dir(c.Entry.Path)
	p := &paths{prefix: opts.Prefix, root: folder, known: !c.Fragment || opts.Prefix != "", mapping: opts.IncludeMap}
	if p.prefix == "" {
		p.prefix = folder
		if c.Fragment {
			p.prefix, p.known = l.nearestRoot(folder)
		}
	}
	if p.known && !within(p.root, p.prefix) {
		p.root = p.prefix
	}
	return p
}

// nearestRoot returns the nearest folder from folder upwards that holds an nginx.conf, else folder and false.
func (l *Loader) nearestRoot(folder string) (string, bool) {
	for at := folder; ; at = filepath.Dir(at) {
		if f, err := l.Parse(filepath.Join(at, "nginx.conf")); err == nil && IsRoot(f) {
			return at, true
		}
		if parent := filepath.Dir(at); parent == at || at == "." {
			return folder, false
		}
	}
}

// resolve returns the path to open for an include's argument, and whether it lies where we may not be meant to have it.
func (p *paths) resolve(arg string) (path string, outside bool) {
	if !absolute(arg) {
		return filepath.Join(p.prefix, arg), !p.known
	}
	best := ""
	for from := range p.mapping {
		if within(arg, from) && len(from) > len(best) {
			best = from
		}
	}
	if best != "" {
		return filepath.Join(p.mapping[best], strings.TrimPrefix(filepath.Clean(arg), filepath.Clean(best))), false
	}
	path = filepath.Clean(arg)
	return path, !p.known || !within(path, p.root)
}

func absolute(path string) bool { return strings.HasPrefix(path, "/") || filepath.IsAbs(path) }

// within reports whether path is folder or lies below it.
func within(path, folder string) bool {
	path, folder = filepath.Clean(path), filepath.Clean(folder)
	if path == folder || folder == "." && !absolute(path) {
		return true
	}
	return strings.HasPrefix(path, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator))
}
