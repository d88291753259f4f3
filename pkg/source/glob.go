package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// DefaultMaxMatches is how many files a pattern may match where a Reader has no limit of its own.
const DefaultMaxMatches = 50_000

// maxVisited is how many folder entries one pattern may look at: `include /*/*/*/*` ends too.
const maxVisited = 1_000_000

// folders is a tree of files to look for a pattern's matches in.
type folders interface {
	// names calls yield with the name of everything in folder until it returns false. What is no folder has none.
	names(folder string, yield func(name string) bool) error
	exists(path string) bool
	isFolder(path string) bool
}

// expansion is the work on one pattern.
type expansion struct {
	in      folders
	pattern string
	limit   int
	visited int
}

// expand lists what matches pattern in a tree, sorted bytewise, as glob(3) does without flags in the C locale, which is
// how nginx calls it; limit 0 stands for DefaultMaxMatches.
//
// nginx: src/os/unix/ngx_files.c, ngx_open_glob; src/core/ngx_conf_file.c, ngx_conf_include.
func expand(in folders, pattern string, limit int) ([]string, error) {
	if limit <= 0 {
		limit = DefaultMaxMatches
	}
	e := &expansion{in: in, pattern: pattern, limit: limit}
	paths, err := e.matches(plainSeparators(pattern))
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	return paths, nil
}

// matches lists what matches pattern, a leading part of e.pattern up to a slash or its end.
func (e *expansion) matches(pattern string) ([]string, error) {
	cut := lastSeparator(pattern) + 1
	prefixes, err := e.prefixes(pattern[:cut])
	if err != nil {
		return nil, err
	}
	base := pattern[cut:]
	if magic(base) {
		return e.listed(prefixes, base)
	}
	if danglingEscape(base) {
		return nil, nil
	}
	return e.named(prefixes, unescape(base))
}

// prefixes lists the folders that dir, which is empty or ends in a slash, stands for, each with its slash.
func (e *expansion) prefixes(dir string) ([]string, error) {
	if !magic(dir) {
		return []string{unescape(dir)}, nil
	}
	paths, err := e.matches(dir[:len(dir)-1])
	for i := range paths {
		paths[i] += dir[len(dir)-1:]
	}
	return paths, err
}

// named lists what has the given name, which is empty for the folder itself, in each folder.
func (e *expansion) named(prefixes []string, name string) ([]string, error) {
	var found []string
	for _, prefix := range prefixes {
		if !e.visit() {
			return nil, e.tooMany(e.visited)
		}
		if name == "" && prefix != "" && e.in.isFolder(prefix) || name != "" && e.in.exists(prefix+name) {
			found = append(found, prefix+name)
		}
	}
	return found, nil
}

// listed lists what matches the last component base in each folder.
func (e *expansion) listed(prefixes []string, base string) ([]string, error) {
	var found []string
	count := 0
	for _, prefix := range prefixes {
		err := e.entries(prefix, base, func(name string) bool {
			if matchName(base, name) {
				if count++; count <= e.limit {
					found = append(found, prefix+name)
				}
			}
			return e.visit()
		})
		if err != nil && !missing(err) {
			return nil, at(folderOf(prefix), err)
		}
	}
	if count > e.limit || e.visited > maxVisited {
		return nil, e.tooMany(count)
	}
	return found, nil
}

// entries yields the names in the folder of prefix; `.` and `..`, which glob(3) finds like any other name, only where
// base can match them.
func (e *expansion) entries(prefix, base string, yield func(string) bool) error {
	folder := folderOf(prefix)
	if strings.HasPrefix(unescape(base), ".") && e.in.isFolder(folder) && (!yield(".") || !yield("..")) {
		return nil
	}
	return e.in.names(folder, yield)
}

// visit counts an entry and reports whether there may be more.
func (e *expansion) visit() bool {
	e.visited++
	return e.visited <= maxVisited
}

// tooMany says how many matches there are and how many may be.
func (e *expansion) tooMany(count int) error {
	if e.visited > maxVisited {
		detail := fmt.Sprintf("over %d directory entries to look at", maxVisited)
		return fmt.Errorf("%s: %w", Printable(e.pattern), failure{ErrTooMany, detail})
	}
	detail := fmt.Sprintf("%d, the limit is %d", count, e.limit)
	return fmt.Errorf("%s: %w", Printable(e.pattern), failure{ErrTooMany, detail})
}

// missing reports whether a folder can't be listed because it is not there, which is no error to glob(3).
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(linkLoop(err), ErrLinkLoop) || notFolder(err)
}

// folderOf returns the folder of a prefix, which is empty or ends in a slash.
func folderOf(prefix string) string {
	switch {
	case prefix == "":
		return "."
	case len(prefix) == 1 || strings.HasSuffix(prefix, ":"+prefix[len(prefix)-1:]):
		return prefix // the root, or that of a Windows drive
	default:
		return prefix[:len(prefix)-1]
	}
}

// lastSeparator returns where the last slash stands, or -1. On Windows a backslash is one too.
func lastSeparator(path string) int {
	for i := len(path) - 1; i >= 0; i-- {
		if os.IsPathSeparator(path[i]) {
			return i
		}
	}
	return -1
}
