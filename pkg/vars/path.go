package vars

import (
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
)

// Root is where a level's files are: the root or alias directive in effect.
type Root struct {
	// By is the directive; nil for nginx's default, root html.
	By *config.Directive
	// Alias says that Dir stands for the location's name, not for what is above it.
	Alias bool
	// Location is, for an alias, the location that has it.
	Location *config.Directive
}

// RootOf returns the root or alias in effect at a level. Unlike alias elsewhere, nested locations inherit both.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_core_merge_loc_conf.
func RootOf(level *config.Directive) Root {
	for at := level; at != nil; at = at.Parent {
		own := at.Own("root", "alias")
		if len(own) == 0 {
			continue
		}
		by := own[len(own)-1]
		return Root{By: by, Alias: by.Name() == "alias", Location: at}
	}
	return Root{}
}

// Dir returns the folder: absolute, or relative to Prefix made so. It is Unknown where the prefix is not known.
func (r *Run) Dir(root Root) Value {
	dir := Value{Text: "html"}
	if root.By != nil {
		dir = r.Eval(r.Table.Expr(root.By.Arg(1)))
	}
	switch {
	case dir.Unknown:
	case strings.HasPrefix(dir.Text, "/"):
	case r.Prefix == "":
		dir = Value{Text: "$document_root", Unknown: true}
	default:
		dir.Text = strings.TrimSuffix(r.Prefix, "/") + "/" + dir.Text
	}
	return dir
}

// documentRoot returns $document_root.
//
// nginx: ngx_http_variable_document_root.
func (r *Run) documentRoot() Value {
	if r.Location == nil {
		return unknown("document_root")
	}
	dir := r.Dir(RootOf(r.Location))
	if !dir.Unknown && strings.HasSuffix(dir.Text, "/") && len(dir.Text) > 1 && RootOf(r.Location).By.Name() == "root" {
		dir.Text = dir.Text[:len(dir.Text)-1]
	}
	return dir
}

// requestFilename returns $request_filename.
func (r *Run) requestFilename() Value {
	if r.Location == nil || r.URIUnknown {
		return unknown("request_filename")
	}
	return r.PathOf(r.URI)
}

// PathOf returns the file that a path below the level in effect stands for.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_map_uri_to_path.
func (r *Run) PathOf(uri string) Value {
	root := RootOf(r.Location)
	dir := r.Dir(root)
	switch {
	case !root.Alias:
		dir.Text = strings.TrimSuffix(dir.Text, "/") + uri
	case strings.HasPrefix(locationPattern(root.Location), "~"):
		// An alias in a regex location is the whole path.
	default:
		dir.Text += strings.TrimPrefix(uri, locationPattern(root.Location))
	}
	return dir
}

// locationPattern returns a location's name without `=` or `^~`; of a regex one something that begins with `~`.
func locationPattern(d *config.Directive) string {
	if d.Name() != "location" && d.Within("location") != nil {
		d = d.Within("location")
	}
	name := d.Arg(len(d.Words) - 1)
	if len(d.Words) == 3 {
		if strings.HasPrefix(d.Arg(1), "~") {
			return "~"
		}
		return name
	}
	name = strings.TrimPrefix(name, "^~")
	return strings.TrimPrefix(name, "=")
}
