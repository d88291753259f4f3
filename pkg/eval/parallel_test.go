package eval

import (
	"sync"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
)

// TestParallel asks one evaluator the same things from many sides at once; the race detector watches.
func TestParallel(t *testing.T) {
	for _, s := range recordedScenarios(t)[:12] {
		e, err := s.evaluator()
		if err != nil {
			t.Fatal(err)
		}
		answers := make([]string, 8)
		var wait sync.WaitGroup
		for i := range answers {
			wait.Go(func() {
				for _, p := range catalog.Profiles() {
					for _, location := range e.Config().Locations() {
						for _, client := range Clients() {
							answers[i] += describe(e.At(location, client, p.Representative))
						}
					}
				}
			})
		}
		wait.Wait()
		for i := range answers {
			if answers[i] != answers[0] {
				t.Errorf("%s: two sides got different answers", s.id)
			}
		}
	}
}
