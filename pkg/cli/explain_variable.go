package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/catalog"
)

// variableFacts is a variable as `explain -o json` writes it.
type variableFacts struct {
	Variable string   `json:"variable"`
	Family   string   `json:"family,omitempty"` // the family that it belongs to
	Where    []string `json:"where"`
	URL      string   `json:"url"`
}

// variableFactsOf gathers what the catalog knows of $name.
func variableFactsOf(name string, v *catalog.Variable) variableFacts {
	facts := variableFacts{Variable: "$" + name, Where: v.Where.Names(), URL: "https://nginx.org/en/docs/varindex.html"}
	if v.Family {
		facts.Family = "$" + v.Name + "..."
	}
	return facts
}

// families says what the name after the prefix stands for.
//
// nginx: src/http/ngx_http_variables.c, ngx_http_core_variables and ngx_http_variables_init_vars.
var families = map[string]string{
	"http_":               "the request header of that name, in lower case with dashes as underscores",
	"sent_http_":          "the response header of that name, in lower case with dashes as underscores",
	"sent_trailer_":       "the response trailer of that name, in lower case with dashes as underscores",
	"upstream_http_":      "the header of that name that the upstream server sent",
	"upstream_trailer_":   "the trailer of that name that the upstream server sent",
	"upstream_cookie_":    "the cookie of that name that the upstream server set",
	"cookie_":             "the cookie of that name",
	"arg_":                "the argument of that name in the request line",
	"jwt_header_":         "the JOSE header of that name",
	"jwt_claim_":          "the claim of that name",
	"proxy_protocol_tlv_": "the PROXY protocol TLV of that name",
}

func (v variableFacts) write(w io.Writer, p painter) {
	fmt.Fprintln(w, p.bold(v.Variable))
	if v.Family != "" {
		fmt.Fprintf(w, "  %-10s %s\n", "family", v.Family)
		if meaning := families[strings.TrimSuffix(strings.TrimPrefix(v.Family, "$"), "...")]; meaning != "" {
			fmt.Fprintf(w, "  %-10s %s\n", "value", meaning)
		}
	}
	fmt.Fprintf(w, "  %-10s %s\n  %-10s %s\n", "where", strings.Join(v.Where, ", "), "see", v.URL)
}
