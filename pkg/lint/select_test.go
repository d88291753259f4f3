package lint

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ngxproof/ngxproof/pkg/diag"
)

// sample is a registry of two categories.
func sample() *Registry {
	websocket := NewSet("websocket", fstest.MapFS{})
	websocket.Add(Rule{Name: "short-read-timeout", Code: "WS019", Level: diag.Info})
	websocket.Add(Rule{Name: "h2c-upgrade-forwarded", Code: "WS033", Level: diag.Info, Tags: []string{"security"}})
	websocket.Add(Rule{Name: "worker-shutdown-timeout", Code: "WS040", Level: diag.Info, Optional: true})
	correctness := NewSet("correctness", fstest.MapFS{})
	correctness.Add(Rule{Name: "syntax", Code: "NGX001", Level: diag.Error})
	return NewRegistry(websocket, correctness)
}

func TestSelect(t *testing.T) {
	levels := func(pairs ...any) map[string]diag.Level {
		m := map[string]diag.Level{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i].(string)] = pairs[i+1].(diag.Level)
		}
		return m
	}
	for name, c := range map[string]struct {
		choice Choice
		want   string // codes, with the level that the user gives
	}{
		"everything":                        {Choice{}, "NGX001 WS019 WS033"},
		"a category":                        {Choice{Select: []string{"websocket"}}, "WS019 WS033"},
		"all leaves optional rules off":     {Choice{Select: []string{"all"}}, "NGX001 WS019 WS033"},
		"an optional rule by its name":      {Choice{Select: []string{"worker-shutdown-timeout"}}, "WS040"},
		"a code in small letters":           {Choice{Select: []string{"ws019"}}, "WS019"},
		"a tag":                             {Choice{Select: []string{"security"}}, "WS033"},
		"a category without one rule":       {Choice{Select: []string{"websocket"}, Ignore: []string{"WS019"}}, "WS033"},
		"one rule of an ignored category":   {Choice{Select: []string{"WS019"}, Ignore: []string{"websocket"}}, "WS019"},
		"ignore wins over an equal select":  {Choice{Select: []string{"WS019"}, Ignore: []string{"short-read-timeout"}}, ""},
		"ignore alone":                      {Choice{Ignore: []string{"correctness"}}, "WS019 WS033"},
		"ignore everything":                 {Choice{Ignore: []string{"all"}}, ""},
		"a level for a category":            {Choice{Levels: levels("websocket", diag.Error)}, "NGX001 WS019=error WS033=error"},
		"a closer level":                    {Choice{Levels: levels("websocket", diag.Error, "security", diag.Warning)}, "NGX001 WS019=error WS033=warning"},
		"off":                               {Choice{Levels: levels("security", diag.Warning, "WS033", diag.Off)}, "NGX001 WS019"},
		"a level turns an optional rule on": {Choice{Levels: levels("WS040", diag.Info)}, "NGX001 WS019 WS033 WS040=info"},
		"select undoes an off as close":     {Choice{Select: []string{"WS033"}, Levels: levels("WS033", diag.Off)}, "WS033"},
		"a closer off stands":               {Choice{Select: []string{"websocket"}, Levels: levels("WS033", diag.Off)}, "WS019"},
	} {
		sel, err := sample().Select(c.choice)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got []string
		for _, chosen := range sel.chosen {
			one := chosen.rule.Code
			if chosen.wish.level != diag.Off {
				one += "=" + chosen.wish.level.String()
			}
			got = append(got, one)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

func TestSelectUnknown(t *testing.T) {
	for selector, suggestion := range map[string]string{
		"short-read-timeuot": "short-read-timeout", "WS091": "WS019", "webscoket": "websocket", "zzzzzzzz": "", "": "",
	} {
		for _, choice := range []Choice{
			{Select: []string{selector}},
			{Ignore: []string{selector}},
			{Levels: map[string]diag.Level{selector: diag.Error}},
		} {
			_, err := sample().Select(choice)
			var unknown *SelectorError
			if !errors.As(err, &unknown) || unknown.Selector != selector || unknown.Suggestion != suggestion {
				t.Errorf("%q: %v, want the suggestion %q", selector, err, suggestion)
			}
		}
	}
}

// TestWhole: a category is whole if nothing of it that is on by default is missing.
func TestWhole(t *testing.T) {
	for _, c := range []struct {
		choice Choice
		want   bool
	}{
		{Choice{}, true},
		{Choice{Select: []string{"websocket"}}, true},
		{Choice{Select: []string{"WS019", "WS033"}}, true},
		{Choice{Ignore: []string{"correctness"}}, true},
		{Choice{Select: []string{"WS019"}}, false},
		{Choice{Levels: map[string]diag.Level{"WS033": diag.Off}}, false},
	} {
		sel, err := sample().Select(c.choice)
		if err != nil {
			t.Fatal(err)
		}
		if got := sel.Whole("websocket"); got != c.want {
			t.Errorf("%+v: %v", c.choice, got)
		}
	}
}
