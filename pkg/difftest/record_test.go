package difftest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var record = flag.Bool("record", false, "write the recording anew from the servers at hand")

// recordedSeed and recordedPairs make the representative set.
const recordedSeed, recordedPairs = 7, 240

// The recording is what the servers at hand do now, byte for byte; -record writes it.
func TestRecording(t *testing.T) {
	cases := NewGenerator(recordedSeed).Cases(recordedPairs)
	dir := t.TempDir()
	if *record {
		dir = recordingDir()
	}
	for _, s := range Servers(t) {
		results, err := Run(s, cases)
		if err != nil {
			t.Fatal(err)
		}
		if err := Record(dir, s, cases, results); err != nil {
			t.Fatal(err)
		}
		sameFile(t, filepath.Join(dir, casesFile), filepath.Join(recordingDir(), casesFile))
		if want := filepath.Join(recordingDir(), resultsFile(s.Version)); exists(want) { // a newer server has none yet
			sameFile(t, filepath.Join(dir, resultsFile(s.Version)), want)
		}
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func sameFile(t *testing.T, got, want string) {
	t.Helper()
	g, err := os.ReadFile(got)
	if err != nil {
		t.Fatal(err)
	}
	w, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(g) != string(w) {
		t.Errorf("%s is not what the server does now; go test ./pkg/difftest -run TestRecording -args -record writes it anew", want)
	}
}

// What is kept can be read without a server, says the same of each version, and holds handshakes that succeed and fail.
func TestLoadRecording(t *testing.T) {
	all := Recording(t)
	versions, valid, requests := map[string]int{}, 0, 0
	for _, r := range all {
		for version, result := range r.Results {
			versions[version]++
			for _, o := range result.Observations {
				requests++
				if o.Tunnel {
					valid++
				}
			}
		}
	}
	for version, n := range versions {
		if n != len(all) {
			t.Errorf("%s: %d of %d cases", version, n, len(all))
		}
	}
	if len(versions) < 3 || valid == 0 || valid == requests {
		t.Errorf("versions %v, %d tunnels of %d", versions, valid, requests)
	}
}

// A recording that is read and written again is the same.
func TestRecordedBytes(t *testing.T) {
	var b Bytes
	want := Bytes("\x00a\xff\xc3\xa9\r\n")
	text, err := want.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.UnmarshalJSON(text); err != nil || b != want {
		t.Errorf("%q from %s, %v", b, text, err)
	}
	if err := b.UnmarshalJSON([]byte(`"\u0100"`)); err == nil {
		t.Error("a code point above 255 is taken for a byte")
	}
}
