package prove

import "time"

// Report is what came of a proof. As JSON its keys are snake_case and only ever added to.
type Report struct {
	// Engine is "reference" or "nginx", Nginx the version, Backend the kind of the stand-in.
	Engine  string  `json:"engine"`
	Nginx   string  `json:"nginx"`
	Backend Backend `json:"backend"`
	// Refused is why nginx does not load the configuration; "" where it does.
	Refused string `json:"refused,omitempty"`
	// Rows are the locations in the order of the configuration.
	Rows []*Row `json:"rows"`
	// Notes say what was run otherwise than it is written, one sentence each.
	Notes []string `json:"notes"`
	// Failed, Unknown and Passed count cells.
	Failed  int `json:"failed"`
	Unknown int `json:"unknown"`
	Passed  int `json:"passed"`
}

// Row is one location.
type Row struct {
	// Location is its head as written, such as "location /chat"; Server the first name of its server.
	Location string `json:"location"`
	Server   string `json:"server"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	// URL is what was asked for; "" where no request gets there.
	URL string `json:"url,omitempty"`
	// Broad says that the location serves more than WebSockets.
	Broad bool `json:"broad"`
	// Heartbeat is how often the application is known to send something, in seconds; 0 where that is not known.
	Heartbeat float64 `json:"heartbeat,omitempty"`
	Cells     []*Cell `json:"cells"`

	site *site
}

// Cell is one scenario at one location.
type Cell struct {
	Scenario string `json:"scenario"`
	State    State  `json:"state"`
	// Reason says what happened, in one line, names in back-quotes.
	Reason string `json:"reason"`
	// Rule is the rule that explains a failure; "" where none does.
	Rule string `json:"rule,omitempty"`
	// Limit is, of the scenario idle, after how many seconds the tunnel is closed; 0 where that was not seen.
	Limit float64 `json:"limit,omitempty"`
	// Bytes went over the wire; nil but for failures of a handshake or a request.
	Bytes *Bytes `json:"bytes,omitempty"`
}

// State is how a scenario ended.
type State string

// The states.
const (
	Pass State = "pass"
	// Fail: something that a correct configuration would carry did not come through.
	Fail State = "fail"
	// Unknown: it can't be known here; the reason says why.
	Unknown State = "unknown"
	// Note: worth knowing, and never a failure.
	Note State = "note"
)

// Bytes are what the four ends of a request saw; "" for nothing.
type Bytes struct {
	Sent     string `json:"client_sent"`
	Received string `json:"backend_received"`
	Answered string `json:"backend_answered"`
	Got      string `json:"client_got"`
}

// The scenarios, in the order of a table's columns.
const (
	AtText      = "text"
	AtBinary    = "binary"
	AtMegabyte  = "1 MB"
	AtPing      = "ping"
	AtClose     = "close"
	AtGet       = "GET"
	AtPost      = "POST"
	AtH2C       = "h2c"
	AtIdle      = "idle"
	AtSlashless = "no slash"
	AtSilent    = "silent"
	AtRefused   = "refused"
	AtUpgrade   = "426"
)

// Scenarios lists them, those of the three clients' handshakes first.
func Scenarios() []string {
	return []string{"chrome", "firefox", "mixedcase", AtText, AtBinary, AtMegabyte, AtPing, AtClose, AtGet, AtPost, AtH2C, AtIdle,
		AtSlashless, AtSilent, AtRefused, AtUpgrade}
}

// Cell returns the cell of a scenario, or nil.
func (r *Row) Cell(scenario string) *Cell {
	for _, c := range r.Cells {
		if c.Scenario == scenario {
			return c
		}
	}
	return nil
}

// count counts the cells by their states.
func (r *Report) count() {
	for _, row := range r.Rows {
		for _, c := range row.Cells {
			switch c.State {
			case Fail:
				r.Failed++
			case Unknown:
				r.Unknown++
			case Pass:
				r.Passed++
			case Note:
			}
		}
	}
}

// seconds writes a span for JSON.
func seconds(d time.Duration) float64 { return d.Seconds() }
