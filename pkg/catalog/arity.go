package catalog

import (
	"strconv"
	"strings"
)

// Arity says how many arguments a directive takes; the name itself and a block's brace are not counted.
// The zero value is not known.
//
// nginx: src/core/ngx_conf_file.c, ngx_conf_handler, argument_number and the NGX_CONF_TAKE flags.
type Arity struct {
	Known bool // whether anything is known; if not, the other fields are zero
	Flag  bool // one argument, which is on or off in any case (NGX_CONF_FLAG)
	Min   int  // the fewest arguments
	Max   int  // the most arguments; -1: any number
}

// Allows says whether nginx takes n arguments.
func (a Arity) Allows(n int) Tri {
	if !a.Known {
		return Unknown
	}
	return triOf(n >= a.Min && (a.Max < 0 || n <= a.Max))
}

// AllowsFlag says whether word may be the argument of a flag directive: Unknown if the directive is not a flag.
//
// nginx: src/core/ngx_conf_file.c, ngx_conf_set_flag_slot.
func (a Arity) AllowsFlag(word string) Tri {
	if !a.Flag {
		return Unknown
	}
	return triOf(strings.EqualFold(word, "on") || strings.EqualFold(word, "off"))
}

// String gives "on or off", "2", "1 to 3", "1 or more" or "unknown".
func (a Arity) String() string {
	switch least := strconv.Itoa(a.Min); {
	case !a.Known:
		return "unknown"
	case a.Flag:
		return "on or off"
	case a.Max < 0 && a.Min == 0:
		return "any number"
	case a.Max < 0:
		return least + " or more"
	case a.Max == a.Min:
		return least
	case a.Max == a.Min+1:
		return least + " or " + strconv.Itoa(a.Max)
	default:
		return least + " to " + strconv.Itoa(a.Max)
	}
}
