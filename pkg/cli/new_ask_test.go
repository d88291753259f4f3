package cli

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ngxproof/ngxproof/pkg/scaffold"
)

func TestQuestions(t *testing.T) {
	var out strings.Builder
	var k newAsk
	kind := scaffold.Kind("")
	input := "nonsense\nsite\n\nws\n/ws\nws://app\n10.0.0.1:80\n\nwww.example.com\na.crt\na.crt,a.key\n"
	if err := newAsker(strings.NewReader(input), &out).questions(&k, &kind); err != nil {
		t.Fatal(err)
	}
	if kind != scaffold.Site || k.path != "/ws" || k.tls != "a.crt,a.key" || k.into != "" ||
		!slices.Equal(k.upstreams, []string{"10.0.0.1:80"}) || !slices.Equal(k.serverNames, []string{"www.example.com"}) {
		t.Errorf("kind %s, %+v", kind, k)
	}
	for _, want := range []string{"`nonsense` is none of", "begins with a slash", "nginx has no ws://", "it is a host name", "two files"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said:\n%s", want, out.String())
		}
	}
}

func TestQuestionsEnd(t *testing.T) {
	for input, want := range map[string]string{
		"":                          "the input ended",
		"location\n":                "the input ended",
		strings.Repeat("x\n", 50):   "no answer that makes sense",
		strings.Repeat("x", 200000): "the input ended",
	} {
		var out strings.Builder
		var k newAsk
		kind := scaffold.Kind("")
		err := newAsker(strings.NewReader(input), &out).questions(&k, &kind)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", input, err, want)
		}
		if want == "the input ended" && !errors.Is(err, errNoAnswer) {
			t.Errorf("%.20q: %v", input, err)
		}
	}
}
