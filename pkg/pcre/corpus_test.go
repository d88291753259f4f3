package pcre

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
)

// corpus is where configurations from the wild lie, beside the module.
const corpus = "../../../shared/corpus"

var locationPattern = regexp.MustCompile(`(?m)^\s*(?:location|server_name|if \(\$\w+)\s+~(\*?)\s*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"';{]+))|^\s*rewrite\s+(?:"([^"\n]+)"|([^\s"';]+))\s`)

// corpusQuestions are the patterns of the corpus with addresses that are made of them.
func corpusQuestions(t testing.TB) []question {
	t.Helper()
	found := map[patternUse]bool{}
	err := filepath.WalkDir(corpus, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range locationPattern.FindAllStringSubmatch(string(text), -1) {
			found[patternUse{strings.Join(m[2:], ""), m[1] == "*"}] = true
		}
		return err
	})
	if err != nil {
		t.Skip("no corpus beside the module")
	}
	var questions []question
	for q := range found {
		questions = append(questions, question{pattern: q.pattern, fold: q.fold, subjects: addresses(q.pattern)})
	}
	sort.Slice(questions, func(i, j int) bool { return questions[i].pattern < questions[j].pattern })
	return questions
}

// patternUse is a pattern with or without case.
type patternUse struct {
	pattern string
	fold    bool
}

// addresses are common ones and some that look like the pattern.
func addresses(pattern string) []string {
	list := []string{"", "/", "/index.php", "/index.php/a/b", "/api/v1/websocket", "/a/b/c.JPG", "/.well-known/acme", "/.git/config", "/static/app.min.js", "www.example.com", "127.0.0.1", "on", "Upgrade"}
	plain := regexp.MustCompile(`[\\^$()?*+]|\[[^\]]*\]`).ReplaceAllString(pattern, "")
	for _, part := range append(strings.Split(plain, "|"), plain) {
		if len(list) < 40 && !strings.ContainsRune(part, '\\') {
			list = append(list, part, "/x"+part, part+"/y", strings.ToUpper(part))
		}
	}
	for i, s := range list {
		list[i] = strings.Map(func(r rune) rune {
			if r < 0x20 || r > 0x7e || r == '\\' {
				return 'x'
			}
			return r
		}, s)
	}
	return list
}

// TestCorpus compares the patterns that people use with the real library.
func TestCorpus(t *testing.T) {
	questions := corpusQuestions(t)
	sum := tally{sameVersion: strings.HasPrefix(pcreVersion(t), "PCRE2 version 10.42")}
	linear := 0
	for i, a := range pcre2test(t, questions) {
		compare(t, &sum, questions[i], a)
		if r, err := Compile(questions[i].pattern, Options{}); err == nil && r.linear != nil {
			linear++
		} else if err != nil {
			t.Logf("%q: %v", questions[i].pattern, err)
		}
	}
	t.Logf("%+v, %d patterns with the linear engine", sum, linear)
	if sum.compared < 1000 {
		t.Errorf("too little was compared")
	}
}
