// Package settings answers: what did the user configure? It reads `.ngxproof.yaml`, says everything that is wrong with
// it at once, with line and column, and says of each value where it comes from.
package settings

import (
	"path/filepath"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/diag"
	"github.com/ngxproof/ngxproof/pkg/lint"
	"github.com/ngxproof/ngxproof/pkg/source"
)

// FileName is what the settings file is called.
const FileName = ".ngxproof.yaml"

// Settings is what a settings file says. Paths in it are relative to the file's folder and are resolved: joined with
// that folder as the file's own path names it. The zero Settings is what holds without a file.
type Settings struct {
	// File is the settings file; nil where there is none.
	File *source.File

	// Roots are the files that nginx starts from.
	Roots []string
	// Prefix is the folder that relative includes start from; "" for each root's own.
	Prefix string
	// IncludeMap says where folders that absolute includes name stand here.
	IncludeMap map[string]string
	// Version is the nginx version aimed at; zero for all.
	Version catalog.Version
	// Modules are the third-party modules in the build.
	Modules []string
	// Directives are directives that the build has beyond the catalog, by name.
	Directives map[string]catalog.Entry
	// WebSockets are the paths at which WebSockets are opened.
	WebSockets []lint.WebSocket
	// Rules gives rules a level, by name, code, category or tag.
	Rules map[string]diag.Level
	// Overrides are exceptions by place; the last one that holds decides.
	Overrides []Override
	// Fix says which fixes are applied.
	Fix Fix
	// Baseline is the file of known findings; "" where none is named.
	Baseline string
	// FailLevel is the level from which on a finding fails; nil where none is named, Off for never.
	FailLevel *diag.Level

	origins map[string]int // lines by path
	leaves  []Value
}

// Override is what holds in some places only.
type Override struct {
	// Files are patterns of paths relative to the settings file's folder, with slashes; `**` stands for any folders.
	Files []string
	// Servers are patterns of server names; none for everywhere.
	Servers []string
	// Contexts says where these files are included where they are fragments; 0 where nothing is said.
	Contexts catalog.Context
	// Rules gives rules a level.
	Rules map[string]diag.Level
}

// Fix changes the classes of fixes, by rule selectors.
type Fix struct {
	// Promote makes unsafe fixes of these rules safe, Demote safe ones unsafe, Disable keeps them from being applied.
	Promote, Demote, Disable []string
}

// Dir returns the folder of the settings file; "" where there is none.
func (s *Settings) Dir() string {
	if s.File == nil {
		return ""
	}
	return filepath.Dir(s.File.Path)
}

// Line returns the line of the file at which a value stands, such as "rules.WS033" or "overrides[0].files"; 0 where it
// stands nowhere.
func (s *Settings) Line(path string) int { return s.origins[path] }
