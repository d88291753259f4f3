package syntax

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/source"
)

// benchText returns what the shared generator writes for n servers, or something like it where that is absent.
func benchText(b *testing.B, n int) string {
	b.Helper()
	script := filepath.Join("..", "..", "..", "shared", "tools", "gen-config")
	path := filepath.Join(b.TempDir(), "nginx.conf")
	if err := exec.Command(script, "one", fmt.Sprint(n), path, "--plain").Run(); err == nil {
		return read(b, path)
	}
	var text strings.Builder
	text.WriteString("worker_processes auto;\nevents {\n    worker_connections 1024;\n}\n\nhttp {\n")
	for i := range n {
		fmt.Fprintf(&text, "    # vhost %d\n    server {\n        listen 80;\n        server_name host%d.example.com;\n", i, i)
		for k := range 4 {
			fmt.Fprintf(&text, "        location /app%d/ {\n            proxy_pass http://backend_%d;\n"+
				"            proxy_set_header Host $host;\n            proxy_set_header Upgrade $http_upgrade;\n"+
				"            proxy_set_header Connection \"upgrade\";\n        }\n", k, i)
		}
		text.WriteString("    }\n\n")
	}
	text.WriteString("}\n")
	return text.String()
}

// plainLoop reads a text by the rules of the lexer and builds nothing: the limit that Parse is measured against. It
// returns how many words and terminators there are.
func plainLoop(text string) (words, terminators int) {
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case ' ', '\t', '\r', '\n':
			i++
		case ';', '{', '}':
			terminators++
			i++
		case '#':
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case '"', '\'':
			words++
			for i++; i < len(text) && text[i] != c; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			i++
		default:
			words++
			i = plainWord(text, i)
		}
	}
	return words, terminators
}

func plainWord(text string, i int) int {
	for i < len(text) {
		switch text[i] {
		case ' ', '\t', '\r', '\n', ';', '{':
			return i
		case '\\':
			i += 2
		case '$':
			for i++; i < len(text) && text[i] == '{'; i++ {
			}
		default:
			i++
		}
	}
	return i
}

func BenchmarkPlainLoop(b *testing.B) {
	text := benchText(b, 500)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		plainLoop(text)
	}
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{500, 5000} {
		b.Run(fmt.Sprintf("servers=%d", n), func(b *testing.B) {
			text := benchText(b, n)
			directives := 0
			for range parseText(text).All() {
				directives++
			}
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				Parse(source.NewFile("nginx.conf", "nginx.conf", text))
			}
			allocations := testing.AllocsPerRun(1, func() { Parse(source.NewFile("nginx.conf", "nginx.conf", text)) })
			b.ReportMetric(allocations/float64(directives), "allocs/directive")
		})
	}
}

func BenchmarkPrint(b *testing.B) {
	f := parseText(benchText(b, 500))
	b.SetBytes(int64(len(f.Text)))
	for b.Loop() {
		Print(f)
	}
}
