package config

import (
	"path/filepath"
	"sync"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// Loader loads configurations from one place. It reads and parses each file once, however many configurations and
// contexts include it, and is safe for concurrent use.
type Loader struct {
	reader source.Reader
	mu     sync.Mutex
	files  map[string]*parsed
	meant  map[string][]string // did-you-mean candidates of unknown names, by name and context
}

// parsed is a file that is read once by whoever asks first.
type parsed struct {
	once sync.Once
	file *syntax.File
	err  error
}

// Options say how one entry file is loaded.
type Options struct {
	// Prefix is the folder that relative includes start from; "" for the entry file's folder, and for a fragment the
	// nearest folder from its own upwards that holds an nginx.conf.
	Prefix string
	// IncludeMap says where folders that absolute includes name stand here: the longest matching key wins.
	IncludeMap map[string]string
	// Contexts is where a fragment is included, as the user says; 0 to look for a comment
	// (`# ngxproof:context http,server`) before the first directive and else infer it.
	Contexts catalog.Context
	// Declared are directives that a user's build of nginx has beyond the catalog, by name.
	Declared map[string]catalog.Entry
}

// NewLoader returns a loader that reads through reader.
func NewLoader(reader source.Reader) *Loader {
	return &Loader{reader: reader, files: map[string]*parsed{}, meant: map[string][]string{}}
}

// Parse reads and parses the file at path, or returns what was read before. The error is the reader's.
func (l *Loader) Parse(path string) (*syntax.File, error) {
	l.mu.Lock()
	p := l.files[path]
	if p == nil {
		p = &parsed{}
		l.files[path] = p
	}
	l.mu.Unlock()
	p.once.Do(func() {
		var file *source.File
		if file, p.err = l.reader.Open(path); p.err == nil {
			p.file = syntax.Parse(file)
		}
	})
	return p.file, p.err
}

// Load loads the configuration that starts at the file at path. The error is that of reading this first file; all that
// is wrong further on is in the Config.
func (l *Loader) Load(path string, opts Options) (*Config, error) {
	file, err := l.Parse(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	return l.load(file, opts), nil
}

// LoadFile loads the configuration that starts at a file that is in memory, such as standard input; what it includes is
// read through the loader's reader.
func (l *Loader) LoadFile(file *source.File, opts Options) *Config {
	return l.load(syntax.Parse(file), opts)
}

// load splices the includes of entry and then gathers what needs the whole.
func (l *Loader) load(entry *syntax.File, opts Options) *Config {
	c := &Config{Entry: entry, brought: map[*Directive][]*Inclusion{}, declared: opts.Declared}
	c.Fragment = !IsRoot(entry)
	s := &splicer{config: c, loader: l, opts: opts, seen: map[*syntax.File]bool{}, paths: l.newPaths(c, opts)}
	c.Root = &Directive{File: entry, Inside: entryContext(entry, opts, c.Fragment)}
	s.enter(entry)
	s.splice(c.Root, entry, entry.Directives, nil)
	separate(c.Root)
	c.Complete = !c.Fragment && !s.clouded
	for _, f := range c.Files {
		c.Complete = c.Complete && len(f.Errors) == 0
	}
	return c
}

// IsRoot reports whether a file is where nginx would start: it has http, events, stream or mail at its top level.
func IsRoot(f *syntax.File) bool {
	for _, d := range f.Directives {
		switch d.Name() {
		case "http", "events", "stream", "mail":
			if d.Block != nil {
				return true
			}
		}
	}
	return false
}

// suggest returns what an unknown directive name may have been meant to be. A typo tends to come often, and looking for
// candidates is slow.
func (l *Loader) suggest(name string, in catalog.Context) []string {
	key := name + "\x00" + in.String()
	l.mu.Lock()
	defer l.mu.Unlock()
	names, ok := l.meant[key]
	if !ok {
		names = catalog.SuggestIn(name, in, 5)
		l.meant[key] = names
	}
	return names
}
