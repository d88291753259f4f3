package prove

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// The files of the certificate in a folder.
const (
	certificateFile = "certificate.pem"
	keyFile         = "key.pem"
)

// certificate is the one for both sides, made once a process: RSA, since a configuration may allow no other.
var certificate = sync.OnceValues(func() (*selfSigned, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	name := pkix.Name{CommonName: "ngxproof"}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: name, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), DNSNames: []string{"*"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	s := &selfSigned{
		cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key:  pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
	}
	s.pair, err = tls.X509KeyPair(s.cert, s.key)
	return s, err
})

// selfSigned is a certificate and its key.
type selfSigned struct {
	pair      tls.Certificate
	cert, key []byte
}

// write puts both into a folder.
func (s *selfSigned) write(folder string) error {
	if err := os.WriteFile(filepath.Join(folder, certificateFile), s.cert, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, keyFile), s.key, 0o600)
}
