//go:build !unix

package difftest

// alone has nobody to wait for: the real servers run on unix only.
func alone() (release func(), err error) { return func() {}, nil }
