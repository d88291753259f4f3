package syntax

// window is how far nginx has read ahead in the file when it is at pos: its buffer ends at last. Only what reads Lua
// code sees it.
type window struct {
	pos, last int
	start     int // of the word, comment or blank that the buffer must hold
}

// bufferEnd returns where nginx's buffer ends when it has read up to the parser's pos.
//
// nginx: src/core/ngx_conf_file.c, ngx_conf_read_token, where b->pos >= b->last.
func (p *parser) bufferEnd() int {
	w := p.window
	w.start = w.pos
	for w.pos < p.pos {
		w.step(p.text)
	}
	return w.last
}

// read notes that nginx reads the byte at offset at.
func (w *window) read(text string, at int) {
	if at >= w.last && at < len(text) {
		w.last = min(max(w.start+buffer, at+1), len(text))
	}
}

// step reads one word, comment, blank or terminator.
func (w *window) step(text string) {
	w.read(text, w.pos)
	c := text[w.pos]
	switch {
	case c == ';' || c == '{' || c == '}':
		w.pos++
		w.start = w.pos
	case class[c]&blank != 0:
		w.start = w.pos
		w.pos++
	case c == '#':
		w.start = w.pos
		w.readTo(text, scanComment(text, w.pos))
	default:
		w.word(text, c)
	}
}

// readTo notes that nginx reads up to the byte at offset end, which is the next to be looked at.
func (w *window) readTo(text string, end int) {
	for at := w.last; at <= end; at = w.last {
		w.read(text, at)
		if w.last == at {
			break
		}
	}
	w.pos = end
}

// word reads a word and the byte after it: a blank there does not yet let go of the word.
func (w *window) word(text string, c byte) {
	end := 0
	switch c {
	case '"', '\'':
		w.start = w.pos + 1
		if end, _ = scanQuoted(text, w.start, c); end < 0 {
			end = len(text) - 1
		}
		end++
	default:
		w.start = w.pos
		end, _ = scanBare(text, w.pos)
	}
	w.readTo(text, end)
	if end < len(text) && class[text[end]]&blank != 0 {
		w.pos++
	}
}
