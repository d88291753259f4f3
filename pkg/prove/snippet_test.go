package prove_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/difftest"
	"github.com/ngxproof/ngxproof/pkg/prove"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// snippets are ten configurations that the documentation of well-known applications gives, and the rules that explain what
// fails with nginx 1.22, 1.26 and 1.30; none where all works. docs/prove.md says which they are.
var snippets = []struct {
	path  string
	wrong [3]string // rules with a comma between them
}{
	{"socketio+socket.io-website/docs/categories/02-Server/behind-a-reverse-proxy.md.block2.conf", [3]string{}},
	{"socketio+socket.io-website/docs/categories/02-Server/using-multiple-nodes.md.block1.conf", [3]string{
		"upgrade-literal-on-shared-location", "upgrade-literal-on-shared-location", "upgrade-literal-on-shared-location"}},
	{"jupyterhub+jupyterhub/docs/source/howto/configuration/config-proxy.md.block1.conf", [3]string{"", "refused", "refused"}},
	{"jellyfin+jellyfin.org/docs/general/post-install/networking/8_reverse-proxy/nginx.md.block1.conf", [3]string{"refused", "", ""}},
	{"open-webui+docs/docs/reference/tab-nginx/Windows.md.block1.conf", [3]string{}},
	{"wekan+wekan/docs/Platforms/Webserver/Nginx.md.block4.conf", [3]string{}},
	{"0xJacky+nginx-ui/README.md.block2.conf", [3]string{"refused", "", ""}},
	{"hedgedoc+hedgedoc/docs/content/how-to/reverse-proxy.md.block1.conf", [3]string{"handshake-over-http10", "handshake-over-http10", ""}},
	{"sanic-org+sanic-guide/src/en/guide/deployment/docker.md.block1.conf", [3]string{
		"handshake-over-http10,upgrade-literal-on-shared-location", "handshake-over-http10,upgrade-literal-on-shared-location",
		"upgrade-literal-on-shared-location"}},
	{"haiwen+seafile-docs/deploy/libreoffice_online.md.block1.conf", [3]string{
		"handshake-over-http10,upgrade-literal-on-shared-location", "handshake-over-http10,upgrade-literal-on-shared-location",
		"upgrade-literal-on-shared-location"}},
}

// TestSnippets tells right from wrong in them, by both engines.
func TestSnippets(t *testing.T) {
	t.Parallel()
	corpus := filepath.Join("..", "..", "..", "shared", "corpus", "files")
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("no ../shared beside the module")
	}
	for _, snippet := range snippets {
		t.Run(snippet.path, func(t *testing.T) {
			t.Parallel()
			s := subject{source.Disk{}, filepath.Join(corpus, filepath.FromSlash(snippet.path)), config.Options{}}
			for i, server := range difftest.Servers(t) {
				v, err := catalog.ParseVersion(server.Version)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range proofs(t, s, v, prove.Options{}) {
					if got := wrongOf(r); got != snippet.wrong[i] {
						t.Errorf("%s %s: %q fails, want %q\n%s", r.Engine, r.Nginx, got, snippet.wrong[i], failures(r))
					}
				}
			}
		})
	}
}

// wrongOf returns the rules that explain what failed, sorted, or "refused".
func wrongOf(r *prove.Report) string {
	if r.Refused != "" {
		return "refused"
	}
	var names []string
	for _, row := range r.Rows {
		for _, c := range row.Cells {
			switch c.State {
			case prove.Fail:
				names = append(names, c.Rule)
			case prove.Unknown:
				names = append(names, "unknown")
			case prove.Pass, prove.Note:
			}
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ",")
}
