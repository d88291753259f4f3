package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	moduleRoot = "../.."
	module     = "github.com/ngxproof/ngxproof/"
)

// room is a line of rooms.txt.
type room struct {
	level int
	name  string
	uses  []string
}

func (r *room) may(use string) bool { return slices.Contains(r.uses, use) }

// TestRooms holds every package to the house plan: what it imports, and what it does to the world.
func TestRooms(t *testing.T) {
	rooms := readRooms(t)
	packages := parsePackages(t)
	if len(packages) < 8 {
		t.Fatalf("only %d packages found", len(packages))
	}
	for dir, files := range packages {
		own := roomOf(rooms, dir)
		if own == nil {
			t.Errorf("%s is in no room of testdata/rooms.txt", dir)
			continue
		}
		for _, f := range files {
			for _, wrong := range append(wrongImports(rooms, own, f.syntax), wrongDeeds(own, f.syntax)...) {
				t.Errorf("%s: %s", f.name, wrong)
			}
		}
	}
}

// TestRoomsFindsFaults shows that the checks of TestRooms can fail.
func TestRoomsFindsFaults(t *testing.T) {
	const text = `package diag
		import (
			"os"
			"net"
			"fmt"
			"github.com/ngxproof/ngxproof/pkg/lint"
			"github.com/spf13/cobra"
		)
		func init() { fmt.Println(os.Getenv("X")); os.Exit(1); println(); _, _ = os.ReadFile("x"); _ = os.Stderr }`
	f, err := parser.ParseFile(token.NewFileSet(), "x.go", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	rooms := readRooms(t)
	own := roomOf(rooms, "pkg/diag")
	if got := wrongImports(rooms, own, f); len(got) != 3 {
		t.Errorf("imports: %d faults, want 3: %q", len(got), got)
	}
	if got := wrongDeeds(own, f); len(got) != 7 {
		t.Errorf("deeds: %d faults, want 7: %q", len(got), got)
	}
}

func readRooms(t *testing.T) []room {
	t.Helper()
	text, err := os.ReadFile("testdata/rooms.txt")
	if err != nil {
		t.Fatal(err)
	}
	var rooms []room
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		level, err := strconv.Atoi(words[0])
		if err != nil {
			t.Fatal(err)
		}
		rooms = append(rooms, room{level, words[1], words[2:]})
	}
	return rooms
}

// roomOf returns the room that a folder belongs to: its own or that of a folder above it.
func roomOf(rooms []room, dir string) *room {
	for ; dir != "."; dir = path.Dir(dir) {
		for i := range rooms {
			if rooms[i].name == dir {
				return &rooms[i]
			}
		}
	}
	return nil
}

type sourceFile struct {
	name   string
	syntax *ast.File
}

// parsePackages parses what the program is made of, by folder: no tests, and no generators.
func parsePackages(t *testing.T) map[string][]sourceFile {
	t.Helper()
	packages := map[string][]sourceFile{}
	for _, top := range []string{"cmd", "pkg", "rules"} {
		err := filepath.WalkDir(filepath.Join(moduleRoot, top), func(file string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(moduleRoot, file)
			name = filepath.ToSlash(name)
			if generator := syntax.Name.Name == "main" && strings.Contains(name, "/internal/"); !generator {
				packages[path.Dir(name)] = append(packages[path.Dir(name)], sourceFile{name, syntax})
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return packages
}

func wrongImports(rooms []room, own *room, f *ast.File) []string {
	var wrong []string
	for _, spec := range f.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		if fault := wrongImport(rooms, own, name); fault != "" {
			wrong = append(wrong, fmt.Sprintf("imports %s: %s", name, fault))
		}
	}
	return wrong
}

func wrongImport(rooms []room, own *room, name string) string {
	if local, ok := strings.CutPrefix(name, module); ok {
		other := roomOf(rooms, local)
		switch {
		case other == nil:
			return "it is in no room"
		case other.may("tests") && other != own:
			return "it is for tests only"
		case other != own && other.level >= own.level:
			return fmt.Sprintf("%s is on level %d, %s on %d", other.name, other.level, own.name, own.level)
		}
		return ""
	}
	first, _, _ := strings.Cut(name, "/")
	switch {
	case strings.Contains(first, "."):
		if !own.may(name) {
			return "rooms.txt does not give it to " + own.name
		}
	case (first == "net" && name != "net/url" && name != "net/netip") && !own.may("net"):
		return "no sockets here"
	}
	return ""
}

// The names of package os that end the process or read its surroundings, and those that touch files.
var (
	processNames = []string{"Exit", "Getenv", "LookupEnv", "Environ", "Setenv", "Stdin", "Stdout", "Stderr", "Args"}
	fileNames    = []string{
		"Open", "OpenFile", "Create", "CreateTemp", "ReadFile", "WriteFile", "ReadDir", "Rename", "Remove", "RemoveAll",
		"Mkdir", "MkdirAll", "Stat", "Lstat", "Readlink", "Symlink", "Chmod", "Chown", "Truncate",
	}
)

// wrongDeeds returns what the file does that its room may not: print, end the process, read the environment, touch files
// or have an init function.
func wrongDeeds(own *room, f *ast.File) []string {
	var wrong []string
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Name.Name == "init" && n.Recv == nil {
				wrong = append(wrong, "has an init function")
			}
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "print" || id.Name == "println") && id.Obj == nil {
				wrong = append(wrong, "prints with "+id.Name)
			}
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && pkg.Obj == nil {
				wrong = append(wrong, wrongName(own, pkg.Name, n.Sel.Name)...)
			}
		}
		return true
	})
	return wrong
}

