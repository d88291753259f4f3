package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestTablesAreCurrent generates the tables again and compares them with the committed ones.
func TestTablesAreCurrent(t *testing.T) {
	data := filepath.Join("..", "..", "..", "..", "..", "shared", "data")
	if _, err := os.Stat(data); err != nil {
		t.Skip("no ../shared")
	}
	files, err := generate(os.DirFS(data))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s is not current: run go generate ./pkg/catalog", name)
		}
	}
	committed, err := filepath.Glob(filepath.Join("..", "..", "*_gen.go"))
	if err != nil || len(committed) != len(files) {
		t.Errorf("%v, %v: want %v", committed, err, slices.Sorted(maps.Keys(files)))
	}
}

func TestArityOf(t *testing.T) {
	for text, want := range map[string]string{
		"": "Arity{}", "flag": "Arity{Known: true, Flag: true, Min: 1, Max: 1}",
		"2": "Arity{Known: true, Min: 2, Max: 2}", "0,1,2": "Arity{Known: true, Min: 0, Max: 2}",
		"1+": "Arity{Known: true, Min: 1, Max: -1}",
	} {
		if got, err := arityOf(text); err != nil || got != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"1,3", "x", "+", "1,"} {
		if got, err := arityOf(text); err == nil {
			t.Errorf("%q: %s, want an error", text, got)
		}
	}
}

func TestCorrections(t *testing.T) {
	rows := []row{{"name": "a_x", "module": "m", "block": "no"}, {"name": "b", "module": "m", "block": "no"}}
	rows, err := correct(rows, row{"name": "a_*", "field": "block", "value": "yes", "reason": "r"})
	if err != nil || rows[0]["block"] != "yes" || rows[1]["block"] != "no" {
		t.Fatalf("%v, %v", rows, err)
	}
	rows, err = correct(rows, row{"name": "c", "module": "m", "field": "row", "value": "block=no;kind=oss", "reason": "r"})
	if err != nil || len(rows) != 3 || rows[2]["kind"] != "oss" {
		t.Fatalf("%v, %v", rows, err)
	}
	for _, bad := range []row{
		{"name": "a_x", "field": "block", "value": "yes", "reason": "r"},          // changes nothing
		{"name": "nothing", "field": "block", "value": "yes", "reason": "r"},      // names nothing
		{"name": "b", "field": "block", "value": "yes"},                           // no reason
		{"name": "b", "module": "m", "field": "row", "value": "x", "reason": "r"}, // is there already
	} {
		if _, err := correct(rows, bad); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

func TestGenerateSaysWhereTheDataIsWrong(t *testing.T) {
	data := fstest.MapFS{"directives.tsv": {Data: []byte("name\tmodule\nx\n")}}
	if _, err := readTable(data, "directives.tsv"); err == nil || !strings.Contains(err.Error(), "directives.tsv:2") {
		t.Errorf("error %v does not name the line", err)
	}
}
