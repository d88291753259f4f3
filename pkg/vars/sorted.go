package vars

import (
	"maps"
	"slices"
)

// sorted returns a map's values in the order of its keys.
func sorted[T any](of map[string]T) []T {
	values := make([]T, 0, len(of))
	for _, key := range slices.Sorted(maps.Keys(of)) {
		values = append(values, of[key])
	}
	return values
}
