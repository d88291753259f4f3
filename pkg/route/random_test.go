package route_test

import (
	"flag"
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"testing/fstest"
)

var (
	seed  = flag.Int64("route.seed", 1, "what the random configurations of TestRandom begin with")
	count = flag.Int("route.n", 150, "how many random servers TestRandom makes")
)

// TestRandom holds the router to real servers over random servers: locations, rewrites, conditions, try_files,
// error_page.
func TestRandom(t *testing.T) {
	servers := realServers(t)
	upstream := startUpstream(t)
	m := randomCase(rand.New(rand.NewSource(*seed)), *count)
	r, table, _ := m.load(t)
	files := fstest.MapFS{}
	r.Files = files
	for _, v := range recorded {
		if servers[v] == "" {
			t.Skipf("no nginx %s", v)
		}
		dir := t.TempDir()
		port := m.start(t, servers[v], dir, upstream)
		bad := 0
		for _, e := range m.requests {
			says := strings.NewReplacer(port, "8080", dir, site).Replace(answerTo(t, port, e.raw))
			if got := predict(t, r, table, files, e.raw, version(t, v)); !agrees(got, says) {
				bad++
				if bad <= 5 {
					t.Errorf("seed %d: %s\n%s says  %s\nwe say %s\n%s", *seed, e.line, v, says, got, m.files[e.line[strings.LastIndex(e.line, " ")+1:]])
				}
			}
		}
		if bad > 0 {
			t.Errorf("%s: %d of %d differ", v, bad, len(m.requests))
		}
	}
}

// randomCase makes n servers and requests to each. Its files hold the text of each server, by name.
func randomCase(rnd *rand.Rand, n int) *measured {
	m := &measured{path: "random", files: map[string]string{}}
	var b strings.Builder
	b.WriteString("server_names_hash_max_size 4096; uninitialized_variable_warn off; root {DIR}/none;\n")
	b.WriteString("map $arg_q $m { default none; ~^(.) \"m$1\"; 2 two; }\n")
	for i := range n {
		g := &generator{Rand: rnd, id: i}
		text := g.server()
		m.files[fmt.Sprintf("s%d", i)] = text
		b.WriteString(text)
		for range 10 {
			m.add(g.request())
		}
	}
	m.conf = b.String()
	return m
}

func (m *measured) add(line string) {
	parts := strings.Split(line, " | Host: ")
	m.requests = append(m.requests, &exchange{line: line, raw: parts[0] + " HTTP/1.1\r\nHost: " + parts[1] + "\r\nConnection: close\r\n\r\n"})
}

// generator writes random directives.
type generator struct {
	*rand.Rand
	id, labels int
	used       map[string]bool
}

func (g *generator) pick(of ...string) string { return of[g.Intn(len(of))] }

func (g *generator) request() string {
	method := g.pick("GET", "GET", "GET", "GET", "POST", "HEAD")
	path := g.pick("/", "/a", "/a/", "/a/b", "/a/b/", "/ab", "/b", "/a/B", "/x", "/a%20b", "//a", "/a/b/c", "/A", "/a/./b", "/ab/a", "/a+b")
	args := g.pick("", "", "?q=1", "?q=2", "?q=0", "?q=ab&v=1", "?", "?v=2")
	return fmt.Sprintf("%s %s%s | Host: s%d", method, path, args, g.id)
}

func (g *generator) server() string {
	g.used = map[string]bool{}
	var b strings.Builder
	fmt.Fprintf(&b, "server { listen {PORT}; server_name s%d;\n", g.id)
	for range g.Intn(3) {
		b.WriteString(g.statement(false, 0) + "\n")
	}
	if g.Intn(3) == 0 {
		b.WriteString(g.errorPage() + "\n")
	}
	b.WriteString("location @n { " + g.body() + " }\n")
	for range 2 + g.Intn(6) {
		b.WriteString(g.location("", 0))
	}
	b.WriteString("}\n")
	return b.String()
}

