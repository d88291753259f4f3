package syntax

import (
	"fmt"
	"strings"
)

// MaxQuotedWord is the longest word that QuoteWord writes, in bytes without the quotes: nginx reads that many whatever
// follows.
const MaxQuotedWord = 4093

var quoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// QuoteWord returns how a word of that value is written in a configuration: bare where that is safe, else in double
// quotes. It fails where nginx could not read the word because it is too long.
func QuoteWord(value string) (string, error) {
	word := value
	if !bareSafe(value) {
		word = quoter.Replace(value)
	}
	if len(word) > MaxQuotedWord {
		return "", fmt.Errorf("word %.20q... is %d bytes long: nginx reads at most %d", value, len(word), MaxQuotedWord)
	}
	if !bareSafe(value) {
		word = `"` + word + `"`
	}
	return word, nil
}

// bareSafe reports whether nginx reads value back from itself, whatever follows: scanBare stops nowhere in it, it has no
// backslash, and no `$` at its end protects a `{` after it.
func bareSafe(value string) bool {
	if value == "" || strings.HasSuffix(strings.TrimRight(value, "{"), "$") || strings.IndexByte(`"'#;{}`, value[0]) >= 0 {
		return false
	}
	end, escaped := scanBare(value, 0)
	return end == len(value) && !escaped
}
