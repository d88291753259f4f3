package eval

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/difftest"
)

// record makes TestRecorded run its cases through the real servers again.
var record = flag.Bool("record", false, "record testdata/recorded again with the real servers")

// recordedDir holds the representative set.
var recordedDir = filepath.Join("testdata", "recorded")

// The representative set: the cases of a seed of its own.
const (
	recordedSeed  = 42
	recordedPairs = 240
)

// TestRecorded compares with what real servers did, as it was recorded; with -record they are asked first.
func TestRecorded(t *testing.T) {
	if *record {
		recordAgain(t)
	}
	all, err := difftest.Load(os.DirFS(recordedDir))
	if err != nil {
		t.Fatal(err)
	}
	compared := map[string]int{}
	for i := range all {
		for version, result := range all[i].Results {
			v, err := catalog.ParseVersion(version)
			if err != nil {
				t.Fatal(err)
			}
			differ, n := recordedScenario(&all[i]).compare(result, v)
			compared[version] += n
			for _, d := range differ {
				t.Errorf("nginx %s, %s: %s", version, all[i].ID, d)
			}
		}
	}
	for version, n := range compared {
		if n < recordedPairs {
			t.Errorf("nginx %s: only %d pairs were compared", version, n)
		}
	}
	if len(compared) < 3 {
		t.Errorf("recorded are %v", compared)
	}
}

// recordAgain runs the representative set through every server at hand.
func recordAgain(t *testing.T) {
	t.Helper()
	cases := difftest.NewGenerator(recordedSeed).Cases(recordedPairs)
	for _, s := range difftest.Servers(t) {
		results, err := difftest.Run(s, cases)
		if err != nil {
			t.Fatal(err)
		}
		if err := difftest.Record(recordedDir, s, cases, results); err != nil {
			t.Fatal(err)
		}
	}
}

// recordedScenarios returns the recorded cases that nginx accepts.
func recordedScenarios(t *testing.T) []*scenario {
	t.Helper()
	all, err := difftest.Load(os.DirFS(recordedDir))
	if err != nil {
		t.Fatal(err)
	}
	var scenarios []*scenario
	for i := range all {
		for _, result := range all[i].Results {
			if result.Accepted {
				scenarios = append(scenarios, recordedScenario(&all[i]))
				break
			}
		}
	}
	return scenarios
}