func (g *generator) location(under string, depth int) string {
	name := g.pick("/", "/a", "/a/", "/a/b", "/ab", "/a/b/", "/x", "= /a", "= /a/b", "= /", "^~ /a", "^~ /a/b/", "^~ /ab", "~ ^/a", "~ b$", "~* B", "~ ^/(.)(.*)$", "~ ^/(?<n>a)/(.*)$", "= /a/")
	plain := strings.TrimPrefix(strings.TrimPrefix(name, "= "), "^~ ")
	if !strings.HasPrefix(name, "~") && !strings.HasPrefix(plain, under) {
		return ""
	}
	key := strings.TrimPrefix(name, "^~ ")
	if g.used[under+"|"+key] {
		return ""
	}
	g.used[under+"|"+key] = true
	inner := ""
	if depth < 2 && !strings.HasPrefix(name, "=") && g.Intn(4) == 0 {
		prefix := plain
		if strings.HasPrefix(name, "~") {
			prefix = "never"
		}
		inner = g.location(prefix, depth+1) + g.location(prefix, depth+1)
	}
	return "location " + name + " { " + g.body() + inner + " }\n"
}

func (g *generator) body() string {
	var b strings.Builder
	for range g.Intn(4) {
		b.WriteString(g.statement(true, 0) + " ")
	}
	if g.Intn(6) == 0 {
		b.WriteString(g.errorPage() + " ")
	}
	if g.Intn(8) == 0 {
		b.WriteString("internal; ")
	}
	if g.Intn(8) == 0 {
		b.WriteString("limit_except GET { deny all; } ")
	}
	if g.Intn(6) == 0 {
		b.WriteString(g.pick("try_files /none =404; ", "try_files /none @n; ", "try_files $uri /a/b?t=1; ", "try_files /none $uri/ /x; "))
	}
	g.labels++
	if g.Intn(2) == 0 {
		fmt.Fprintf(&b, "proxy_set_header X-L L%d; proxy_pass http://127.0.0.1:{UP};", g.labels)
	} else if g.Intn(5) > 0 {
		fmt.Fprintf(&b, "return %s \"L%d $uri|$args|$1|$2|$v|$n|$m|$request_method\";", g.pick("200", "200", "404", "418"), g.labels)
	}
	return b.String()
}

func (g *generator) errorPage() string {
	return g.pick("error_page 404 /x;", "error_page 404 418 = @n;", "error_page 403 =200 /a/b;", "error_page 404 =301 /ab;",
		"error_page 418 403 /b?e=$args; recursive_error_pages on;", "error_page 404 http://e/$uri;", "error_page 405 500 = /a;")
}

func (g *generator) statement(inLocation bool, depth int) string {
	kind := g.Intn(7)
	if depth > 0 {
		kind %= 3
	}
	switch kind {
	case 0:
		return "set $v " + g.pick("1", "$1", "x$uri", "\"$v$arg_q\"", "$m", "$1$m", "$n") + ";"
	case 1, 2:
		return "rewrite " + g.pick("^/a(.*)$", "^/(.*)b", "(.)", "^", "^/x", "^/(?<n>.)", "b/?$") + " " +
			g.pick("/x$1", "/a/$1?y=$v", "/b?", "$uri/c", "http://z/$1", "$scheme://q$uri", "/ab/$1?z=$1", "/$n", "/a/z") + g.pick("", " last", " break", " redirect", " permanent") + ";"
	case 3:
		inner := g.statement(inLocation, 1)
		if inLocation && g.Intn(3) == 0 {
			inner += " proxy_pass http://127.0.0.1:{UP};"
		}
		return "if (" + g.condition() + ") { " + inner + " }"
	case 4:
		return "if (" + g.condition() + ") { set $v i$1; }"
	case 5:
		if g.Intn(3) == 0 {
			return "return " + g.pick("403", "404", "301 /r$uri", "302 http://r/$1", "200 \"r $uri $v\"", "418", "204") + ";"
		}
		return "set $v \"$v-$1\";"
	default:
		if g.Intn(3) == 0 {
			return "break;"
		}
		return "if (" + g.condition() + ") { " + g.pick("return 403;", "rewrite ^/(.) /$1/y last;", "break;", "set $v t; break;", "return 404 \"t $v\";") + " }"
	}
}

func (g *generator) condition() string {
	return g.pick("$arg_q", "$arg_q = 1", "$uri ~ ^/(a)(.*)", "$v != 1", "$request_uri ~* B", "$m ~ ^m(.)", "$arg_q !~ ^(.)b", "$request_method = POST", "$uri !~* ^/A", "-f $document_root$uri", "!-e $document_root$uri", "$args")
}
