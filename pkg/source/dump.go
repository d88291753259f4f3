package source

import "strings"

// Dump is what `nginx -T` prints, as a Reader of the files in it. Their positions are those in the files themselves.
//
// nginx: src/core/nginx.c, main: for each file, once, `# configuration file NAME:`, LF, the file's bytes, LF.
type Dump struct {
	Memory
	// Entry is the path of the first file, where nginx began.
	Entry string
	// Paths are the paths of all files, clean, in the order of the dump.
	Paths []string
}

// marker and the colon after the name make the line before each file of a dump.
const marker = "# configuration file "

// IsDump reports whether text looks like what `nginx -T` prints: it begins with the line that names the first file, but
// for what nginx says on standard error, which may have been caught too.
func IsDump(text string) bool {
	_, ok := skipMessages(text)
	return ok
}

// ParseDump reads a dump; not ok where text is none. A line in a file that looks like the one between files, and whose
// name has not been before, can't be told from one.
func ParseDump(text string) (dump Dump, ok bool) {
	rest, ok := skipMessages(text)
	if !ok {
		return Dump{}, false
	}
	dump.Memory = Memory{}
	for rest != "" {
		path, _ := markerPath(rest)
		rest = afterLine(rest)
		end, next := dump.nextMarker(rest, path)
		dump.add(path, strings.TrimSuffix(rest[:end], "\n"))
		rest = rest[next:]
	}
	dump.Entry = dump.Paths[0]
	return dump, true
}

// add takes a file into the dump.
func (d *Dump) add(path, text string) {
	key := cleanPath(path)
	d.Memory[key] = text
	d.Paths = append(d.Paths, key)
}

// nextMarker returns where the file whose text rest begins with ends in rest, LF included, and where the next begins.
func (d *Dump) nextMarker(rest, current string) (end, next int) {
	for at := 0; at < len(rest); {
		if path, ok := markerPath(rest[at:]); ok && path != current {
			if _, seen := d.Memory[cleanPath(path)]; !seen {
				return at, at
			}
		}
		i := strings.Index(rest[at:], "\n"+marker)
		if i < 0 {
			break
		}
		at += i + 1
	}
	return len(rest), len(rest)
}

// markerPath returns the name in the line that text begins with, if it is one between files.
func markerPath(text string) (path string, ok bool) {
	if !strings.HasPrefix(text, marker) {
		return "", false
	}
	line, _, _ := strings.Cut(text[len(marker):], "\n")
	path, ok = strings.CutSuffix(strings.TrimSuffix(line, "\r"), ":")
	return path, ok && path != ""
}

// skipMessages returns text from the first file's line on, behind nginx's messages; not ok where there is none.
func skipMessages(text string) (rest string, ok bool) {
	for rest = text; rest != ""; rest = afterLine(rest) {
		if _, ok := markerPath(rest); ok {
			return rest, true
		}
		if !strings.HasPrefix(rest, "nginx: ") && !logLine(rest) {
			return "", false
		}
	}
	return "", false
}

// logLine reports whether text begins with a line of nginx's error log: `2026/11/22 07:52:19 [warn] ...`.
func logLine(text string) bool {
	const layout = "0000/00/00 00:00:00 ["
	if len(text) < len(layout) {
		return false
	}
	for i := range len(layout) {
		if isDigit := digit(text[i]); layout[i] == '0' != isDigit || !isDigit && text[i] != layout[i] {
			return false
		}
	}
	return true
}

// afterLine returns what follows the first line.
func afterLine(text string) string {
	_, rest, _ := strings.Cut(text, "\n")
	return rest
}

var _ Reader = Dump{}
