package diag

import "fmt"

// Level is how bad a finding is.
type Level uint8

// The levels, from the mildest; Off is not a level of a finding but switches a rule off.
const (
	Off Level = iota
	Info
	Warning
	Error
)

// String returns "off", "info", "warning" or "error".
func (l Level) String() string {
	switch l {
	case Info:
		return "info"
	case Warning:
		return "warning"
	case Error:
		return "error"
	default:
		return "off"
	}
}

// ParseLevel reads what String writes.
func ParseLevel(s string) (Level, error) {
	for l := Off; l <= Error; l++ {
		if l.String() == s {
			return l, nil
		}
	}
	return Off, fmt.Errorf("unknown level %q: it is one of error, warning, info, off", s)
}

// Confidence is how sure a rule is of a finding.
type Confidence uint8

// The confidences, from the least.
const (
	Low Confidence = iota
	Medium
	High
)

// String returns "low", "medium" or "high".
func (c Confidence) String() string {
	switch c {
	case High:
		return "high"
	case Medium:
		return "medium"
	default:
		return "low"
	}
}
