package catalog

import (
	"maps"
	"slices"
	"strings"
)

// moduleAffixes are the parts of a module's name that say no more than that it is one.
var moduleAffixes = strings.NewReplacer("ngx-http-", "", "nginx-module-", "", "nginx-", "", "ngx-", "", "-nginx", "", "-module", "")

// ModuleName gives a module's name in the one form in which names can be compared: "headers-more" of
// "headers-more-nginx-module" and "Headers_More".
func ModuleName(name string) string {
	return moduleAffixes.Replace(strings.ReplaceAll(strings.ToLower(name), "_", "-"))
}

// Modules gives the modules that the tables know, nginx's own and others, as ModuleName writes them, sorted.
func Modules() []string {
	names := map[string]bool{}
	for d := range All() {
		for i := range d.Entries {
			names[ModuleName(d.Entries[i].Module)] = true
		}
	}
	for i := range thirdParty {
		names[ModuleName(thirdParty[i].module)] = true
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}
