package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ngxproof/ngxproof/pkg/eval"
	"github.com/ngxproof/ngxproof/pkg/scaffold"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// newAsk is what the flags of new say.
type newAsk struct {
	ask
	path, tls, preset, into, server     string
	upstreams, serverNames, listen      []string
	readTimeout, heartbeat              string
	sticky, anyUpgrade, listPresetsOnly bool
}

func (a *app) newCommand() *cobra.Command {
	var k newAsk
	cmd := &cobra.Command{
		Use:   "new location|server|map|site [flags]",
		Short: "Write a location, server or site for WebSockets",
		Long: `It prints a location; the maps that locations use, once for http (map); a server
block; or a whole file that http includes (site). With --into a location is put
into a server of a configuration that is there, with the maps, and nothing else
in it is touched.

Without flags on a terminal it asks. It ends with 0, or with 2 if it could not be
done.`,
		Example: `  ngxproof new location --path /ws --upstream 127.0.0.1:3000
  ngxproof new location --preset socketio --into nginx.conf --server example.com
  ngxproof new site --preset grafana --server-name grafana.example.com \
    --tls /etc/ssl/grafana.crt,/etc/ssl/grafana.key`,
		ValidArgs:             []string{"location", "server", "map", "site"},
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			k.changed = cmd.Flags().Changed
			return a.new(&k, cmd.Flags(), args)
		},
	}
	k.registerNew(cmd.Flags())
	return cmd
}

func (k *newAsk) registerNew(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVar(&k.path, "path", "", "the `PATH` at which WebSockets are opened: /ws, '= /ws', '~ ^/ws/[0-9]+$'")
	flags.StringSliceVar(&k.upstreams, "upstream", nil, "the `ADDRESS` where the backend listens; repeatable")
	flags.StringSliceVar(&k.serverNames, "server-name", nil, "the `NAME` of the server; repeatable")
	flags.StringSliceVar(&k.listen, "listen", nil, "the `PORT` or address to listen on; repeatable (80, or 443 with --tls)")
	flags.StringVar(&k.tls, "tls", "", "the files of the certificate and its key: `CERT,KEY`")
	flags.StringVar(&k.readTimeout, "read-timeout", "", "close an idle WebSocket after this `TIME` (1h)")
	flags.StringVar(&k.heartbeat, "heartbeat", "", "the `TIME` after which the application sends something while idle")
	flags.BoolVar(&k.sticky, "sticky", false, "send a client to the same backend always")
	flags.BoolVar(&k.anyUpgrade, "any-upgrade", false, "pass on every Upgrade that clients ask for, h2c too")
	flags.StringVar(&k.preset, "preset", "", "the `NAME` of an application that is known")
	flags.BoolVar(&k.listPresetsOnly, "list-presets", false, "list the applications that are known")
	flags.StringVar(&k.into, "into", "", "put the location into this `FILE`")
	flags.StringVar(&k.server, "server", "", "with --into: the `NAME` of the server that is meant")
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	k.register(all)
	for _, name := range []string{"nginx-version", "root", "prefix", "config", "no-config", "max-file-size"} {
		flags.AddFlag(all.Lookup(name))
	}
}

func (a *app) new(k *newAsk, flags *pflag.FlagSet, args []string) error {
	if k.listPresetsOnly {
		return a.listPresets()
	}
	if len(args) > 1 {
		return fmt.Errorf("new takes one of location, server, map, site, but was given %s", countOf(len(args), "argument", "arguments"))
	}
	kind, err := scaffold.Kind(""), error(nil)
	if len(args) == 1 {
		if kind, err = scaffold.ParseKind(args[0]); err != nil {
			return fmt.Errorf("new: %w", err)
		}
	}
	if given := givenFlags(flags); len(given) == 0 && a.asks() && kind != scaffold.Map {
		if kind, err = a.askNew(k, kind); err != nil {
			return err
		}
	} else if kind == "" {
		return errors.New("say what is wanted: `ngxproof new location`, `server`, `map` or `site`")
	} else if err := allowed(kind, given); err != nil {
		return err
	}
	return a.make(k, kind)
}

// givenFlags returns the names of the flags that were given and that say what is wanted.
func givenFlags(flags *pflag.FlagSet) []string {
	var given []string
	flags.Visit(func(f *pflag.Flag) {
		if f.Name != "color" {
			given = append(given, f.Name)
		}
	})
	return given
}

