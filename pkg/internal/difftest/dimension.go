package difftest

// Pick is a value's name for each dimension, by the dimension's name.
type Pick map[string]string
