// Command gen writes the catalog's tables from the data files directives.tsv, version-history.tsv,
// third-party-names.tsv and variables.tsv, after applying corrections.tsv, which gives a reason for each.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	data := flag.String("data", "../shared/data", "directory with the data files")
	out := flag.String("out", "pkg/catalog", "directory to write to")
	flag.Parse()
	if err := write(*data, *out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func write(data, out string) error {
	files, err := generate(os.DirFS(data))
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(out, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
