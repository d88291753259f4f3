package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/cli"
)

// corpus is where the files of other projects stand; they are read from there and never copied.
const corpus = "../../../shared/corpus/files"

func corpusFiles(t *testing.T) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(corpus, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			paths = append(paths, path)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no ../shared/corpus")
	}
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// TestCorpus lints every file as a user would: it ends with 0 or 1, standard output is one JSON document, and what comes
// by standard input is judged like the file.
func TestCorpus(t *testing.T) {
	paths := corpusFiles(t)
	codes := map[int]int{}
	noEnv := func(string) string { return "" }
	for _, path := range paths {
		var out, problems bytes.Buffer
		code := cli.Main([]string{"lint", "-q", "-o", "json", path}, strings.NewReader(""), &out, &problems, noEnv)
		codes[code]++
		if code == cli.Failed || problems.Len() > 0 {
			t.Errorf("%s: exit code %d, %s", path, code, problems.String())
		}
		if !json.Valid(out.Bytes()) {
			t.Errorf("%s: no JSON: %.200s", path, out.String())
		}
		text, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		var fromStdin bytes.Buffer
		again := cli.Main([]string{"lint", "-q", "-o", "json", "--stdin-filename", path, "-"}, text, &fromStdin, &problems, noEnv)
		if again != code || !bytes.Equal(fromStdin.Bytes(), out.Bytes()) {
			t.Errorf("%s: exit code %d, but %d by standard input", path, code, again)
		}
		_ = text.Close()
	}
	t.Logf("%d files: %d end with 0, %d with 1", len(paths), codes[cli.Done], codes[cli.Found])
}
