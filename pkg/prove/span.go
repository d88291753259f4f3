package prove

import (
	"slices"
	"time"
)

// The scaled timeouts: the shortest, and how far apart two are. nginx moves a timer only by more than 0.3 s
// (NGX_TIMER_LAZY_DELAY), so that they must differ by more to be told apart.
const (
	shortest = 2 * time.Second
	apart    = 500 * time.Millisecond
)

// scaleOf returns a scale on which the given spans are the shortest ones that can be told apart, in the same order. 0
// stays 0: that is no time at all.
func scaleOf(spans []time.Duration) func(time.Duration) time.Duration {
	order := slices.Clone(spans)
	slices.Sort(order)
	order = slices.DeleteFunc(slices.Compact(order), func(d time.Duration) bool { return d <= 0 })
	return func(d time.Duration) time.Duration {
		if d <= 0 {
			return d
		}
		i, found := slices.BinarySearch(order, d)
		at := shortest + time.Duration(i)*apart
		if !found {
			at -= apart / 2 // between its neighbours
		}
		return max(at, shortest)
	}
}
