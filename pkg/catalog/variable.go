package catalog

import (
	"iter"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog/internal/hash"
)

// Variable is a variable that nginx or one of its modules defines, or a family of them. Do not change it.
type Variable struct {
	Name   string  // without the dollar sign; of a family the prefix, such as "http_"
	Family bool    // whether every name that begins with Name is a variable
	Where  Context // HTTP, Stream or both
}

// LookupVariable gives the variable of that name (without the dollar sign), or the family it belongs to; nil if nothing
// in the catalog defines it. Exact names win over families, longer families over shorter ones. A family's bare prefix
// belongs to it: nginx takes $http_ for a header with an empty name.
//
// Names are compared in lower case, as nginx does. nginx: src/http/ngx_http_variables.c, ngx_http_get_variable_index,
// ngx_http_variables_init_vars.
func LookupVariable(name string) *Variable {
	if hasUpper(name) {
		name = strings.ToLower(name)
	}
	if v := exactVariable(name); v != nil && !v.Family {
		return v
	}
	var best *Variable
	for _, i := range variableFamilies {
		v := &variables[i]
		if strings.HasPrefix(name, v.Name) && (best == nil || len(v.Name) > len(best.Name)) {
			best = v
		}
	}
	return best
}

func exactVariable(name string) *Variable {
	for slot := hash.Sum(name) % uint32(len(variableSlots)); ; slot = (slot + 1) % uint32(len(variableSlots)) {
		i := variableSlots[slot]
		if i == 0 {
			return nil
		}
		if v := &variables[i-1]; v.Name == name {
			return v
		}
	}
}

func hasUpper(s string) bool {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return true
		}
	}
	return false
}

// Variables yields every variable and family, sorted by name.
func Variables() iter.Seq[*Variable] {
	return func(yield func(*Variable) bool) {
		for i := range variables {
			if !yield(&variables[i]) {
				return
			}
		}
	}
}
