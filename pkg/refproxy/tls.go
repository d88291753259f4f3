package refproxy

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"path"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/config"
)

// readCertificates reads the certificates of the servers that listen with ssl, or makes one for all.
func (g *generation) readCertificates(o Options) error {
	g.certificates = map[*config.Directive]*tls.Certificate{}
	for _, server := range g.config.Servers() {
		encrypted := false
		for _, l := range g.eval.Table().Listens(server) {
			encrypted = encrypted || l.TLS && !l.QUIC
		}
		if !encrypted {
			continue
		}
		if o.SelfSigned {
			if g.selfSigned == nil {
				made, err := selfSigned()
				if err != nil {
					return err
				}
				g.selfSigned = made
			}
			g.certificates[server] = g.selfSigned
			continue
		}
		r := reader{g.config, server}
		cert, key := r.arg("ssl_certificate", ""), r.arg("ssl_certificate_key", "")
		if cert == "" {
			continue // nginx refuses the handshake too
		}
		pair, err := g.loadPair(cert, key)
		if err != nil {
			return fmt.Errorf("the certificate of the server at %s:%d: %w; --self-signed makes one", server.File.Name, server.Line(), err)
		}
		g.certificates[server] = pair
	}
	return nil
}

// loadPair reads a certificate and its key.
func (g *generation) loadPair(cert, key string) (*tls.Certificate, error) {
	certText, err := g.readFile(cert)
	if err != nil {
		return nil, err
	}
	keyText, err := g.readFile(key)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certText, keyText)
	return &pair, err
}

// readFile reads a file that the configuration names.
func (g *generation) readFile(name string) ([]byte, error) {
	if !strings.HasPrefix(name, "/") {
		name = path.Join(g.eval.Prefix, name)
	}
	f, err := g.eval.Router().Files.Open(strings.TrimPrefix(path.Clean("/"+name), "/"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(f, 1<<20))
}

// selfSigned makes a certificate for any name.
func selfSigned() (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "ngxproof"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// peeked is a connection of which some bytes were read already.
type peeked struct {
	net.Conn
	front []byte
}

// Read gives the bytes that were read first.
func (p *peeked) Read(b []byte) (int, error) {
	if len(p.front) > 0 {
		n := copy(b, p.front)
		p.front = p.front[n:]
		return n, nil
	}
	return p.Conn.Read(b)
}

// handshake encrypts a client's connection; one that does not begin so goes on without, and gets its 400 for it.
//
// nginx: src/http/ngx_http_request.c, ngx_http_ssl_handshake.
func (c *conn) handshake() bool {
	c.reads.set(reader{c.gen.config, c.bind.servers[0]}.time("client_header_timeout", "60s"))
	defer c.reads.off()
	if c.fill(headChunk) != nil {
		return false
	}
	const handshakeRecord, sslv2 = 0x16, 0x80
	if first := c.in[0]; first != handshakeRecord && first&sslv2 == 0 {
		return true
	}
	t := tls.Server(&peeked{Conn: c.raw, front: c.in}, &tls.Config{
		NextProtos: []string{"http/1.1", "http/1.0"}, GetCertificate: c.certificate, MinVersion: tls.VersionTLS12,
	})
	c.in = nil
	if err := t.HandshakeContext(c.ctx); err != nil {
		return false
	}
	c.net = t
	c.peers.TLS, c.peers.ServerName = true, t.ConnectionState().ServerName
	return true
}

// certificate returns that of the server which the client names.
func (c *conn) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	named := c.peers
	named.TLS, named.ServerName = true, hello.ServerName
	server := c.gen.eval.ServerOf(named, c.gen.version)
	if pair := c.gen.certificates[server]; pair != nil {
		return pair, nil
	}
	return nil, errors.New("no ssl_certificate")
}

// upstreamTLS is how connections to https upstreams are encrypted.
type upstreamTLS struct {
	sendsName, verify bool
	name              string
	roots             *x509.CertPool
	pair              *tls.Certificate
	err               error
}

// upstreamTLS reads proxy_ssl_server_name and its like.
func (g *generation) upstreamTLS(r reader) (u upstreamTLS) {
	u.sendsName, u.verify = r.flag("proxy_ssl_server_name", "off"), r.flag("proxy_ssl_verify", "off")
	u.name = r.arg("proxy_ssl_name", "$proxy_host")
	if file := r.arg("proxy_ssl_trusted_certificate", ""); file != "" && u.verify {
		text, err := g.readFile(file)
		u.roots, u.err = x509.NewCertPool(), err
		u.roots.AppendCertsFromPEM(text)
	}
	if file := r.arg("proxy_ssl_certificate", ""); file != "" {
		u.pair, u.err = g.loadPair(file, r.arg("proxy_ssl_certificate_key", ""))
	}
	return u
}

// encrypt encrypts a connection to a server.
//
// nginx: src/http/ngx_http_upstream.c, ngx_http_upstream_ssl_init_connection.
func (c *upConn) encrypt(ctx context.Context, f *forward) error {
	s := &f.settings.tls
	if s.err != nil {
		return s.err
	}
	name := f.out.Eval(f.r.c.gen.eval.Table().Expr(s.name)).Text
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	conf := &tls.Config{InsecureSkipVerify: true, RootCAs: s.roots} // nginx verifies nothing unless told to
	if s.sendsName && net.ParseIP(name) == nil {
		conf.ServerName = name
	}
	if s.pair != nil {
		conf.Certificates = []tls.Certificate{*s.pair}
	}
	if s.verify {
		conf.VerifyConnection = func(state tls.ConnectionState) error {
			_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: name, Roots: s.roots, Intermediates: pool(state.PeerCertificates[1:])})
			return err
		}
	}
	t := tls.Client(c.raw, conf)
	c.reads.set(f.up.Timers.Connect.After)
	err := t.HandshakeContext(ctx)
	if c.reads.off() && err != nil {
		return errTimedOut
	}
	c.net = t
	return err
}

func pool(certs []*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range certs {
		p.AddCert(c)
	}
	return p
}
