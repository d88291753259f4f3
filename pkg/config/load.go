package config

import (
	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// Loader loads configurations from one place. It reads and parses each file once, however many configurations and
// contexts include it, and is safe for concurrent use.
type Loader struct {
	reader source.Reader
}

// Options say how one entry file is loaded.
type Options struct {
	// Prefix is the folder that relative includes start from; "" for the entry file's folder.
	Prefix string
	// IncludeMap says where folders that absolute includes name stand here: the longest matching key wins.
	IncludeMap map[string]string
	// Contexts is where a fragment is included, as the user says; 0 to look for a comment
	// (`# ngxproof:context http,server`) and else infer it.
	Contexts catalog.Context
	// Declared are directives that a user's build of nginx has beyond the catalog, by name.
	Declared map[string]catalog.Entry
}

// NewLoader returns a loader that reads through reader.
func NewLoader(reader source.Reader) *Loader { return &Loader{reader: reader} }

// Parse reads and parses the file at path, or returns what was read before. The error is the reader's.
func (l *Loader) Parse(path string) (*syntax.File, error) { panic("todo") }

// Load loads the configuration that starts at the file at path. The error is that of reading this first file; all that
// is wrong further on is in the Config.
func (l *Loader) Load(path string, opts Options) (*Config, error) { panic("todo") }