func wrongName(own *room, pkg, name string) []string {
	deed := ""
	switch {
	case pkg == "os" && slices.Contains(processNames, name) && !own.may("process"):
		deed = "uses the process's surroundings"
	case pkg == "os" && slices.Contains(fileNames, name) && !own.may("files"):
		deed = "touches files"
	case pkg == "fmt" && strings.HasPrefix(name, "Print") && own.name != "":
		deed = "prints"
	case pkg == "log":
		deed = "logs"
	default:
		return nil
	}
	return []string{fmt.Sprintf("%s: %s.%s", deed, pkg, name)}
}

// TestPackageComments: every package says which question it answers, in one to five lines of text.
func TestPackageComments(t *testing.T) {
	for dir, files := range parsePackages(t) {
		comments := 0
		for _, f := range files {
			if f.syntax.Doc != nil {
				comments++
			}
		}
		if comments != 1 {
			t.Errorf("%s has %d package comments, want 1", dir, comments)
		}
	}
}

// TestMainIsShort: everything that can be tested is below main.
func TestMainIsShort(t *testing.T) {
	text, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte("\n")); n >= 20 {
		t.Errorf("main.go has %d lines, want fewer than 20", n)
	}
}

// TestDumperIsNotLinked: gonginx/dumper links GPL code.
func TestDumperIsNotLinked(t *testing.T) {
	deps := dependencies(t, "./...")
	if !slices.Contains(deps, module+"pkg/cli") {
		t.Fatalf("the list of dependencies is not one: %d lines", len(deps))
	}
	for _, dep := range deps {
		for _, banned := range []string{"gonginx/dumper", "luaformatter", "lexmachine", "data-structures"} {
			if strings.Contains(dep, banned) {
				t.Errorf("%s is linked", dep)
			}
		}
	}
}

// dependencies lists everything that the packages are built from, tests included.
func dependencies(t *testing.T, packages string) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-test", packages)
	cmd.Dir = moduleRoot
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, problems.Bytes())
	}
	var deps []string
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		deps = append(deps, s.Text())
	}
	return deps
}

// TestTemplatesAreNotLinked: a template engine finds methods by name, so that the linker must keep every method there is.
// cobra has one, which is left out as long as nobody sets a template.
func TestTemplatesAreNotLinked(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "ngxproof")
	build := exec.Command("go", "build", "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	out, err := exec.Command("go", "tool", "nm", binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(out, []byte("cobra.(*Command).execute")) {
		t.Fatal("the list of symbols is not one")
	}
	if bytes.Contains(out, []byte("text/template.(*Template).Execute")) {
		t.Error("text/template is linked")
	}
}

// TestDependenciesAreExplained: docs/dependencies.md has a line for each module that go.mod requires directly.
func TestDependenciesAreExplained(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(moduleRoot, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile(filepath.Join(moduleRoot, "docs/dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		direct := len(words) >= 2 && strings.Contains(words[0], ".") && strings.HasPrefix(words[1], "v") && !strings.Contains(line, "// indirect")
		if direct && (!bytes.Contains(doc, []byte("`"+words[0]+"`")) || !bytes.Contains(doc, []byte(words[1]))) {
			t.Errorf("docs/dependencies.md has no line for %s %s", words[0], words[1])
		}
	}
}
