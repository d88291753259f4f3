package route

import (
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// fileTest reports whether a path is a file ('f'), a folder ('d'), anything ('e') or executable ('x'). Where that is not
// known, the World chooses.
//
// nginx: src/http/ngx_http_script.c, ngx_http_script_file_code.
func (r *Router) fileTest(run *vars.Run, name vars.Value, test byte) bool {
	if r.Files == nil || name.Unknown {
		return run.World.Choose(string(rune(test))+" "+name.Text, 2) == 1
	}
	info, ok := r.stat(name.Text)
	if !ok {
		return false
	}
	switch test {
	case 'f':
		return info.Mode().IsRegular()
	case 'd':
		return info.IsDir()
	case 'x':
		return info.Mode()&0o111 != 0
	}
	return true
}

// stat looks at a path.
func (r *Router) stat(name string) (fs.FileInfo, bool) {
	clean := strings.TrimPrefix(path.Clean("/"+name), "/")
	if clean == "" {
		clean = "."
	}
	info, err := fs.Stat(r.Files, clean)
	return info, err == nil
}

// tryFiles follows the level's try_files.
//
// nginx: src/http/modules/ngx_http_try_files_module.c, ngx_http_try_files_handler.
func (w *way) tryFiles() phase {
	d := ownTryFiles(w.run.Location)
	if d == nil {
		return content
	}
	last := len(d.Words) - 1
	for i := 1; i < last; i++ {
		text, folder := strings.CutSuffix(d.Arg(i), "/")
		name := w.tried(text)
		test := byte('f')
		if folder {
			test = 'd'
		}
		if !w.router.fileTest(w.run, w.pathTried(name), test) {
			continue
		}
		w.tell(AtTryFiles, d, func() string { return "finds " + w.shown(name) })
		w.run.URI, w.run.URIUnknown = w.uriTried(name), name.Unknown
		return content
	}
	return w.tryLast(d, d.Arg(last))
}

// ownTryFiles returns the level's own try_files: it is not inherited.
func ownTryFiles(level *config.Directive) *config.Directive {
	if level == nil {
		return nil
	}
	own := level.Own("try_files")
	if len(own) == 0 || len(own[0].Words) < 3 {
		return nil
	}
	return own[0]
}

// tryLast goes where try_files leads in the end.
func (w *way) tryLast(d *config.Directive, last string) phase {
	w.tell(AtTryFiles, d, func() string { return "finds no file and goes on to `" + last + "`" })
	if code, ok := strings.CutPrefix(last, "="); ok {
		status, _ := strconv.Atoi(code)
		w.decision.By = d
		return w.finish(status)
	}
	to := w.tried(last)
	if strings.HasPrefix(to.Text, "@") {
		return w.redirectNamed(to.Text)
	}
	uri, args, _ := strings.Cut(to.Text, "?")
	return w.redirectInside(uri, args, to.Unknown)
}

// tried returns a name that try_files tries. Below an alias, the location's name is taken off.
func (w *way) tried(text string) vars.Value {
	e := w.router.vars.Expr(text)
	name := w.run.Eval(e)
	if _, constant := e.Constant(); constant {
		return name
	}
	if prefix := w.aliasPrefix(); prefix != "" {
		name.Text = strings.TrimPrefix(name.Text, prefix)
	}
	return name
}

// aliasPrefix returns the name of the location whose alias is in effect; "" for none and for a pattern.
func (w *way) aliasPrefix() string {
	root := vars.RootOf(w.run.Location)
	if !root.Alias || root.Location.Within("location") == nil {
		return ""
	}
	p := w.router.placeOf(root.Location.Within("location"))
	if p.form == byRegex {
		return ""
	}
	return p.name
}

// pathTried returns the path of the file that a name stands for.
func (w *way) pathTried(name vars.Value) vars.Value {
	root := vars.RootOf(w.run.Location)
	dir := w.run.Dir(root)
	if !root.Alias {
		dir.Text = strings.TrimSuffix(dir.Text, "/")
	}
	return vars.Value{Text: dir.Text + name.Text, Unknown: dir.Unknown || name.Unknown}
}

// uriTried returns the URI once a file was found.
func (w *way) uriTried(name vars.Value) string { return w.aliasPrefix() + name.Text }

// static serves a file.
//
// nginx: src/http/modules/ngx_http_index_module.c, ngx_http_static_module.c.
func (w *way) static() phase {
	switch w.run.Method {
	case "GET", "HEAD", "POST":
	default:
		return w.finish(405)
	}
	w.decision.File = w.run.PathOf(w.run.URI)
	w.decision.File.Unknown = w.decision.File.Unknown || w.run.URIUnknown
	switch {
	case w.router.Files == nil || w.decision.File.Unknown:
		return w.staticUnseen()
	case strings.HasSuffix(w.run.URI, "/"):
		return w.index()
	}
	info, ok := w.router.stat(w.decision.File.Text)
	switch {
	case !ok:
		return w.finish(404)
	case info.IsDir():
		to := vars.EscapeURI(w.run.URI) + "/"
		if w.run.Args != "" {
			to += "?" + w.run.Args
		}
		w.locate(vars.Value{Text: to})
		return w.finish(301)
	case w.run.Method == "POST":
		return w.finish(405)
	}
	return w.serve()
}

// serve ends with the file.
func (w *way) serve() phase {
	w.decision.Kind, w.decision.Status = Static, w.run.ErrStatus
	w.tell(AtHandler, w.run.Location, func() string { return "serves the file " + w.shown(w.decision.File) })
	return done
}

// staticUnseen ends with a file of which is not known whether it is there. Where a missing one would be caught by an
// error_page, both may be.
func (w *way) staticUnseen() phase {
	if page, _ := w.pageFor(404); page != nil && !w.caught {
		if w.run.World.Choose("f "+w.decision.File.Text, 2) == 0 {
			return w.finish(404)
		}
	}
	return w.serve()
}

// index looks for the index files of a folder.
func (w *way) index() phase {
	for _, name := range w.indexNames() {
		if strings.HasPrefix(name, "/") {
			return w.redirectInside(name, w.run.Args, false)
		}
		if _, ok := w.router.stat(w.decision.File.Text + name); ok {
			return w.redirectInside(w.run.URI+name, w.run.Args, false)
		}
	}
	if _, ok := w.router.stat(w.decision.File.Text); !ok {
		return w.finish(404)
	}
	if w.router.on(w.run.Location, "autoindex") {
		return w.serve()
	}
	return w.finish(403)
}

// indexNames returns the level's index files.
func (w *way) indexNames() []string {
	var names []string
	for _, d := range w.router.config.EffectiveList(w.run.Location, "index").Items {
		for _, arg := range d.Args() {
			if v := w.run.Eval(w.router.vars.Expr(arg.Value)); !v.Unknown && v.Text != "" {
				names = append(names, v.Text)
			}
		}
	}
	if names == nil {
		names = []string{"index.html"}
	}
	return names
}
