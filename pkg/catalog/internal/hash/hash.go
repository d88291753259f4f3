// Package hash answers: in which slot of a generated table does a name stand, and which letters has it? The generator and
// the look-up share it.
package hash

// Sum mixes a name's length with its first, middle and last eight bytes: all of the bytes up to 24, and of a longer
// name enough that the generated tables have short probe sequences (a test counts them).
func Sum[T string | []byte](name T) uint32 {
	n := len(name)
	h := uint64(n) * 0x9e3779b97f4a7c15
	if n < 8 {
		for i := range n {
			h = (h ^ uint64(name[i])) * 0x100000001b3
		}
		return finish(h)
	}
	h = (h ^ word(name, 0)) * 0xff51afd7ed558ccd
	h ^= h >> 32
	h = (h ^ word(name, n/2-4)) * 0xc4ceb9fe1a85ec53
	h ^= h >> 32
	h = (h ^ word(name, n-8)) * 0x9e3779b97f4a7c15
	return finish(h)
}

func finish(h uint64) uint32 { return uint32(h>>32) ^ uint32(h>>7) }

// word reads eight bytes; the compiler makes one load of it.
func word[T string | []byte](s T, i int) uint64 {
	_ = s[i+7]
	return uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
		uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
}

// Letters is the set of a name's bytes, folded to 32 classes.
func Letters(name string) (set uint32) {
	for i := range len(name) {
		set |= 1 << (name[i] & 31)
	}
	return set
}
