package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// targets are the configurations that a command's PATHs stand for.
type targets struct {
	reader    source.Reader // what loader reads through
	dir       string        // the folder that relative paths start from
	loader    *config.Loader
	opts      options
	disk      source.Disk
	roots     []string         // files that nginx would start from, each to be judged whole
	fragments []string         // other files
	configs   []*config.Config // what is to be judged
	only      map[string]bool  // files whose findings are reported, by identity; nil for every file
	errs      []error          // what could not be read
	line      *statusLine      // says how far the linting is

	input     string       // the path that standard input, or a dump, stands for; "" where neither is read
	inputText string       // what it says
	dump      *source.Dump // what it says, where that is an nginx -T dump

	skipForeign bool
	skipped     int // given files that were passed over since they hold no directive
}

// find sorts PATHs into roots and fragments. Files that a folder has and that are not nginx configuration are left out.
func (t *targets) find(paths []string) {
	seen := map[string]bool{}
	for _, path := range paths {
		if path == "" {
			t.failed(errors.New("a path is empty; `.` is the working folder"))
			continue
		}
		path = filepath.Clean(path)
		if isFolder(path) {
			t.folder(path, seen)
		} else {
			t.sort([]string{path}, seen, false)
		}
	}
}

// folder finds what a folder holds.
func (t *targets) folder(path string, seen map[string]bool) {
	found, err := walk(path)
	t.failed(err)
	if n := t.sort(found, seen, true); n == 0 && err == nil {
		t.failed(fmt.Errorf("%s: no nginx configuration in this folder", source.Printable(path)))
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// sort reads files and puts each where it belongs, those seen before left out. It returns how many are configurations or
// can't be read.
func (t *targets) sort(paths []string, seen map[string]bool, walked bool) int {
	t.parse(paths)
	n := 0
	for _, path := range paths {
		file, err := t.loader.Parse(path)
		if walked && err == nil && (!isNginx(file) || source.IsDump(file.Text)) {
			continue
		}
		n++
		if seen[path] {
			continue
		}
		seen[path] = true
		switch {
		case err != nil:
			t.failed(err)
		case t.skipForeign && !walked && foreign(file):
			t.skipped++
		case binary(file.Text):
			t.failed(fmt.Errorf("%s: this is a binary file, not a configuration", source.Printable(path)))
		case source.IsDump(file.Text):
			t.failed(fmt.Errorf("%s: this is the output of `nginx -T`, many files in one: give it alone", source.Printable(path)))
		case config.IsRoot(file):
			t.roots = append(t.roots, path)
		default:
			t.fragments = append(t.fragments, path)
		}
	}
	return n
}

// parse reads files ahead, as many at once as there are processors; the loader keeps them and their errors.
func (t *targets) parse(paths []string) {
	each(len(paths), func(i int) { _, _ = t.loader.Parse(paths[i]) })
}

func (t *targets) failed(err error) {
	if err != nil {
		t.errs = append(t.errs, err)
	}
}

// load loads what find found. A fragment that one of the roots includes is judged inside it; known are further roots,
// which are loaded for that only. Of the other fragments those are left out that another one includes.
func (t *targets) load(known []string) {
	roots := t.loadAll(t.roots)
	t.configs = append(t.configs, roots...)
	if len(t.fragments) == 0 {
		return
	}
	left := t.without(t.fragments, included(roots))
	left = t.inside(known, left)
	t.configs = append(t.configs, outermost(t.loadAll(left))...)
}

// without returns the paths that are not in the set.
func (t *targets) without(paths []string, set map[string]bool) []string {
	var left []string
	for _, path := range paths {
		if !set[identity(path)] {
			left = append(left, path)
		}
	}
	return left
}

// inside takes those fragments that a known root includes, to be judged there, and returns the others. From then on only
// what was asked for is reported.
func (t *targets) inside(known, fragments []string) []string {
	asked := map[string]bool{}
	for _, c := range t.configs {
		for id := range included([]*config.Config{c}) {
			asked[id] = true
		}
	}
	for _, path := range fragments {
		asked[identity(path)] = true
	}
	for _, c := range t.loadAll(t.without(known, included(t.configs))) {
		has := included([]*config.Config{c})
		left := t.without(fragments, has)
		if c.Fragment || len(left) == len(fragments) {
			continue
		}
		t.configs = append(t.configs, c)
		t.only, fragments = asked, left
	}
	return fragments
}

// loadAll loads configurations, as many at once as there are processors.
func (t *targets) loadAll(paths []string) []*config.Config {
	configs := make([]*config.Config, len(paths))
	errs := make([]error, len(paths))
	each(len(paths), func(i int) { configs[i], errs[i] = t.loader.Load(paths[i], t.optionsOf(paths[i])) })
	var loaded []*config.Config
	for i, c := range configs {
		t.failed(errs[i])
		if errs[i] == nil {
			loaded = append(loaded, c)
		}
	}
	return loaded
}

// optionsOf returns how the configuration that begins at path is loaded.
func (t *targets) optionsOf(path string) config.Options {
	opts := t.opts.config
	if opts.Contexts = t.opts.contexts; opts.Contexts == 0 {
		opts.Contexts = t.opts.contextsOf(path)
	}
	return opts
}

// each calls do with 0 to n-1, concurrently.
func each(n int, do func(i int)) {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		group.Go(func() error { do(i); return nil })
	}
	_ = group.Wait() // do has no error
}

// included returns the identities of all files of the configurations.
func included(configs []*config.Config) map[string]bool {
	set := map[string]bool{}
	for _, c := range configs {
		for _, f := range c.Files {
			set[identity(f.Path)] = true
		}
	}
	return set
}

// outermost leaves out each configuration whose entry another one includes, unless they include each other.
func outermost(configs []*config.Config) []*config.Config {
	sets := make([]map[string]bool, len(configs))
	for i, c := range configs {
		sets[i] = included(configs[i : i+1])
		delete(sets[i], identity(c.Entry.Path))
	}
	includers := map[string][]int{}
	for i, set := range sets {
		for id := range set {
			includers[id] = append(includers[id], i)
		}
	}
	var left []*config.Config
	for i, c := range configs {
		inner := false
		for _, by := range includers[identity(c.Entry.Path)] {
			inner = inner || !sets[i][identity(configs[by].Entry.Path)]
		}
		if !inner {
			left = append(left, c)
		}
	}
	return left
}

// reported leaves out findings in files that were not asked about.
func (t *targets) reported(found []diag.Diagnostic) []diag.Diagnostic {
	if t.only == nil {
		return found
	}
	return slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return !t.only[identity(d.At.File.Path)] })
}

