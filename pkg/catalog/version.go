package catalog

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a release of nginx. The zero value is before every release.
type Version struct{ Major, Minor, Patch int }

// ParseVersion reads "1.22.1".
func ParseVersion(text string) (Version, error) {
	n, err := numbers(text)
	if err != nil {
		return Version{}, err
	}
	if len(n) != 3 {
		return Version{}, fmt.Errorf("%q is no nginx version: it has three numbers, such as 1.22.1", text)
	}
	return Version{n[0], n[1], n[2]}, nil
}

// numbers reads numbers with dots between them.
func numbers(text string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("%q is no nginx version, such as 1.22.1", text)
		}
		out = append(out, int(n))
	}
	return out, nil
}

// String gives "1.22.1".
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// Compare is negative if v is older than w, 0 if they are equal, positive if v is newer.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Patch, w.Patch))
}

// Before reports whether v is older than w.
func (v Version) Before(w Version) bool { return v.Compare(w) < 0 }

// IsZero reports whether v is no version.
func (v Version) IsZero() bool { return v == Version{} }

// lastReleases has the last release of the stable branches that we have evidence for: the versions that Debian packaged
// last before it went on to the next branch, and the real servers of the tests. A branch that is not here must be named
// in full.
var lastReleases = []Version{
	{1, 18, 0}, // Debian 11, followed by 1.20
	{1, 20, 2}, // followed by 1.22
	{1, 22, 1}, // Debian 12; a server of the tests
	{1, 24, 0}, // followed by 1.26
	{1, 26, 3}, // Debian 13; a server of the tests
	{1, 28, 3}, // followed by 1.30
	{1, 30, 6}, // a server of the tests; the newest we know
}

// ParseTarget reads what `--nginx-version` takes: a release, or a stable (even) branch, which stands for its last
// release. A mainline (odd) branch is an error, since its releases differ too much.
func ParseTarget(text string) (Version, error) {
	n, err := numbers(text)
	if err != nil {
		return Version{}, err
	}
	if len(n) != 2 {
		return ParseVersion(text)
	}
	for _, v := range lastReleases {
		if v.Major == n[0] && v.Minor == n[1] {
			return v, nil
		}
	}
	if n[1]%2 == 1 {
		return Version{}, fmt.Errorf("which release of nginx %s? Those of a mainline branch differ: name one in full, such as %s.1", text, text)
	}
	return Version{}, fmt.Errorf("the last release of nginx %s is not known; name one in full, such as %s.1", text, text)
}
