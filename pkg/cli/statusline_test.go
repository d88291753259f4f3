package cli

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// screen is a terminal that may be written from anywhere.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func TestStatus(t *testing.T) {
	var line screen
	step, stop := (&statusLine{w: &line, after: time.Millisecond}).begin("configuration", 500)
	step()
	step()
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(line.String(), "configuration 2 of 500"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no line: %q", line.String())
		}
	}
	stop()
	stop()
	if !strings.HasSuffix(line.String(), "\r\033[K") {
		t.Errorf("the line stays: %q", line.String())
	}
}

// TestStatusOfShortJobs: what is done at once leaves nothing behind.
func TestStatusOfShortJobs(t *testing.T) {
	var line screen
	step, stop := (&statusLine{w: &line, after: time.Hour}).begin("configuration", 1)
	step()
	stop()
	if line.String() != "" {
		t.Errorf("%q", line.String())
	}
	step, stop = (*statusLine)(nil).begin("configuration", 1)
	step()
	stop()
	a := &app{err: newWriter(&line)}
	if a.statusLine(false) != nil {
		t.Error("a status line where there is no terminal")
	}
}
