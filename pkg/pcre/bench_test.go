package pcre

import "testing"

var benchmarks = []struct {
	name, pattern, subject string
	opts                   Options
}{
	{"suffix", `\.php$`, "/wp-content/themes/a/index.php", Options{}},
	{"prefix", `^/api/`, "/wp-content/themes/a/index.php", Options{}},
	{"extensions", `\.(jpg|jpeg|png|gif|ico|css|js)$`, "/static/css/app.min.css", Options{CaseInsensitive: true}},
	{"captures", `^/users/(?<id>\d+)/(.*)$`, "/users/1234/profile/picture", Options{}},
	{"lookahead", `/\.(?!well-known/)`, "/a/b/.well-known/acme-challenge/x", Options{}},
}

func BenchmarkCompile(b *testing.B) {
	for _, bench := range benchmarks {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compile(bench.pattern, bench.opts); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, bench := range benchmarks {
		r := mustCompile(b, bench.pattern, bench.opts)
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Match(bench.subject); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBacktracking is what BenchmarkMatch would be without the linear engine.
func BenchmarkBacktracking(b *testing.B) {
	for _, bench := range benchmarks {
		r := mustCompile(b, bench.pattern, bench.opts)
		r.linear = nil
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Match(bench.subject); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
