package difftest

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Recorded is a case as it was put before real servers, in canonical addresses and without placeholders.
type Recorded struct {
	ID       string            `json:"id"`
	Hash     string            `json:"hash"`             // of the files, as Hash gives it
	Files    map[string]string `json:"files"`            // the root is nginx.conf; names are relative to Canonical.Prefix
	Static   map[string]string `json:"static,omitempty"` // below {ID}/html
	Requests []RecordedRequest `json:"requests"`
	Results  map[string]Result `json:"-"` // by nginx's version
}

// RecordedRequest is one request with the backend's answer.
type RecordedRequest struct {
	Raw    Bytes  `json:"raw"`
	Answer Answer `json:"answer"`
}

// recordedResult is a line of a version's file.
type recordedResult struct {
	ID     string `json:"id"`
	Hash   string `json:"hash"`
	Result Result `json:"result"`
}

// casesFile holds the cases; resultsFile holds what one version made of them.
const casesFile = "cases.jsonl"

func resultsFile(version string) string { return "nginx-" + version + ".jsonl" }

// Hash is a configuration's identity: SHA-256 over names and texts of its files, in hexadecimal.
func Hash(files map[string]string) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%d %s %d %s", len(name), name, len(files[name]), files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Record writes the cases, and what a server made of them, into a folder as lines of JSON. The same cases and server
// give the same bytes. Files of other versions stay as they are.
func Record(dir string, s Server, cases []*Case, results []Result) error {
	var recorded, observed []any
	for i, c := range cases {
		r := c.recorded()
		recorded = append(recorded, r)
		observed = append(observed, recordedResult{ID: c.ID, Hash: r.Hash, Result: results[i]})
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := writeLines(filepath.Join(dir, casesFile), recorded); err != nil {
		return err
	}
	return writeLines(filepath.Join(dir, resultsFile(s.Version)), observed)
}

// recorded is the case without placeholders.
func (c *Case) recorded() Recorded {
	r := Recorded{ID: c.ID, Files: c.Files(Canonical), Static: c.Static}
	r.Hash = Hash(r.Files)
	for i, request := range c.Requests {
		r.Requests = append(r.Requests, RecordedRequest{Raw: Bytes(c.Raw(i, Canonical)), Answer: request.Answer.filled(c, Canonical)})
	}
	return r
}

func writeLines(name string, values []any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	for _, v := range values {
		if err := encoder.Encode(v); err != nil {
			return err
		}
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}

// Load reads what Record wrote. A result whose configuration is not the recorded one is an error.
func Load(fsys fs.FS) ([]Recorded, error) {
	var all []Recorded
	at := map[string]int{}
	err := readLines(fsys, casesFile, func(r Recorded) error {
		if r.Hash != Hash(r.Files) {
			return fmt.Errorf("case %s: its hash is another configuration's", r.ID)
		}
		r.Results = map[string]Result{}
		at[r.ID] = len(all)
		all = append(all, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(fsys, resultsFile("*"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		version := strings.TrimSuffix(strings.TrimPrefix(name, "nginx-"), ".jsonl")
		err := readLines(fsys, name, func(r recordedResult) error {
			i, known := at[r.ID]
			if !known || all[i].Hash != r.Hash {
				return fmt.Errorf("%s: case %s was recorded with another configuration", name, r.ID)
			}
			all[i].Results[version] = r.Result
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func readLines[T any](fsys fs.FS, name string, take func(T) error) error {
	file, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	decoder := json.NewDecoder(bufio.NewReader(file))
	for decoder.More() {
		var v T
		if err := decoder.Decode(&v); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := take(v); err != nil {
			return err
		}
	}
	return nil
}

// recordingDir is where the representative set lies.
func recordingDir() string {
	return filepath.Join(moduleRoot(), "pkg", "difftest", "testdata", "recorded")
}

// Recording is the representative set that is kept with this package: what nginx made of generated cases, for tests
// that run without an nginx.
func Recording(t testing.TB) []Recorded {
	t.Helper()
	all, err := Load(os.DirFS(recordingDir()))
	if err != nil {
		t.Fatal(err)
	}
	return all
}
