package main

import (
	"fmt"
	"time"
)

// fixing measures `fix` as a whole process. It writes to standard output, so that every run finds the same faults.
func fixing(dir string) ([]figure, error) {
	binary, small, large, err := prepare(dir)
	if err != nil {
		return nil, err
	}
	fix := func(path string) program { return program{[]string{binary, "fix", "--stdout", path}, []int{0, 1}} }
	s, err := alternate(fix(small))
	if err != nil {
		return nil, err
	}
	l, err := fix(large).run()
	if err != nil {
		return nil, err
	}
	growth := float64(l.cpu) / float64(s[0].cpu)
	return []figure{
		{"`fix` of 500 servers, whole process", fmt.Sprintf("%s, of the processors %s", ms(s[0].wall), ms(s[0].cpu)), "under 0.7 s", s[0].wall < 700*time.Millisecond},
		{"`fix` of ten times the input (" + bytesOf(large) + "), processor time", fmt.Sprintf("%s, %.1f times the time; peak memory %s", ms(l.cpu), growth, mib(l.rss)), "at most 11 times", growth <= 11},
	}, nil
}
