package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// walk lists the files below dir that by their names may be nginx configuration, sorted. Hidden folders and
// node_modules are left out, links to folders are not followed, and links that lead nowhere are no files.
func walk(dir string) ([]string, error) {
	var found []string
	root := strings.TrimSuffix(dir, string(filepath.Separator)) + string(filepath.Separator) // through a link
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", source.Printable(filepath.Clean(path)), reason(err))
		case entry.IsDir():
			return enter(root, path, entry.Name())
		case !mayBeNginx(path) || !regular(path, entry):
			return nil
		}
		found = append(found, filepath.Clean(path))
		return nil
	})
	slices.Sort(found)
	return found, err
}

// enter says whether a folder is walked.
func enter(root, path, name string) error {
	if path != root && (strings.HasPrefix(name, ".") || name == "node_modules") {
		return fs.SkipDir
	}
	return nil
}

// regular reports whether a regular file, or a link to one, stands at path. A link that loops counts, so that reading it
// says so.
func regular(path string, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return entry.Type().IsRegular()
	}
	info, err := os.Stat(path)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	return info.Mode().IsRegular()
}

// confFolders are the folders of the usual layouts whose files need no ending.
var confFolders = []string{"sites-available", "sites-enabled", "conf.d", "snippets", "modules-enabled", "streams-enabled"}

// mayBeNginx reports whether a file's name is one that nginx configuration, or a template of it, has.
func mayBeNginx(path string) bool {
	name := syntax.WithoutTemplateEnding(filepath.Base(path))
	switch filepath.Ext(name) {
	case ".conf", ".nginx", ".vhost", ".ngx":
		return true
	case "":
		return slices.Contains(confFolders, filepath.Base(filepath.Dir(path)))
	}
	return false
}

// isNginx reports whether what a file says looks like nginx configuration: at least half of its statements are
// directives that nginx or a module we know has, since other programs' files end in .conf too.
func isNginx(f *syntax.File) bool {
	if binary(f.Text) {
		return false
	}
	known, all := 0, 0
	for _, d := range f.Directives {
		if d.Term < 0 {
			continue
		}
		all++
		if isDirective(d) {
			known++
		}
	}
	return known > 0 && 2*known >= all
}

// isDirective reports whether a statement is a directive that we know, as the simple or block directive that it is.
func isDirective(d *syntax.Directive) bool {
	known := catalog.Lookup(d.Name())
	if known == nil {
		return false
	}
	switch known.BlockKind(0) {
	case catalog.Yes:
		return d.Block != nil
	case catalog.No:
		return d.Block == nil
	}
	return true
}

// binary reports whether a text is none: more than one in twenty of its first bytes, and at least eight, are control
// bytes other than blanks. nginx takes single ones for letters, so a configuration may have a few.
func binary(text string) bool {
	head := text[:min(len(text), 8000)]
	control := 0
	for i := range len(head) {
		if c := head[i]; c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7F {
			control++
		}
	}
	return control >= 8 && 20*control > len(head)
}

// reason takes the path out of an error of the operating system, which may hold control bytes.
func reason(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
