package cli_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/cli"
	"github.com/ngxproof/ngxproof/rules"
)

// TestExplainEverything: every rule, directive and variable there is can be explained, in both forms.
func TestExplainEverything(t *testing.T) {
	var topics []string
	for _, r := range rules.All().Rules() {
		topics = append(topics, r.Name, r.Code)
	}
	for d := range catalog.All() {
		topics = append(topics, d.Name)
	}
	for v := range catalog.Variables() {
		topics = append(topics, "$"+v.Name)
	}
	for _, topic := range topics {
		for _, format := range []string{"full", "json"} {
			var out, problems bytes.Buffer
			code := cli.Main([]string{"explain", "-o", format, topic}, strings.NewReader(""), &out, &problems, func(string) string { return "" })
			if code != cli.Done || out.Len() == 0 || problems.Len() > 0 {
				t.Errorf("%s: exit code %d, %q", topic, code, problems.String())
			}
			if format == "json" && !json.Valid(out.Bytes()) {
				t.Errorf("%s: no JSON", topic)
			}
		}
	}
	if len(topics) < 1000 {
		t.Errorf("only %d topics", len(topics))
	}
}
