package eval

import "github.com/ngxproof/ngxproof/pkg/catalog"

// Alike reports whether two versions of nginx send the same heads for what At is asked, so that asking about one of them
// is enough. Only what looks at $nginx_version itself can tell them apart.
func Alike(v, w catalog.Version) bool {
	return traitsOf(v)&differing == traitsOf(w)&differing
}
