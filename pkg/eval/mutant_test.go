package eval

import (
	"flag"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/difftest/mutation"
)

// mutants makes TestMutants run: it compiles each mutant.
var mutants = flag.Bool("mutants", false, "check that the tests catch each mutant of testdata/mutants.txt")

// caught are the tests that need no server.
var caught = mutation.Suite{List: "testdata/mutants.txt", Root: "..", Packages: []string{"./eval"},
	Run: []string{"TestRecorded|TestVersions|TestParse|TestOpen|TestTunnel|TestOrigins|TestTimers|TestRedirects|TestClobberedHeads"}}

// TestMutantsApply keeps the list in step with the code.
func TestMutantsApply(t *testing.T) { caught.Apply(t, 15) }

// TestMutants changes one line after the other and runs the tests that need no server: each time one must fail.
func TestMutants(t *testing.T) {
	if !*mutants {
		t.Skip("-args -mutants")
	}
	caught.Catch(t)
}
