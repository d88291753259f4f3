package source

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// ErrNoGit is the reason where git is missing, does not know the revision, or the folder is in no repository.
var ErrNoGit = errors.New("git")

// GitTree reads files as they are in a revision of a git repository, from its objects: the work tree and the index are
// neither read nor written. What lies outside of the repository, and what is in a submodule, is read from the disk, as
// it is the same for every revision. It is safe for concurrent use.
type GitTree struct {
	disk  Disk
	top   string               // the work tree's folder, absolute, links followed
	files map[string]gitObject // by path from top, with slashes
	dirs  map[string][]string  // names in each folder, "" for the top

	mu   sync.Mutex
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	read map[string]string // texts by object name
}

// gitObject is an entry of a tree: a regular file, a link or a submodule.
type gitObject struct{ mode, name string }

const (
	gitLink      = "120000"
	gitSubmodule = "160000"
)

// NewGitTree opens the tree of a revision of the repository around disk.Dir, which must be set. Close it after use. Its
// error wraps ErrNoGit.
func NewGitTree(disk Disk, revision string) (*GitTree, error) {
	top, err := git(disk.Dir, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	commit, err := git(disk.Dir, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return nil, fmt.Errorf("%w: there is no revision %q here; a clone that was made with a depth lacks older ones "+
			"(fetch-depth: 0 gets them all)", ErrNoGit, revision)
	}
	g := &GitTree{
		disk: disk, top: disk.Resolve(filepath.FromSlash(strings.TrimSuffix(top, "\n"))),
		files: map[string]gitObject{}, dirs: map[string][]string{}, read: map[string]string{},
	}
	listing, err := git(disk.Dir, "ls-tree", "-r", "-z", "--full-tree", strings.TrimSuffix(commit, "\n"))
	if err != nil {
		return nil, err
	}
	for entry := range strings.SplitSeq(listing, "\x00") {
		meta, path, ok := strings.Cut(entry, "\t")
		if words := strings.Fields(meta); ok && len(words) == 3 {
			g.add(path, gitObject{mode: words[0], name: words[2]})
		}
	}
	return g, nil
}

// git runs a command that reads and returns what it prints.
func git(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"--no-optional-locks", "-C", dir}, args...)...)
	out, err := cmd.Output()
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed):
		return "", fmt.Errorf("%w: %s", ErrNoGit, Printable(strings.TrimSpace(string(failed.Stderr))))
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrNoGit, err)
	}
	return string(out), nil
}

// add enters a file and the folders that it is in.
func (g *GitTree) add(path string, object gitObject) {
	g.files[path] = object
	for {
		dir, name := "", path
		if cut := strings.LastIndexByte(path, '/'); cut >= 0 {
			dir, name = path[:cut], path[cut+1:]
		}
		known := len(g.dirs[dir]) > 0
		if !slices.Contains(g.dirs[dir][max(0, len(g.dirs[dir])-1):], name) { // the listing is sorted
			g.dirs[dir] = append(g.dirs[dir], name)
		}
		if known || dir == "" {
			return
		}
		path = dir
	}
}

// Open reads the file at path whole; see Reader.
func (g *GitTree) Open(path string) (*File, error) {
	place, err := g.find(path)
	if err != nil {
		return nil, at(path, err)
	}
	var text string
	switch {
	case !place.inside:
		text, err = g.disk.read(place.path)
	case place.object.name != "":
		text, err = g.text(place.object.name)
	case place.path == "" || len(g.dirs[place.path]) > 0:
		err = notRegular(fs.ModeDir)
	default:
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, at(path, err)
	}
	return NewFile(g.disk.name(path), path, text), nil
}

// Glob lists the files that match pattern; see Reader.
func (g *GitTree) Glob(pattern string) ([]string, error) {
	return expand(g, pattern, g.disk.MaxMatches)
}

// Resolve returns path as it is: links in the tree are followed when a file is opened.
func (g *GitTree) Resolve(path string) string { return g.disk.Resolve(path) }

// within returns a path from the top of the tree, with slashes, and whether it lies there; "" for the top.
func (g *GitTree) within(path string) (string, bool) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(g.disk.Dir, path)
	}
	rel, err := filepath.Rel(g.top, g.real(filepath.Clean(path)))
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	if rel = filepath.ToSlash(rel); rel == "." {
		rel = ""
	}
	return rel, true
}

// real follows the links of the folders above and at the work tree's, but none inside it: there the revision decides.
func (g *GitTree) real(path string) string {
	if dir := g.disk.Dir; path == dir || strings.HasPrefix(path, dir+string(filepath.Separator)) {
		return g.disk.Resolve(dir) + path[len(dir):]
	}
	return path
}

// place is where a path leads: in the tree, to a path from its top that goes through no link, and what stands there; or
// outside, to a path on the disk.
type place struct {
	inside bool
	path   string
	object gitObject
}

// find returns where a path leads, links followed.
func (g *GitTree) find(path string) (place, error) { return g.lead(path, 0) }

