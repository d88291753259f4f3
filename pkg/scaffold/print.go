package scaffold

import (
	"errors"
	"fmt"
	"strings"

	gonginx "github.com/tufanbarisyildirim/gonginx/config"

	"github.com/ngxproof/ngxproof/pkg/source"
	"github.com/ngxproof/ngxproof/pkg/syntax"
)

// maxDepth is how deep blocks may nest in what is printed.
const maxDepth = 64

// Print writes a gonginx block: each parameter as a word that nginx reads back as it is, four spaces a level, an empty
// line before a block. It then reads what it wrote and fails where that says anything else than the nodes do. Raw blocks
// (Lua) and comments without a `#` are refused.
func Print(block gonginx.IBlock) (string, error) {
	lines, err := printed(block)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, line := range lines {
		rest := strings.TrimLeft(line, "\t")
		out.WriteString(strings.Repeat("    ", len(line)-len(rest)) + rest + "\n")
	}
	return out.String(), check(out.String(), block)
}

// printed returns the lines of a block, each with as many tabs before it as it is indented by.
func printed(block gonginx.IBlock) ([]string, error) {
	p := &printer{}
	p.block(block, 0)
	return p.lines, p.err
}

// printer keeps the first error.
type printer struct {
	lines []string
	err   error
}

func (p *printer) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *printer) line(depth int, text string) {
	p.lines = append(p.lines, strings.Repeat("\t", depth)+text)
}

func (p *printer) block(block gonginx.IBlock, depth int) {
	switch {
	case depth > maxDepth:
		p.fail(errors.New("blocks nest too deep"))
	case block.GetCodeBlock() != "":
		p.fail(errors.New("raw blocks can't be printed"))
	}
	if p.err != nil {
		return
	}
	width := tableWidth(block)
	for i, d := range block.GetDirectives() {
		if i > 0 && (d.GetBlock() != nil || block.GetDirectives()[i-1].GetBlock() != nil) {
			p.lines = append(p.lines, "")
		}
		p.directive(d, depth, width)
	}
}

// tableWidth returns how wide the first column of a map's entries is, 0 for other blocks.
func tableWidth(block gonginx.IBlock) int {
	parent := block.GetParent()
	if parent == nil || parent.GetName() != "map" {
		return 0
	}
	width := 0
	for _, d := range block.GetDirectives() {
		word, _ := quote(d.GetName())
		width = max(width, len(word))
	}
	return width
}

func (p *printer) directive(d gonginx.IDirective, depth, width int) {
	for _, comment := range d.GetComment() {
		p.comment(comment)
		p.line(depth, comment)
	}
	text := p.word(d.GetName())
	for _, parameter := range d.GetParameters() {
		text += strings.Repeat(" ", max(1, width-len(text)+1)) + p.word(parameter.Value)
		width = 0
	}
	inline := ""
	for _, comment := range d.GetInlineComment() {
		p.comment(comment.Value)
		inline += " " + comment.Value
	}
	if d.GetBlock() == nil {
		p.line(depth, text+";"+inline)
		return
	}
	p.line(depth, text+" {"+inline)
	p.block(d.GetBlock(), depth+1)
	p.line(depth, "}")
}

// comment refuses what is none.
func (p *printer) comment(text string) {
	if !strings.HasPrefix(text, "#") || strings.ContainsAny(text, "\r\n") {
		p.fail(fmt.Errorf("`%s` is no comment of one line", source.Printable(text)))
	}
}

func (p *printer) word(value string) string {
	word, err := quote(value)
	if err != nil {
		p.fail(err)
	}
	return word
}

// quote writes a word; an empty one as the fixes write it.
func quote(value string) (string, error) {
	if value == "" {
		return "''", nil
	}
	return syntax.QuoteWord(value)
}

// check reads a text as nginx does and compares its words with those that are meant.
func check(text string, meant gonginx.IBlock) error {
	file := syntax.Parse(source.NewFile("printed", "printed", text))
	if len(file.Errors) > 0 {
		return fmt.Errorf("what was printed does not parse: %s", file.Errors[0].Message)
	}
	return compare(file.Directives, meant.GetDirectives())
}

// compare compares statements with nodes.
func compare(got []*syntax.Directive, meant []gonginx.IDirective) error {
	if len(got) != len(meant) {
		return fmt.Errorf("%d directives were meant, %d are read", len(meant), len(got))
	}
	for i, d := range got {
		words := []string{meant[i].GetName()}
		for _, parameter := range meant[i].GetParameters() {
			words = append(words, parameter.Value)
		}
		if err := compareWords(d, words); err != nil {
			return err
		}
		if (d.Block == nil) != (meant[i].GetBlock() == nil) {
			return fmt.Errorf("`%s` has a block in one of what was meant and what is read", source.Printable(words[0]))
		}
		if d.Block != nil {
			if err := compare(d.Block.Directives, meant[i].GetBlock().GetDirectives()); err != nil {
				return err
			}
		}
	}
	return nil
}

func compareWords(d *syntax.Directive, words []string) error {
	for i, word := range words {
		if len(d.Words) != len(words) || d.Words[i].Value != word {
			return fmt.Errorf("`%s` is read otherwise than it was meant", source.Printable(strings.Join(words, " ")))
		}
	}
	return nil
}
