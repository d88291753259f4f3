package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/config"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// targets finds and loads what a command's PATHs stand for. The error is that of a call that makes no sense; what can't
// be read is in the targets.
func (a *app) targets(k *ask, opts options, paths []string) (*targets, error) {
	if len(paths) == 0 {
		paths = defaultPaths()
		if k.root != "" {
			paths = []string{k.root}
		}
	}
	stdin := slices.Contains(paths, "-")
	switch {
	case stdin && len(paths) > 1:
		return nil, errors.New("standard input (`-`) cannot be mixed with other paths")
	case !stdin && k.stdinName != "":
		return nil, errors.New("--stdin-filename needs `-` as the path")
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("the working folder: %w", reason(err))
	}
	disk := source.Disk{Dir: dir, MaxFileSize: int64(k.maxFileSize)}
	t := &targets{opts: config.Options{Prefix: k.prefix, Contexts: opts.contexts}}
	if stdin {
		return t, a.fromStdin(t, k, disk)
	}
	t.loader = config.NewLoader(disk)
	t.find(paths)
	t.load(t.knownRoots(k.root))
	return t, nil
}

// fromStdin loads what standard input says: an nginx -T dump, a file that --stdin-filename names, or one without a name.
func (a *app) fromStdin(t *targets, k *ask, disk source.Disk) error {
	text, err := readStdin(a.stdin, int64(k.maxFileSize))
	switch {
	case err != nil:
		return err
	case binary(text):
		return errors.New("standard input is binary, not a configuration")
	}
	t.loader = config.NewLoader(disk)
	t.configs = append(t.configs, t.loader.LoadFile(source.NewFile("-", "-", text), t.opts))
	return nil
}

// readStdin reads standard input up to a limit.
func readStdin(r io.Reader, limit int64) (string, error) {
	var text strings.Builder
	n, err := io.Copy(&text, io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("standard input: %w", reason(err))
	case n > limit:
		return "", fmt.Errorf("standard input: %w: more than the limit of %d bytes", source.ErrTooLarge, limit)
	}
	return text.String(), nil
}
