package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// buildInfo says what this program was built from.
type buildInfo struct {
	Version  string `json:"version"`            // a module version, or "devel"
	Commit   string `json:"commit,omitempty"`   // of the working copy it was built in; not known to `go install`
	Modified bool   `json:"modified,omitempty"` // whether the working copy had changes
	Date     string `json:"date,omitempty"`     // of the commit, RFC 3339
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// What the release workflow tells the linker; empty in any other build.
var (
	released string // the version without its v
	commit   string
	date     string // of the commit, RFC 3339
)

// build reads what the Go tool recorded, which is right for `go build`, `go install` and a release alike.
func build() buildInfo {
	info, _ := debug.ReadBuildInfo()
	b := buildOf(info)
	if released != "" {
		b.Version, b.Commit, b.Date, b.Modified = "v"+released, commit, date, false
	}
	return b
}

func buildOf(info *debug.BuildInfo) buildInfo {
	b := buildInfo{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info == nil {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Date = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

func (a *app) versionCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say which ngxproof this is",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			return a.print(output, build(), func(w io.Writer) { build().write(w) })
		},
	}
	tableOutput(cmd, &output)
	return cmd
}

func (b buildInfo) write(w io.Writer) {
	fmt.Fprintf(w, "ngxproof %s\n", b.Version)
	if b.Commit != "" {
		changed := ""
		if b.Modified {
			changed = ", with changes"
		}
		fmt.Fprintf(w, "commit %s (%s%s)\n", b.Commit, b.Date, changed)
	}
	fmt.Fprintf(w, "%s %s\n", b.Go, b.Platform)
}

// tableOutput gives a command that prints facts rather than findings its -o.
func tableOutput(cmd *cobra.Command, output *string) {
	cmd.Flags().StringVarP(output, "output", "o", "full", "full or json")
}

// print writes facts in one of the two forms that they have.
func (a *app) print(output string, facts any, text func(io.Writer)) error {
	switch output {
	case "full":
		text(a.out)
		return nil
	case "json":
		enc := json.NewEncoder(a.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(facts)
	}
	return fmt.Errorf("--output: `%s` is none of full, json", output)
}
