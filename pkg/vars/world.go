package vars

// World answers, for one run of a request, which of several possibilities holds. The same key gets the same answer
// within one World. A nil World takes the first of everything.
type World struct {
	choices []choice
	made    int
	answers map[string]int
	limited bool
}

// choice is one question that was asked, and the answer given.
type choice struct{ answer, of int }

// Worlds calls run once for each way in which the questions that it asks may be answered, depth first, the first
// answers first; at most limit times. It reports whether these were all.
func Worlds(limit int, run func(*World)) (complete bool) {
	w := &World{}
	complete = true
	for n := 0; n < limit; n++ {
		w.made, w.answers = 0, nil
		run(w)
		complete = complete && !w.limited
		if !w.next() {
			return complete
		}
	}
	return false
}

// next prepares the World after this one and reports whether there is one.
func (w *World) next() bool {
	w.choices = w.choices[:w.made]
	for len(w.choices) > 0 {
		last := &w.choices[len(w.choices)-1]
		if last.answer++; last.answer < last.of {
			return true
		}
		w.choices = w.choices[:len(w.choices)-1]
	}
	return false
}

// Choose returns which of n possibilities, counted from 0, holds for the question key. There must be at least one.
func (w *World) Choose(key string, n int) int {
	if w == nil || n <= 1 {
		return 0
	}
	if answer, ok := w.answers[key]; ok && answer < n {
		return answer
	}
	if w.made == len(w.choices) {
		w.choices = append(w.choices, choice{of: n})
	}
	answer := min(w.choices[w.made].answer, n-1)
	w.made++
	if w.answers == nil {
		w.answers = map[string]int{}
	}
	w.answers[key] = answer
	return answer
}

// Incomplete notes that not everything that is possible was offered as a choice, so that Worlds says so.
func (w *World) Incomplete() {
	if w != nil {
		w.limited = true
	}
}

// Choices returns how many questions were asked so far.
func (w *World) Choices() int {
	if w == nil {
		return 0
	}
	return w.made
}
