package prove_test

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/prove"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// TestNothingIsLeftOver: a proof that is called off at any step ends soon, and leaves no goroutine; TestMain looks for
// folders.
func TestNothingIsLeftOver(t *testing.T) {
	s := subject{source.Disk{}, filepath.Join("..", "..", "testdata", "quickstart", "nginx.conf"), config.Options{}}
	s = s.fixed(t, lint.OneVersion(v126))
	c := s.load(t)
	found := findings(t, c, lint.OneVersion(v126))
	for _, e := range engines(t, v126, found) {
		if _, err := prove.Run(context.Background(), c, e, prove.Options{Findings: found}); err != nil { // what is made once a process is made now
			t.Fatal(err)
		}
		before := runtime.NumGoroutine()
		for step := range 5 {
			ctx, cancel := context.WithCancel(context.Background())
			began := time.Now()
			_, err := prove.Run(ctx, c, e, prove.Options{Findings: found, Progress: func(done, _ int, _ string) {
				if done == step {
					time.AfterFunc(50*time.Millisecond, cancel)
				}
			}})
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("%s, step %d: %v", e.Name(), step, err)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("%s, step %d: it took %s", e.Name(), step, took)
			}
		}
		for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
		if now := runtime.NumGoroutine(); now > before {
			t.Errorf("%s: %d goroutines before, %d after", e.Name(), before, now)
		}
	}
}
