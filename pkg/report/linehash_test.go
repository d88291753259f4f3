package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLineHashes holds the hash to vectors of codeql-action's own tests, the first three, and to what its algorithm says
// of the others when Node.js runs and reads them: odd line ends, a byte order mark, bytes that are not UTF-8.
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
		{"a\r\rb\r\n \t\nc",
			"c52f781a43dbc195:1, 73409ca04f7d2c2e:1, b0367d257df6d03c:1, 1c206f60a702cfe8:1, 188ff2f224477a1e:1"},
		{"\xff\xe4\xbe\n\xed\xa0\x80x\U0001F468\n\xf4\x90",
			"55b20e0812f304f3:1, 924281b852535637:1, c64e34c2498b54b9:1"},
		{"\ufeffuser www;\n",
			"2c422bacb9ae80bb:1, c129715d7a2bc9a3:1"},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, strings.Join(lineHashes(test.text), ", ")); diff != "" {
			t.Errorf("%.40q (-want +got):\n%s", test.text, diff)
		}
	}
}
