package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLineHashes holds the hash to vectors of codeql-action's own tests (the first three, without those of its that need
// other texts than these), and to what its algorithm, run by Node.js, says of the others.
func TestLineHashes(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", "c129715d7a2bc9a3:1"},
		{" a\nb\n  \t\tc\n d", "271789c17abda88f:1, 54703d4cd895b18:1, 180aee12dab6264:1, a23a3dc5e078b07b:1"},
		{strings.Repeat("Lorem ipsum dolor sit amet.\n", 10),
			"a7f2ff13bc495cf2:1, a7f2ff13bc495cf2:2, a7f2ff13bc495cf2:3, a7f2ff13bc495cf2:4, a7f2ff13bc495cf2:5, " +
				"a7f2ff13bc495cf2:6, a7f2ff1481e87703:1, a9cf91f7bbf1862b:1, 55ec222b86bcae53:1, cc97dc7b1d7d8f7b:1, " +
				"c129715d7a2bc9a3:1"},
		{"server {\n    listen 80;\n    server_tokens on;\n}\n",
			"9dc3ee90128e3c42:1, 7f6590d213a59fca:1, bcfca8411febe87a:1, 32dce9ccfdbc9d3e:1, c129715d7a2bc9a3:1"},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, strings.Join(lineHashes(test.text), ", ")); diff != "" {
			t.Errorf("%.40q (-want +got):\n%s", test.text, diff)
		}
	}
}