// limits returns what was left out because of a limit of ours: nginx has none there, so it is no finding, but the job is
// not done either.
func (t *targets) limits() []error {
	var errs []error
	for _, c := range t.configs {
		for _, p := range c.Problems {
			if p.Kind == config.TooMany {
				errs = append(errs, fmt.Errorf("%s:%d: %w", source.Printable(p.At.File.Name), p.At.Line(), p.Err))
			}
		}
	}
	return errs
}

// entries returns the names of the files that were loaded first.
func (t *targets) entries() []string {
	var names []string
	for _, c := range t.configs {
		names = append(names, c.Entry.Name)
	}
	return names
}

// files returns the names of all files, each once.
func (t *targets) files() map[string]bool {
	names := map[string]bool{}
	for _, c := range t.configs {
		for _, f := range c.Files {
			names[f.Name] = true
		}
	}
	return names
}

// identity returns what two spellings of one file's path have in common: the absolute path with links followed.
func identity(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	return source.Disk{}.Resolve(abs)
}

// usualRoots are where a configuration starts if nobody says where, in the order in which they are tried.
var usualRoots = []string{"nginx.conf", "nginx/nginx.conf", "conf/nginx.conf"}

// defaultPaths returns what no PATH stands for: the roots of the settings, where they name some.
func defaultPaths(roots []string) []string {
	if len(roots) > 0 {
		return roots
	}
	for _, path := range usualRoots {
		if _, err := os.Stat(path); err == nil {
			return []string{path}
		}
	}
	return []string{"."}
}

// knownRoots returns the roots that given fragments may belong to: the one that the user names, else the usual ones, and
// each nginx.conf in a folder above a fragment.
func (t *targets) knownRoots(named string) []string {
	if named != "" {
		return []string{filepath.Clean(named)}
	}
	candidates := slices.Concat(t.opts.roots, usualRoots)
	for _, path := range t.fragments {
		candidates = append(candidates, above(path)...)
	}
	var roots []string
	seen := map[string]bool{}
	for _, path := range candidates {
		if seen[path] {
			continue
		}
		seen[path] = true
		if file, err := t.loader.Parse(path); err == nil && config.IsRoot(file) {
			roots = append(roots, path)
		}
	}
	return roots
}

// above returns where an nginx.conf may stand in the folder of path and those above it; for a relative path up to the
// root of the repository around the working folder.
func above(path string) []string {
	var paths []string
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		paths = append(paths, filepath.Join(dir, "nginx.conf"))
		if filepath.Dir(dir) == dir || filepath.Base(dir) == ".." {
			break
		}
	}
	if filepath.IsAbs(path) {
		return paths
	}
	for _, dir := range foldersAbove() {
		paths = append(paths, filepath.Join(dir, "nginx.conf"), filepath.Join(dir, "nginx", "nginx.conf"), filepath.Join(dir, "conf", "nginx.conf"))
	}
	return paths
}

// foldersAbove returns the folders above the working folder, "..", "../.." and so on, up to the root of its repository;
// none where it is in no repository.
func foldersAbove() []string {
	var dirs []string
	for dir := "."; ; dir = filepath.Join("..", dir) {
		if dir != "." {
			dirs = append(dirs, dir)
		}
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dirs
		}
		if abs, err := filepath.Abs(dir); err != nil || filepath.Dir(abs) == abs {
			return nil
		}
	}
}
