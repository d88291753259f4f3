// Package baseline answers: what is already known? A baseline is the findings that a team has decided to live with for
// now, by what they are about and not by where they stand.
package baseline

import (
	"cmp"
	"slices"

	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// FileName is what the file of a baseline is usually called.
const FileName = ".ngxproof-baseline.json"

// Baseline is the known findings. The zero Baseline knows none.
type Baseline struct {
	// Entries are sorted by file, rule and fingerprint, each fingerprint once.
	Entries []Entry
}

// Entry is a known finding, or several that can't be told apart.
type Entry struct {
	// Fingerprint is what diag.Fingerprints says of it, without the number that tells equals apart.
	Fingerprint string `json:"fingerprint"`
	// Count is how many of them there are, at least 1.
	Count int `json:"count"`
	// Rule, File and Message are for people. Rule is the name of the rule; File is relative to the baseline's folder.
	Rule    string `json:"rule"`
	File    string `json:"file"`
	Message string `json:"message"`
}

// Finding is a finding as a baseline knows it.
type Finding struct {
	*diag.Diagnostic
	// Key is the fingerprint without a number.
	Key string
	// File is the name that the file has in the baseline.
	File string
}

// Findings returns the findings as a baseline knows them; name gives each file the name that it has there, so that the
// folder that a program is called in makes no difference. The findings are those given, not copies.
func Findings(found []diag.Diagnostic, name func(*source.File) string) []Finding {
	renamed := map[*source.File]*source.File{}
	copies := slices.Clone(found)
	for i := range copies {
		f := copies[i].At.File
		if f == nil {
			continue
		}
		if renamed[f] == nil {
			renamed[f] = source.NewFile(name(f), f.Path, f.Text)
		}
		copies[i].At.File = renamed[f]
	}
	prints := diag.Fingerprints(copies)
	all := make([]Finding, len(found))
	for i := range found {
		all[i] = Finding{Diagnostic: &found[i], Key: prints[i][:keyLength]}
		if f := copies[i].At.File; f != nil {
			all[i].File = f.Name
		}
	}
	return all
}

// keyLength is how many digits a fingerprint has before the number.
const keyLength = 32

// Of returns the baseline that knows the findings, but for those that are silenced already.
func Of(found []Finding) *Baseline {
	entries := map[string]*Entry{}
	for _, f := range found {
		if f.Suppressed != nil {
			continue
		}
		if e := entries[f.Key]; e != nil {
			e.Count++
		} else {
			entries[f.Key] = &Entry{Fingerprint: f.Key, Count: 1, Rule: f.Rule, File: f.File, Message: f.Message}
		}
	}
	b := &Baseline{}
	for _, e := range entries {
		b.Entries = append(b.Entries, *e)
	}
	b.sort()
	return b
}

func (b *Baseline) sort() {
	slices.SortFunc(b.Entries, func(x, y Entry) int {
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Fingerprint, y.Fingerprint))
	})
}

// Silence marks the findings that the baseline knows, of equals as many as it knows, and returns what it knows beyond
// them: entries with the count that is left.
func (b *Baseline) Silence(found []Finding) (gone []Entry) {
	left := make(map[string]int, len(b.Entries))
	for _, e := range b.Entries {
		left[e.Fingerprint] = e.Count
	}
	for _, f := range found {
		if f.Suppressed == nil && left[f.Key] > 0 {
			left[f.Key]--
			f.Suppressed = &diag.Suppression{By: "baseline"}
		}
	}
	for _, e := range b.Entries {
		if e.Count = left[e.Fingerprint]; e.Count > 0 {
			gone = append(gone, e)
		}
	}
	return gone
}

// Without returns the baseline without some entries, which are taken off by their counts.
func (b *Baseline) Without(gone []Entry) *Baseline {
	off := map[string]int{}
	for _, e := range gone {
		off[e.Fingerprint] += e.Count
	}
	less := &Baseline{}
	for _, e := range b.Entries {
		if e.Count -= off[e.Fingerprint]; e.Count > 0 {
			less.Entries = append(less.Entries, e)
		}
	}
	return less
}

// With returns the baseline with the entries of another one added; of an entry that both have the higher count holds.
func (b *Baseline) With(other *Baseline) *Baseline {
	more := &Baseline{Entries: slices.Clone(b.Entries)}
	index := map[string]int{}
	for i, e := range more.Entries {
		index[e.Fingerprint] = i
	}
	for _, e := range other.Entries {
		if i, ok := index[e.Fingerprint]; ok {
			more.Entries[i].Count = max(more.Entries[i].Count, e.Count)
			continue
		}
		index[e.Fingerprint] = len(more.Entries)
		more.Entries = append(more.Entries, e)
	}
	more.sort()
	return more
}

// Total returns how many findings the entries stand for.
func Total(entries []Entry) int {
	n := 0
	for _, e := range entries {
		n += e.Count
	}
	return n
}
