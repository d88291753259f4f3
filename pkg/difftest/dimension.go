package difftest

import "slices"

// Pick is a value's name for each dimension, by the dimension's name.
type Pick map[string]string

// Dimension is one way in which cases differ. Its values carry what the builder writes for them.
type Dimension struct {
	Name    string
	Source  string // the row of nginx-websocket.md, F.2 or F.3, that asks for it
	Request bool   // a request's, not a configuration's
	Options []Option
}

// Option is one value of a dimension.
type Option struct {
	Name  string
	Lines []string // directives, header lines or the request target: what the dimension is made of
	// Masks: nginx answers before it looks at anything else, so whatever is picked beside it is not observed.
	Masks bool
}

// option is the one of that name; an unknown name is a mistake of ours and gives no lines.
func (d *Dimension) option(name string) Option {
	i := slices.IndexFunc(d.Options, func(o Option) bool { return o.Name == name })
	if i < 0 {
		return Option{}
	}
	return d.Options[i]
}

// lines are the lines of the picked value.
func (d *Dimension) lines(p Pick) []string { return d.option(p[d.Name]).Lines }

// is says whether a pick has one of the values.
func (d *Dimension) is(p Pick, values ...string) bool { return slices.Contains(values, p[d.Name]) }

// Dimensions are all dimensions, the configuration's first.
func Dimensions() []*Dimension { return slices.Concat(configDimensions, requestDimensions) }

func o(name string, lines ...string) Option { return Option{Name: name, Lines: lines} }

func masks(name string, lines ...string) Option { return Option{Name: name, Lines: lines, Masks: true} }
