package refproxy

import (
	"flag"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/difftest/mutation"
)

// mutants makes TestMutants run: it compiles each mutant.
var mutants = flag.Bool("mutants", false, "check that the tests catch each mutant of testdata/mutants.txt")

// caught are tests that need no server, the quickest first.
var caught = mutation.Suite{List: "testdata/mutants.txt", Root: "..", Packages: []string{"./balance", "./refproxy"},
	Run: []string{"TestTimers|TestIdle|TestSafety|TestPlaces|TestReload|TestIPHash|TestFailures", "TestPlays/1.30.6"}}

// TestMutantsApply keeps the list in step with the code.
func TestMutantsApply(t *testing.T) { caught.Apply(t, 15) }

// TestMutants changes one line after the other and runs the tests that need no server: each time one must fail.
func TestMutants(t *testing.T) {
	if !*mutants {
		t.Skip("-args -mutants")
	}
	caught.Catch(t)
}
