package scaffold_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/difftest"
	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/scaffold"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// certificate makes a certificate and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"www.example.com"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return block("CERTIFICATE", der), block("PRIVATE KEY", keyDER)
}

// Where things are in the canonical addresses of difftest.
const (
	front    = "127.0.0.1:10080"
	behind   = "127.0.0.1:10081"
	tlsFront = "unix:/srv/ngx/front.sock" // what is generated, where it has TLS
	tlsBack  = "unix:/srv/ngx/back.sock"  // a backend with TLS
)

// hop is a server that passes everything on as it came, to or from TLS.
const hop = `server {
    listen %s;
    location / {
        proxy_pass %s;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $http_connection;
%s    }
}
`

// liveCase puts a generated site between the client and the strict backend of difftest.
func liveCase(t *testing.T, id string, v variant, cert, key string) *difftest.Case {
	t.Helper()
	spec := v.spec
	files := fmt.Sprintf("/srv/ngx/%s/html/", id)
	hops := ""
	spec.Listen = []string{front}
	if spec.Certificate != "" {
		spec.Certificate, spec.Key = files+"a.crt", files+"a.key"
		spec.Listen = []string{tlsFront}
		hops += fmt.Sprintf(hop, front, "https://"+tlsFront, "        proxy_ssl_server_name on;\n        proxy_ssl_name www.example.com;\n")
	}
	switch {
	case len(spec.Upstreams) > 1:
		spec.Upstreams = []string{behind, "127.0.0.1:10082"}
	case spec.Preset != nil && strings.HasPrefix(spec.Preset.Upstream, "https:"):
		spec.Upstreams = []string{"https://" + tlsBack}
		hops += fmt.Sprintf(hop, tlsBack+" ssl", "http://"+behind, "")
		hops = strings.Replace(hops, "listen "+tlsBack+" ssl;", "listen "+tlsBack+" ssl;\n    ssl_certificate "+files+"a.crt;\n    ssl_certificate_key "+files+"a.key;", 1)
	case spec.Preset != nil && strings.HasSuffix(spec.Preset.Upstream, "/"):
		spec.Upstreams = []string{"http://" + behind + "/"}
	default:
		spec.Upstreams = []string{behind}
	}
	site := text(t, scaffold.Site, spec)
	c := &difftest.Case{ID: id, Static: map[string]string{"a.crt": cert, "a.key": key}}
	root := "user root;\ndaemon off;\nmaster_process off;\npid /srv/ngx/nginx.pid;\nerror_log stderr info;\n" +
		"events {\n    worker_connections 512;\n}\nhttp {\n    access_log off;\n"
	for _, module := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		root += "    " + module + "_temp_path /srv/ngx/tmp;\n"
	}
	c = c.WithFiles(map[string]string{"nginx.conf": root + "include site.conf;\n" + hops + "}\n", "site.conf": site})
	c.Requests = requests(t, site)
	return c
}

// requests are those of every client for every location that takes WebSockets.
func requests(t *testing.T, site string) []difftest.Request {
	t.Helper()
	cfg, err := config.NewLoader(source.Memory{"nginx.conf": "http {\n" + site + "}\n"}).Load("nginx.conf", config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := eval.New(cfg)
	var all []difftest.Request
	for _, location := range cfg.Locations() {
		if len(location.Own("proxy_read_timeout")) == 0 {
			continue
		}
		for _, client := range eval.Clients() {
			req := e.Canonical(location, client)
			raw := "GET " + req.Target + " HTTP/1.1\r\n"
			for _, h := range req.Headers {
				raw += h.Name + ": " + h.Value + "\r\n"
			}
			all = append(all, difftest.Request{Raw: difftest.Bytes(raw + "\r\n"), Pick: difftest.Pick{"client": string(client)}, Answer: difftest.Answer{Strict: true}})
		}
	}
	return all
}

// TestRealServers sends every client through everything that is generated, on each real nginx: WebSockets get their
// tunnel, a plain request and one for h2c get to the backend without an upgrade.
func TestRealServers(t *testing.T) {
	servers := difftest.Servers(t)
	cert, key := certificate(t)
	for _, server := range servers {
		version, err := catalog.ParseVersion(server.Version)
		if err != nil {
			t.Fatal(err)
		}
		var cases []*difftest.Case
		var names []string
		for i, v := range variants(t) {
			for j, target := range []lint.Target{lint.AllVersions(), lint.OneVersion(version)} {
				v.spec.Profiles = target.Profiles
				cases = append(cases, liveCase(t, fmt.Sprintf("g%dx%d", i, j), v, cert, key))
				names = append(names, v.name)
			}
		}
		results, err := difftest.Run(server, cases)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for i, r := range results {
			n += len(cases[i].Requests)
			checkLive(t, server.Version+", "+names[i], cases[i], r)
		}
		t.Logf("nginx %s: %d sites, %d requests", server.Version, len(cases), n)
	}
}

func checkLive(t *testing.T, name string, c *difftest.Case, r difftest.Result) {
	t.Helper()
	if !r.Accepted {
		t.Errorf("%s: refused: %s\n%s", name, r.Message, c.Text["site.conf"])
		return
	}
	for i, o := range r.Observations {
		client := eval.Client(c.Requests[i].Pick["client"])
		key := valueOf(string(c.Requests[i].Raw), "Sec-WebSocket-Key")
		switch {
		case o.Fault != "" || len(o.Upstream) != 1:
			t.Errorf("%s, %s: %q, %d requests at the backend, status %q", name, client, o.Fault, len(o.Upstream), o.Status)
		case client.WebSocket() && !o.ValidHandshake(key):
			t.Errorf("%s, %s: no WebSocket: %s; the backend got\n%s", name, client, o.Status, o.Upstream[0].Head)
		case !client.WebSocket() && (o.Code() != 200 || valueOf(string(o.Upstream[0].Head), "Upgrade") != ""):
			t.Errorf("%s, %s: %s; the backend got\n%s", name, client, o.Status, o.Upstream[0].Head)
		}
	}
}

// valueOf returns the value of a header line of a head.
func valueOf(head, name string) string {
	for line := range strings.SplitSeq(head, "\r\n") {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
