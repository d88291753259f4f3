// Package diag answers: what is a finding? Diagnostics with their labels, evidence, fixes and edits, as data only.
package diag

import "github.com/ngxproof/ngxproof/pkg/source"

// Location is a span in a file.
type Location struct {
	File *source.File
	Span source.Span
}

// Label points at a place that explains a finding, in the same file or another.
type Label struct {
	Location
	// Message is a short phrase without a final period; empty for a bare underline.
	Message string
}

// Diagnostic is one mistake of the user's, or one thing worth knowing, about one configuration.
type Diagnostic struct {
	Rule     string   // the rule's name, its identity
	Code     string   // the alias, such as WS002
	Category string   // the rule's package: websocket, correctness
	Tags     []string // sorted
	Level    Level
	// Confidence is how sure the rule is that this is what it says.
	Confidence Confidence
	// Nginx lists the version ranges for which the finding holds, such as "<1.29.7"; empty for every version.
	Nginx []string
	// Message is one line in the present tense about this configuration, names in back-quotes, no final period.
	Message string
	// Help is one imperative sentence, or empty.
	Help string
	// At is where the mistake stands.
	At Location
	// Note is the text beside the carets of At, or empty.
	Note string
	// Labels are further places that explain the finding.
	Labels []Label
	// Chain is how the file of At came into the configuration: the include directives, the entry file's first, each
	// with what to say beside it, such as "included here, in `http`".
	Chain []Label
	// Scope says in which blocks and statement the finding stands, in words that stay when lines move:
	// "http/server[example.com]/location[/ws]/proxy_set_header[Connection close]": each enclosing directive, through
	// includes, with its arguments as nginx reads them (a server with its first name), the statement itself last. It
	// is empty where there is no statement, as for a syntax error. Fingerprints rest on it.
	Scope string
	// Fix is nil where nothing can be proposed.
	Fix *Fix
	// Evidence is what a backend or a client would receive, or nginx would log; or nil.
	Evidence *Evidence
	// Proof is what happened when the configuration was run, or nil where it was not.
	Proof *Proof
	// Suppressed is how the finding was silenced, or nil.
	Suppressed *Suppression
}

// Proof is what came of opening WebSockets at the location that a finding is about.
type Proof struct {
	Engine string // "reference" or "nginx"
	Nginx  string // the version that ran
	URL    string // what was asked for
	// Scenarios are those that say something, in order: what failed, or else the handshakes.
	Scenarios []ProofScenario
}

// ProofScenario is what came of one thing that was tried.
type ProofScenario struct {
	Name   string // "chrome", "text", "idle"
	State  string // "pass", "fail", "unknown" or "note"
	Reason string // one line
}

// Suppression says what silenced a finding and why.
type Suppression struct {
	At     Location // the comment, or a zero Location for a baseline
	By     string   // "comment" or "baseline"
	Reason string
}

// Safety says who may apply a fix.
type Safety uint8

// The fix classes of the interface: Safe is applied by --fix, Unsafe by --unsafe-fixes, Display never.
const (
	Display Safety = iota
	Unsafe
	Safe
)

// String returns "safe", "unsafe" or "display".
func (s Safety) String() string {
	switch s {
	case Safe:
		return "safe"
	case Unsafe:
		return "unsafe"
	default:
		return "display"
	}
}

// Fix is a proposed correction.
type Fix struct {
	Safety Safety
	Title  string // imperative, without a final period
	Risk   string // one line, for an unsafe fix
	Edits  []Edit
	// Sites are the heads of the blocks (locations, mostly) that have the finding: requests to other blocks are not to be
	// served otherwise after a safe fix. Without any the fix is about the whole configuration.
	Sites []Location
}

// Edit replaces the bytes of a span by a text; an empty span inserts.
type Edit struct {
	Location
	Text string
}

// EvidenceKind says what is shown as evidence.
type EvidenceKind uint8

// The kinds. Most findings are about what a backend gets; where that is right, or nothing, the others show what goes wrong.
const (
	// Request is the head that a backend would receive from a client.
	Request EvidenceKind = iota
	// Answer is the head that the client would receive.
	Answer
	// Log is what nginx would write to its error log: for a client's request, or, without a client, instead of starting.
	Log
)

// String returns "request", "answer" or "log".
func (k EvidenceKind) String() string { return [...]string{"request", "answer", "log"}[k] }

// Evidence is what a finding rests on: a head, line by line with each line's origin, or lines of the error log.
type Evidence struct {
	Kind   EvidenceKind
	Client string // chrome, firefox, mixedcase, plain, h2c; empty for what nginx says instead of starting
	Nginx  string // the version whose behaviour is shown; empty where all do the same
	Head   string // the bytes, CRLF line ends and the empty line included; empty for a Log
	Lines  []EvidenceLine
}

// EvidenceLine is one line of a head, or one that was dropped from it.
type EvidenceLine struct {
	Text string
	// Origin is "default", "directive" or "client"; in an Answer "client" stands for the other side, the backend.
	Origin string
	// At is the directive that decided the line; its File is nil for a default or a client's header.
	At Location
	// DroppedBy names what removed the line from the head; empty for a line that was sent.
	DroppedBy string
	// Wrong marks the line that the finding is about.
	Wrong bool
	// Unknown says that the text has variables in it, as they are written, whose values are not known.
	Unknown bool
}
