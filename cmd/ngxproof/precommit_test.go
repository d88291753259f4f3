package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// hook is one entry of .pre-commit-hooks.yaml.
type hook struct {
	ID       string `yaml:"id"`
	Language string `yaml:"language"`
	Entry    string `yaml:"entry"`
	Files    string `yaml:"files"`
	Exclude  string `yaml:"exclude"`
	Serial   bool   `yaml:"require_serial"`
}

func hooks(t *testing.T) []hook {
	t.Helper()
	text, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []hook
	if err := yaml.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// pattern reads a verbose Python pattern: blanks in it mean nothing.
func pattern(t *testing.T, text string) *regexp.Regexp {
	t.Helper()
	text, ok := strings.CutPrefix(strings.Join(strings.Fields(text), ""), "(?x)")
	if !ok {
		t.Fatal("not a verbose pattern")
	}
	re, err := regexp.Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return re
}

// hookNames are names that the hooks are called for, and names that they are not called for.
var hookNames = struct{ yes, no []string }{
	yes: []string{
		"nginx.conf", "nginx/nginx.conf", "docker/nginx.conf", "deploy/nginx/conf.d/default.conf", "nginx.prod.conf",
		"my-nginx.conf", "nginx-proxy.conf", "default.conf", "etc/nginx/nginx.conf", "conf.d/ws.conf",
		"nginx/templates/default.conf.template", "conf.d/x.conf.template", "nginx.conf.template", "nginx.conf.erb",
		"default.conf.j2", "roles/web/templates/nginx.conf.j2", "templates/site.conf.j2", "nginx.conf.ctmpl", "app.conf.tmpl",
		"sites-available/example.com", "etc/nginx/sites-available/default", "sites-enabled/shop", "sites-available/a.b.example.com.conf",
		"snippets/ssl.conf", "snippets/fastcgi-php.conf", "nginx/snippets/gzip", "nginx/includes/headers.inc",
		"vhosts/shop.conf", "vhosts.d/shop.vhost", "shop.nginx", "shop.nginx.conf", "example.vhost", "stream.d/mqtt.conf",
		"http.d/default.conf", "fastcgi_params", "nginx/mime.types", "etc/nginx/fastcgi.conf", "proxy_params",
		"streams-enabled/mqtt", "modules-enabled/50-mod.conf", "nginx_app.conf", "docker/nginx-alpine/conf/site.conf",
	},
	no: []string{
		"apache2/sites-available/000-default.conf", "etc/apache2/conf.d/x.conf", "snippets/LICENSE", "redis.conf", "etc/redis/redis.conf",
		"dovecot/conf.d/10-auth.conf", "httpd.conf", "httpd/conf.d/ssl.conf", "cert.pem", "nginx/cert.pem", "nginx/README.md",
		"README.md", "Makefile", "main.go", "nginx.go", "nginx.service", "docs/nginx.md", "nginx.yaml", "conf.d/x.ini",
		"sites-available/README.md", "sites-enabled/.gitkeep", "my.cnf", "mysql/conf.d/my.cnf", "postgresql.conf", "php/conf.d/opcache.ini",
		"php-fpm/conf.d/www.conf", "supervisor/conf.d/app.conf", "nginx/script.sh", "nginx/html/index.html", "resolv.conf",
		"sysctl.d/99.conf", "fonts/conf.d/10-hinting.conf", "haproxy/conf.d/a.conf", "systemd/nginx.conf", "LICENSE", "nginx.conf.bak",
		"app.conf", "logrotate.conf", "src/snippets/a.ts", "dnsmasq.d/a.conf", "package.json",
	},
}

// TestHookNames: the hooks' patterns let the right names through.
func TestHookNames(t *testing.T) {
	all := hooks(t)
	if len(all) != 2 || all[0].ID != "ngxproof-lint" || all[1].ID != "ngxproof-fix" {
		t.Fatalf("hooks: %+v", all)
	}
	for _, h := range all {
		if h.Language != "golang" || !h.Serial || !strings.Contains(h.Entry, "--skip-foreign") {
			t.Errorf("hook: %+v", h)
		}
		files, exclude := pattern(t, h.Files), pattern(t, h.Exclude)
		called := func(name string) bool { return files.MatchString(name) && !exclude.MatchString(name) }
		for _, name := range hookNames.yes {
			if !called(name) {
				t.Errorf("%s is not called for %s", h.ID, name)
			}
		}
		for _, name := range hookNames.no {
			if called(name) {
				t.Errorf("%s is called for %s", h.ID, name)
			}
		}
	}
	t.Logf("%d names that the hooks are called for, %d that they are not called for", len(hookNames.yes), len(hookNames.no))
}