// allowed refuses flags that say nothing about what is made.
func allowed(kind scaffold.Kind, given []string) error {
	none := map[scaffold.Kind][]string{
		scaffold.Location: {"server-name", "tls"},
		scaffold.Server:   {"into", "server"},
		scaffold.Site:     {"into", "server"},
		scaffold.Map: {"path", "upstream", "server-name", "listen", "tls", "read-timeout", "heartbeat", "sticky", "preset",
			"into", "server"},
	}[kind]
	for _, flag := range given {
		switch {
		case !slices.Contains(none, flag):
		case flag == "into":
			return fmt.Errorf("--into takes a location; write a %s to a file that http includes: `ngxproof new %s ... > FILE`", kind, kind)
		case flag == "server-name" && kind == scaffold.Location:
			return errors.New("--server-name is for a server or site; --server NAME chooses one with --into")
		default:
			return fmt.Errorf("--%s says nothing about a %s", flag, kind)
		}
	}
	if slices.Contains(given, "server") && !slices.Contains(given, "into") {
		return errors.New("--server chooses a server of the file that --into names")
	}
	return nil
}

// make makes what is wanted and hands it over.
func (a *app) make(k *newAsk, kind scaffold.Kind) error {
	spec, err := k.spec(kind)
	if err != nil {
		return err
	}
	if k.anyUpgrade {
		a.warn("--any-upgrade passes h2c on, which can go around access rules: `ngxproof lint` says so (h2c-upgrade-forwarded)")
	}
	if k.into != "" {
		return a.insert(k, spec)
	}
	settings, err := k.settingsFor(".")
	if err != nil {
		return err
	}
	target, err := k.parseTarget(settings)
	if err != nil {
		return err
	}
	spec.Profiles = target.Profiles
	tree, err := scaffold.New(kind, spec)
	if err != nil {
		return err
	}
	text, err := scaffold.Print(tree.Block)
	if err != nil {
		return err
	}
	if _, err := a.out.WriteString(text); err != nil {
		return unwritable(err)
	}
	return nil
}

// spec reads the flags.
func (k *newAsk) spec(kind scaffold.Kind) (scaffold.Spec, error) {
	s := scaffold.Spec{
		Path: k.path, Upstreams: k.upstreams, ServerNames: k.serverNames, Listen: k.listen, Sticky: k.sticky, AnyUpgrade: k.anyUpgrade,
	}
	if k.preset != "" {
		if s.Preset = scaffold.LookupPreset(k.preset); s.Preset == nil {
			return s, unknownPreset(k.preset)
		}
	}
	if k.tls != "" {
		cert, key, ok := strings.Cut(k.tls, ",")
		if !ok || cert == "" || key == "" {
			return s, fmt.Errorf("--tls: `%s` is not CERT,KEY", source.Printable(k.tls))
		}
		s.Certificate, s.Key = cert, key
	}
	var err error
	if s.ReadTimeout, err = span("read-timeout", k.readTimeout); err != nil {
		return s, err
	}
	if s.Heartbeat, err = span("heartbeat", k.heartbeat); err != nil {
		return s, err
	}
	return s, missing(s.Missing(kind))
}

// span reads a time above 0 as nginx does.
func span(flag, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	after, ok := eval.ParseTime(text)
	switch {
	case !ok:
		return 0, fmt.Errorf("--%s: `%s` is no time of nginx, such as 90s, 5m or 1h", flag, source.Printable(text))
	case after == 0:
		return 0, fmt.Errorf("--%s: 0 does not mean forever: nginx would give up at once", flag)
	}
	return after, nil
}

// missing says what the flags have to say beyond what they say.
func missing(fields []scaffold.Field) error {
	words := map[scaffold.Field]string{
		scaffold.NeedsPath:       "--path PATH (where WebSockets are opened, such as /ws) or --preset NAME",
		scaffold.NeedsUpstream:   "--upstream ADDRESS (where the backend listens, such as 127.0.0.1:3000)",
		scaffold.NeedsServerName: "--server-name NAME (such as example.com)",
	}
	var texts []string
	for _, field := range fields {
		texts = append(texts, words[field])
	}
	if len(texts) == 0 {
		return nil
	}
	return fmt.Errorf("what is missing: %s", strings.Join(texts, "; "))
}

func unknownPreset(name string) error {
	all, err := scaffold.Presets()
	if err != nil {
		return err
	}
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	hint := "`--list-presets` lists them"
	if near := nearest(name, names); near != "" {
		hint = "did you mean `" + near + "`?"
	}
	return fmt.Errorf("there is no preset `%s`; %s", source.Printable(name), hint)
}

// listPresets writes a table of the presets.
func (a *app) listPresets() error {
	all, err := scaffold.Presets()
	if err != nil {
		return err
	}
	var table strings.Builder
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tAPPLICATION\tPATH\tUPSTREAM\tCONFIDENCE\tSOURCE")
	for _, p := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", p.Name, p.Product, strings.Join(p.Paths, ", "), p.Upstream, p.Confidence, p.Source)
	}
	_ = t.Flush() // a strings.Builder takes everything
	head, body, _ := strings.Cut(table.String(), "\n")
	fmt.Fprintf(a.out, "%s\n%s", a.painter().bold(head), body)
	return nil
}
