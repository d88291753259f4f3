package main

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed corrections.tsv
var corrections embed.FS

// row is a line of a table, by column name.
type row map[string]string

// readTable reads a tab-separated file whose first line names the columns.
func readTable(dir fs.FS, name string) ([]row, error) {
	content, err := fs.ReadFile(dir, name)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	columns := strings.Split(lines[0], "\t")
	var rows []row
	for i, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		if len(cells) != len(columns) {
			return nil, fmt.Errorf("%s:%d: %d cells, want %d", name, i+2, len(cells), len(columns))
		}
		r := row{}
		for j, c := range columns {
			r[c] = cells[j]
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// readCorrected reads NAME.tsv, applies its corrections and sorts it by name; the order of a name's rows is kept.
func readCorrected(dir fs.FS, table string) ([]row, error) {
	rows, err := readTable(dir, table+".tsv")
	if err != nil {
		return nil, err
	}
	fixes, err := readTable(corrections, "corrections.tsv")
	if err != nil {
		return nil, err
	}
	for _, fix := range fixes {
		if fix["table"] != table {
			continue
		}
		if rows, err = correct(rows, fix); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return strings.Compare(a["name"], b["name"]) })
	return rows, nil
}

// correct sets a field of the rows that a correction names, or adds a row where its field is "row". A correction that
// changes nothing is an error: the data has caught up with it.
func correct(rows []row, fix row) ([]row, error) {
	if fix["reason"] == "" {
		return nil, fmt.Errorf("correction of %s: no reason", fix["name"])
	}
	if fix["field"] == "row" {
		return addRow(rows, fix)
	}
	hits := 0
	for _, r := range rows {
		if !names(fix, r) || r[fix["field"]] == fix["value"] {
			continue
		}
		r[fix["field"]] = fix["value"]
		hits++
	}
	if hits == 0 {
		return nil, fmt.Errorf("correction of %s %s %s changes nothing", fix["name"], fix["module"], fix["field"])
	}
	return rows, nil
}

// names reports whether a correction is for a row: its name may hold asterisks, an empty module stands for any.
func names(fix, r row) bool {
	ok, err := path.Match(fix["name"], r["name"])
	return err == nil && ok && (fix["module"] == "" || fix["module"] == r["module"])
}

// addRow adds the row whose other fields the correction's value lists as field=value, separated by semicolons.
func addRow(rows []row, fix row) ([]row, error) {
	added := row{"name": fix["name"], "module": fix["module"]}
	for _, r := range rows {
		if r["name"] == fix["name"] && r["module"] == fix["module"] {
			return nil, fmt.Errorf("row %s %s is there already", fix["name"], fix["module"])
		}
	}
	for pair := range strings.SplitSeq(fix["value"], ";") {
		field, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fmt.Errorf("row %s: %q is no field=value", fix["name"], pair)
		}
		added[field] = value
	}
	return append(rows, added), nil
}
