package difftest

import (
	"testing"
)

// The pairs that a live test of 3,000 pairs sends cover at least 95 % of those in scope.
func TestCoverage(t *testing.T) {
	g := NewGenerator(1)
	g.Cases(3000)
	values, allValues := g.Coverage.Values()
	pairs, allPairs := g.Coverage.Pairs()
	t.Log("\n" + g.Coverage.Report() + g.Coverage.OutOfScope())
	if values < allValues || percent(pairs, allPairs) < 95 {
		t.Errorf("values %d of %d, pairs %d of %d", values, allValues, pairs, allPairs)
	}
}