// lead is find after some links were followed.
func (g *GitTree) lead(path string, links int) (place, error) {
	rel, ok := g.within(path)
	if !ok {
		return place{path: g.onDisk(path)}, nil
	}
	return g.follow(rel, links)
}

// follow walks down a path from the top component by component and follows links.
func (g *GitTree) follow(path string, links int) (place, error) {
	const maxLinks = 40 // as many as Linux follows
	at := ""
	rest := strings.Split(path, "/")
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		switch {
		case name == "" || name == ".":
			continue
		case name == ".." && at == "":
			return place{path: filepath.Join(g.top, "..", filepath.Join(rest...))}, nil
		case name == "..":
			at = parent(at)
			continue
		}
		step := strings.TrimPrefix(at+"/"+name, "/")
		object := g.files[step]
		switch {
		case object.mode == gitSubmodule:
			return place{path: filepath.Join(g.top, step, filepath.Join(rest...))}, nil
		case object.mode == gitLink:
			target, err := g.text(object.name)
			if links++; links > maxLinks {
				err = ErrLinkLoop
			}
			if err != nil {
				return place{}, err
			}
			if strings.HasPrefix(target, "/") {
				return g.lead(filepath.Join(target, filepath.Join(rest...)), links)
			}
			rest = append(strings.Split(target, "/"), rest...)
		case object.mode != "" && len(rest) > 0:
			return place{inside: true, path: step + "/" + strings.Join(rest, "/")}, nil // a file is no folder
		default:
			at = step
		}
	}
	return place{inside: true, path: at, object: g.files[at]}, nil
}

func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '/'))] }

// text returns the bytes of an object, read once.
func (g *GitTree) text(name string) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if text, ok := g.read[name]; ok {
		return text, nil
	}
	if err := g.start(); err != nil {
		return "", err
	}
	text, err := g.fetch(name)
	if err == nil {
		g.read[name] = text
	}
	return text, err
}

// start starts the process that objects are asked of.
func (g *GitTree) start() (err error) {
	if g.cmd != nil {
		return nil
	}
	cmd := exec.Command("git", "-C", g.disk.Dir, "cat-file", "--batch")
	if g.in, err = cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w: %w", ErrNoGit, err)
	}
	g.cmd, g.out = cmd, bufio.NewReader(out)
	return nil
}

// fetch asks for one object: the answer is "NAME TYPE SIZE", LF, the bytes, LF.
func (g *GitTree) fetch(name string) (string, error) {
	if _, err := io.WriteString(g.in, name+"\n"); err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoGit, err)
	}
	head, err := g.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoGit, err)
	}
	words := strings.Fields(head)
	if len(words) != 3 || words[1] != "blob" {
		return "", fmt.Errorf("%w: %s", ErrNoGit, Printable(strings.TrimSpace(head)))
	}
	size, err := strconv.ParseInt(words[2], 10, 64)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoGit, err)
	}
	if limit := g.disk.maxFileSize(); size > limit {
		if _, err := io.CopyN(io.Discard, g.out, size+1); err != nil {
			return "", err
		}
		return "", tooLarge(size, limit)
	}
	text := make([]byte, size+1)
	if _, err := io.ReadFull(g.out, text); err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoGit, err)
	}
	return string(text[:size]), nil
}

// Close ends the process that objects are asked of.
func (g *GitTree) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cmd == nil {
		return nil
	}
	cmd := g.cmd
	g.cmd = nil
	return errors.Join(g.in.Close(), cmd.Wait())
}

// names yields the names in a folder.
func (g *GitTree) names(folder string, yield func(string) bool) error {
	place, err := g.find(folder)
	switch {
	case err != nil:
		return err
	case !place.inside:
		return diskFolders{}.names(place.path, yield)
	}
	for _, name := range g.dirs[place.path] {
		if !yield(name) {
			return nil
		}
	}
	return nil
}

// exists reports whether anything stands at path, a link that leads nowhere included.
func (g *GitTree) exists(path string) bool {
	dir, name := filepath.Split(filepath.Clean(g.onDisk(path)))
	above, err := g.find(dir)
	switch {
	case err != nil:
		return false
	case !above.inside:
		return diskFolders{}.exists(filepath.Join(above.path, name))
	}
	key := strings.TrimPrefix(above.path+"/"+name, "/")
	return g.files[key].name != "" || len(g.dirs[key]) > 0
}

// isFolder reports whether path is a folder or leads to one.
func (g *GitTree) isFolder(path string) bool {
	place, err := g.find(path)
	switch {
	case err != nil:
		return false
	case !place.inside:
		return diskFolders{}.isFolder(place.path)
	}
	return place.path == "" || len(g.dirs[place.path]) > 0
}

// onDisk returns a path as the disk knows it.
func (g *GitTree) onDisk(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(g.disk.Dir, path)
}

var _ Reader = (*GitTree)(nil)
