package catalog

// Tri is an answer that may be missing. The zero value is Unknown: no finding may rest on it.
type Tri uint8

// The three answers.
const (
	Unknown Tri = iota
	No
	Yes
)

// String gives "unknown", "no" or "yes".
func (t Tri) String() string {
	switch t {
	case Yes:
		return "yes"
	case No:
		return "no"
	}
	return "unknown"
}

func triOf(b bool) Tri {
	if b {
		return Yes
	}
	return No
}
