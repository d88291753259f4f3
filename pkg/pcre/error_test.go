package pcre

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// refusals have one pattern for each message, with the offset of PCRE2 10.42.
var refusals = []struct {
	pattern string
	offset  int
	code    code
}{
	{`a\`, 2, codeBackslashAtEnd},
	{`\c`, 2, codeControlAtEnd},
	{`a\y`, 2, codeUnknownEscape},
	{`a{2,1}`, 5, codeQuantifierOrder},
	{`a{65536}`, 7, codeQuantifierTooBig},
	{`[a`, 2, codeClassUnterminated},
	{`[a\B]`, 3, codeClassEscape},
	{`[z-a]`, 3, codeClassRangeOrder},
	{`^*.php`, 1, codeNothingToRepeat},
	{`a**`, 2, codeNothingToRepeat},
	{`(?z)`, 2, codeUnknownOption},
	{`[:alpha:]`, 0, codePosixOutsideClass},
	{`[[.a.]]`, 1, codePosixCollating},
	{`(a`, 2, codeGroupUnterminated},
	{`(a)\2`, 4, codeNoSuchGroup},
	{`a(?#b`, 5, codeCommentUnterminated},
	{strings.Repeat("(", 251) + strings.Repeat(")", 251), 251, codeNestedTooDeep},
	{`a)b`, 1, codeUnmatchedClose},
	{`(a)(?(1a)`, 7, codeConditionUnclosed},
	{`(?<=a+)b`, 0, codeLookbehindLength},
	{`(a)(?(-0)b)`, 8, codeRelativeZero},
	{`(a)(?(1)b|c|d)`, 3, codeConditionBranches},
	{`(?(?a)b)`, 2, codeAssertionExpected},
	{`(?+a)`, 2, codeDigitExpected},
	{`[[:foo:]]`, 3, codeUnknownPosix},
	{`\x{100}`, 6, codeCodePointTooLarge},
	{`\L`, 2, codePerlEscape},
	{`(?C256)`, 6, codeCalloutTooBig},
	{`(?C1`, 4, codeCalloutUnclosed},
	{`(?Pa)`, 3, codeUnknownP},
	{`(?<a-b>c)`, 4, codeNameSyntax},
	{`(?<a>b)(?<a>c)`, 12, codeNameTwice},
	{`(?<1a>b)`, 3, codeNameStartsWithDigit},
	{`\p{L`, 4, codeMalformedProperty},
	{`\p{Xx}`, 6, codeUnknownProperty},
	{`(?<` + strings.Repeat("a", 200) + `>b)`, 203, codeNameTooLong},
	{`[\d-z]`, 3, codeClassRange},
	{`\400`, 4, codeOctalTooLarge},
	{`(?(DEFINE)a|b)`, 3, codeDefineBranches},
	{`\o1`, 2, codeOctalBrace},
	{`\gx`, 2, codeReferenceSyntax},
	{`(?Ra)`, 3, codeRecursionUnclosed},
	{`(*NO)`, 4, codeUnknownVerb},
	{`(?70000)`, 7, codeGroupNumberTooBig},
	{`(?<>a)`, 3, codeNameExpected},
	{`\o{19}`, 4, codeNonOctal},
	{`(?|(?<a>b)|(?<c>d))`, 16, codeNumberTwoNames},
	{`(*MARK)`, 6, codeMarkArgument},
	{`\x{1g}`, 4, codeNonHex},
	{"\\c\n", 2, codeControlCharacter},
	{`\ka`, 2, codeNamedReference},
	{`[\N]`, 3, codeNotNewlineInClass},
	{`(*MARK:` + strings.Repeat("a", 256) + `)`, 263, codeVerbNameTooLong},
	{`\x{}`, 3, codeDigitsMissing},
	{`(?(VERSION>a)bcdefg)`, 11, codeVersionSyntax},
	{`(?C'a`, 3, codeCalloutUnterminated},
	{`(?Ca)`, 3, codeCalloutDelimiter},
	{`(?<=a{65535}a{65535})`, 0, codeLookbehindTooLong},
	{`\N{U+41}`, 2, codeUnicodeEscape},
	{`(?i--m)`, 4, codeOptionHyphen},
	{`(*foo:a)`, 5, codeUnknownAlpha},
	{`(?(*napla:a)b)`, 9, codeAtomicExpected},
	{`(?=a\K)b`, 8, codeKeepInLookaround},
}

func TestRefusals(t *testing.T) {
	seen := map[code]bool{}
	for _, test := range refusals {
		seen[test.code] = true
		_, err := Compile(test.pattern, Options{})
		want := Error{Pattern: test.pattern, Offset: test.offset, Message: test.code.message()}
		var got *Error
		if !errors.As(err, &got) || *got != want {
			t.Errorf("%q: %v, want offset %d: %s", test.pattern, err, test.offset, want.Message)
		}
	}
	for c := range messages {
		if !seen[c] && c != codeTooManyGroups && c != codeTooManyNames {
			t.Errorf("no pattern for %q", c.message())
		}
	}
}

// TestRefusalsAgree has the same patterns judged by the real library.
func TestRefusalsAgree(t *testing.T) {
	if !strings.HasPrefix(pcreVersion(t), "PCRE2 version 10.42") {
		t.Skip("another version of PCRE2")
	}
	questions := make([]question, len(refusals))
	for i, r := range refusals {
		questions[i].pattern = r.pattern
	}
	for i, a := range pcre2test(t, questions) {
		if refusals[i].code == codeNestedTooDeep {
			continue // pcre2test sets a lower limit; nginx itself is asked below
		}
		if !a.refused || a.offset != refusals[i].offset || a.message != refusals[i].code.message() {
			t.Errorf("%q: PCRE2 says %+v, the table offset %d: %s", refusals[i].pattern, a, refusals[i].offset, refusals[i].code.message())
		}
	}
}

// TestRefusalsByNginx has them judged by real servers: all refuse, and the one
// that is linked with PCRE2 10.42 prints the very sentence.
func TestRefusalsByNginx(t *testing.T) {
	out, err := exec.Command("../../../shared/tools/real-nginx").Output()
	if err != nil {
		t.Skip("no real nginx beside the module")
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		version, program, _ := strings.Cut(line, "\t")
		t.Run(version, func(t *testing.T) {
			for _, r := range refusals {
				said := nginxSays(t, program, r.pattern)
				_, err := Compile(r.pattern, Options{})
				if !strings.Contains(said, "pcre2_compile() failed: ") || version == "1.22.1" && !strings.Contains(said, err.Error()+" in ") {
					t.Errorf("%v; nginx: %s", err, said)
				}
			}
		})
	}
}

func nginxSays(t *testing.T, program, pattern string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "nginx.conf")
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(pattern)
	text := fmt.Sprintf("error_log stderr;\npid %s/pid;\nevents {}\nhttp { access_log off; server { listen unix:%s/s; location ~ \"%s\" {} } }\n", dir, dir, quoted)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "-t", "-p", dir, "-c", file).CombinedOutput()
	if err == nil {
		t.Errorf("%q is taken", pattern)
	}
	return string(out)
}
