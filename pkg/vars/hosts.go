package vars

import "strings"

// Hosts finds what is filed under the best of the host names that fit: the exact one, then the longest that begins with
// `*.`, then the longest that ends with `.*`. Names are in lower case.
//
// nginx: src/core/ngx_hash.c, ngx_hash_find_combined.
type Hosts[T any] struct {
	exact, both, head, tail map[string]T
}

// Add files value under name and reports whether the name is one that nginx takes and is new; with wildcards,
// "*.a", ".a" and "a.*" are more than themselves.
//
// nginx: ngx_hash_add_key.
func (h *Hosts[T]) Add(name string, wildcards bool, value T) bool {
	name = lower(name)
	if !wildcards {
		return file(&h.exact, name, value)
	}
	stars := strings.Count(name, "*")
	switch {
	case stars > 1 || strings.Contains(name, "..") || strings.IndexByte(name, 0) >= 0:
		return false
	case len(name) > 1 && name[0] == '.' && stars == 0:
		if _, taken := h.exact[name[1:]]; taken {
			return false
		}
		return file(&h.both, name[1:], value)
	case len(name) > 2 && strings.HasPrefix(name, "*."):
		return file(&h.head, name[2:], value)
	case len(name) > 2 && strings.HasSuffix(name, ".*"):
		return file(&h.tail, name[:len(name)-2], value)
	case stars > 0:
		return false
	}
	if _, taken := h.both[name]; taken {
		return false
	}
	return file(&h.exact, name, value)
}

// file adds an entry to a map that may be nil, unless there is one.
func file[T any](to *map[string]T, key string, value T) bool {
	if *to == nil {
		*to = map[string]T{}
	}
	if _, taken := (*to)[key]; taken {
		return false
	}
	(*to)[key] = value
	return true
}

// Find returns what is filed under the best name that fits host, which is in lower case.
func (h *Hosts[T]) Find(host string) (value T, ok bool) {
	if value, ok = h.exact[host]; ok {
		return value, true
	}
	if value, ok = h.findHead(host); ok {
		return value, true
	}
	return h.findTail(host)
}

// findHead looks for the longest suffix of host that a `*.` or `.` name has.
//
// nginx: ngx_hash_find_wc_head.
func (h *Hosts[T]) findHead(host string) (value T, ok bool) {
	if len(h.head) == 0 && len(h.both) == 0 {
		return value, false
	}
	if value, ok = h.both[host]; ok && host != "" {
		return value, true
	}
	for i := range len(host) {
		if host[i] != '.' {
			continue
		}
		if value, ok = h.head[host[i+1:]]; ok {
			return value, true
		}
		if value, ok = h.both[host[i+1:]]; ok {
			return value, true
		}
	}
	return value, false
}

// findTail looks for the longest prefix of host, up to a dot, that a `.*` name has.
//
// nginx: ngx_hash_find_wc_tail.
func (h *Hosts[T]) findTail(host string) (value T, ok bool) {
	if len(h.tail) == 0 {
		return value, false
	}
	for i := len(host) - 1; i >= 0; i-- {
		if host[i] != '.' {
			continue
		}
		if value, ok = h.tail[host[:i]]; ok {
			return value, true
		}
	}
	return value, false
}
