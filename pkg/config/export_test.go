package config

// Looked returns how many directives a look-up in the block d walks past.
func Looked(d *Directive) int { return len(d.simple()) }
