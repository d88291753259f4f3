// Package catalog answers: what directives and variables exist? For each it says where nginx allows it, how many
// arguments it takes, whether it opens a block, which module has it, what its default is and since which version.
//
// The tables are generated from facts (see internal/gen). What the facts leave open is Unknown, and no finding may
// rest on Unknown. Nothing is built at start-up: the tables are static data.
package catalog

//go:generate go run ./internal/gen -data ../../../shared/data -out .
