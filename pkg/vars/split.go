package vars

import (
	"math"
	"strconv"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
)

// split is a compiled split_clients block.
//
// nginx: src/http/modules/ngx_http_split_clients_module.c.
type split struct {
	by     *config.Directive
	source *Expr
	parts  []splitPart
}

// splitPart is one line: hashes below the limit take the value; a limit of 0 takes all that is left.
type splitPart struct {
	key, value string
	limit      uint32
}

// compileSplit reads the parts of a split_clients block.
//
// nginx: ngx_conf_split_clients_block.
func (t *Table) compileSplit(d *config.Directive) *split {
	s := &split{by: d, source: t.Expr(d.Arg(1))}
	var last uint32
	for _, entry := range t.config.Entries(d) {
		if len(entry.Words) < 2 {
			continue
		}
		p := splitPart{key: entry.Name(), value: entry.Arg(1)}
		if p.key != "*" {
			hundredths, ok := percent(p.key)
			if !ok {
				continue
			}
			last += uint32(uint64(hundredths) * math.MaxUint32 / 10000)
			p.limit = last
		}
		s.parts = append(s.parts, p)
	}
	return s
}

// percent reads "0.5%" as hundredths of a percent.
func percent(text string) (hundredths int, ok bool) {
	number, ok := strings.CutSuffix(text, "%")
	whole, fraction, _ := strings.Cut(number, ".")
	if !ok || len(fraction) > 2 {
		return 0, false
	}
	n, err := strconv.ParseUint(whole+fraction+"00"[len(fraction):], 10, 16)
	return int(n), err == nil && n > 0
}

// lookup returns the block's value for the run.
//
// nginx: ngx_http_split_clients_variable.
func (s *split) lookup(r *Run) given {
	source := r.Eval(s.source)
	if source.Unknown {
		return s.possible(r, source)
	}
	hash := murmur2(source.Text)
	for _, p := range s.parts {
		if hash < p.limit || p.limit == 0 {
			return given{value: Value{Text: p.value}, by: s.by, why: p.key}
		}
	}
	return given{by: s.by}
}

// possible lets the World choose a part where the source is not known.
func (s *split) possible(r *Run, source Value) given {
	n := len(s.parts)
	if n == 0 || s.parts[n-1].limit != 0 && s.parts[n-1].limit < math.MaxUint32-10000 {
		n++ // those that no part takes
	}
	if n > maxChoices {
		return given{value: Value{Text: s.by.Arg(2), Unknown: true}, by: s.by}
	}
	i := r.World.Choose(Question("split_clients", s.by, source.Text), n)
	if i == len(s.parts) {
		return given{by: s.by}
	}
	return given{value: Value{Text: s.parts[i].value}, by: s.by, why: s.parts[i].key}
}

// murmur2 is the hash that split_clients divides.
//
// nginx: src/core/ngx_murmurhash.c, ngx_murmur_hash2.
func murmur2(s string) uint32 {
	const m = 0x5bd1e995
	h := uint32(len(s))
	for ; len(s) >= 4; s = s[4:] {
		k := uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
		k *= m
		k ^= k >> 24
		k *= m
		h = h*m ^ k
	}
	switch len(s) {
	case 3:
		h ^= uint32(s[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(s[1]) << 8
		fallthrough
	case 1:
		h ^= uint32(s[0])
		h *= m
	}
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}
