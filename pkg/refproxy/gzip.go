package refproxy

import (
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/eval"
)

// gzips reports whether nginx would compress the answer, which the proxy does not. length is that of the body, -1 where
// it is not known.
//
// nginx: src/http/modules/ngx_http_gzip_filter_module.c, ngx_http_gzip_header_filter; ngx_http_core_module.c,
// ngx_http_gzip_ok.
func (r *request) gzips(head *eval.ClientHead, length int) bool {
	level := r.out.Decision.Level
	if level == nil || head.Status != 200 && head.Status != 403 && head.Status != 404 || r.req.Method == "HEAD" || head.Headless {
		return false
	}
	s := reader{r.c.gen.config, level}
	if !s.flag("gzip", "off") || length >= 0 && length < int(s.size("gzip_min_length", "20")) {
		return false
	}
	kind, encoded := "", false
	for _, l := range head.Lines {
		switch strings.ToLower(l.Name) {
		case "content-type":
			kind, _, _ = strings.Cut(strings.ToLower(l.Value.Text), ";")
		case "content-encoding":
			encoded = true
		}
	}
	return !encoded && r.compressible(strings.TrimSpace(kind)) && r.takesGzip(s)
}

// compressible reports whether gzip_types names a type.
func (r *request) compressible(kind string) bool {
	if kind == "text/html" {
		return true
	}
	v := r.c.gen.config.Effective(r.out.Decision.Level, "gzip_types")
	if v.By == nil || kind == "" {
		return false
	}
	var types []string
	for _, w := range v.By.Args() {
		types = append(types, strings.ToLower(w.Value))
	}
	return slices.Contains(types, kind) || slices.Contains(types, "*")
}

// takesGzip reports whether the client's request allows it.
func (r *request) takesGzip(s reader) bool {
	accepts, via := false, false
	for _, h := range r.req.Headers {
		switch {
		case strings.EqualFold(h.Name, "Accept-Encoding"):
			accepts = accepts || strings.Contains(strings.ToLower(h.Value), "gzip") && !strings.Contains(strings.ReplaceAll(h.Value, " ", ""), "gzip;q=0")
		case strings.EqualFold(h.Name, "Via"):
			via = true
		}
	}
	old := r.req.Version == "1.0" && s.arg("gzip_http_version", "1.1") != "1.0"
	return accepts && !old && (!via || s.arg("gzip_proxied", "off") != "off")
}
