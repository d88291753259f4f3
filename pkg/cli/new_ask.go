package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/term"

	"github.com/ngxproof/ngxproof/pkg/scaffold"
)

// maxAsked is how often a question is asked before we give up.
const maxAsked = 5

// errNoAnswer is the end of the input in the middle of the questions.
var errNoAnswer = errors.New("the input ended before all questions were answered; nothing was made")

// asker asks questions and reads an answer a line.
type asker struct {
	in  *bufio.Scanner
	out io.Writer
}

func newAsker(in io.Reader, out io.Writer) *asker { return &asker{in: bufio.NewScanner(in), out: out} }

// ask asks until an answer is good; an empty one stands for what is usual.
func (q *asker) ask(question, usual string, check func(string) error) (string, error) {
	if usual != "" {
		question += " [" + usual + "]"
	}
	for range maxAsked {
		fmt.Fprint(q.out, question+" ")
		if !q.in.Scan() {
			fmt.Fprintln(q.out)
			return "", errNoAnswer
		}
		answer := strings.TrimSpace(q.in.Text())
		if answer == "" {
			answer = usual
		}
		err := check(answer)
		if err == nil {
			return answer, nil
		}
		fmt.Fprintf(q.out, "  %s\n", err)
	}
	return "", errors.New("no answer that makes sense; `ngxproof new --help` lists the flags")
}

// asks reports whether somebody is there to be asked: both what is read from and what questions go to is a terminal.
func (a *app) asks() bool {
	f, ok := a.stdin.(descriptor)
	return ok && term.IsTerminal(int(f.Fd())) && isTerminal(a.err.dest)
}

// askNew asks what a user wants, in the order in which one thinks of it.
func (a *app) askNew(k *newAsk, kind scaffold.Kind) (scaffold.Kind, error) {
	q := newAsker(a.stdin, flushing{a.err})
	return kind, q.questions(k, &kind)
}

// flushing shows each question at once.
type flushing struct{ *writer }

// Write writes p and what was kept before it; the error is that of either.
func (f flushing) Write(p []byte) (int, error) {
	n, err := f.writer.Write(p)
	return n, errors.Join(err, f.Flush())
}

// questions fills in what the flags would say.
func (q *asker) questions(k *newAsk, kind *scaffold.Kind) error {
	steps := []func() error{
		func() error { return q.askKind(kind) },
		func() error { return q.askPreset(k, *kind) },
		func() error { return q.askPath(k, *kind) },
		func() error { return q.askUpstream(k, *kind) },
		func() error { return q.askServer(k, *kind) },
		func() error { return q.askInto(k, *kind) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (q *asker) askKind(kind *scaffold.Kind) error {
	if *kind != "" {
		return nil
	}
	_, err := q.ask("What do you need: a location, server, map or site?", "location", func(text string) (err error) {
		*kind, err = scaffold.ParseKind(text)
		return err
	})
	return err
}

func (q *asker) askPreset(k *newAsk, kind scaffold.Kind) (err error) {
	if kind == scaffold.Map {
		return nil
	}
	all, err := scaffold.Presets()
	if err != nil {
		return err
	}
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	fmt.Fprintf(q.out, "Known applications: %s.\n", strings.Join(names, ", "))
	k.preset, err = q.ask("Which one is it? (Enter for another)", "", func(text string) error {
		if text != "" && scaffold.LookupPreset(text) == nil {
			return unknownPreset(text)
		}
		return nil
	})
	return err
}

func (q *asker) askPath(k *newAsk, kind scaffold.Kind) (err error) {
	if kind == scaffold.Map || k.preset != "" {
		return nil
	}
	k.path, err = q.ask("At which path are WebSockets opened?", "/ws", scaffold.CheckPath)
	return err
}

func (q *asker) askUpstream(k *newAsk, kind scaffold.Kind) error {
	if kind == scaffold.Map {
		return nil
	}
	usual := "127.0.0.1:3000"
	if p := scaffold.LookupPreset(k.preset); p != nil {
		usual = p.Upstream
	}
	text, err := q.ask("Where does the application listen?", usual, scaffold.CheckUpstream)
	k.upstreams = []string{text}
	return err
}

func (q *asker) askServer(k *newAsk, kind scaffold.Kind) error {
	if kind != scaffold.Server && kind != scaffold.Site {
		return nil
	}
	name, err := q.ask("What is the server's name, such as example.com?", "", scaffold.CheckServerName)
	if err != nil {
		return err
	}
	k.serverNames = []string{name}
	k.tls, err = q.ask("The files of its certificate and key, CERT,KEY? (Enter for plain HTTP)", "", func(text string) error {
		if cert, key, ok := strings.Cut(text, ","); text != "" && (!ok || cert == "" || key == "") {
			return errors.New("two files with a comma between them")
		}
		return nil
	})
	return err
}

func (q *asker) askInto(k *newAsk, kind scaffold.Kind) (err error) {
	if kind != scaffold.Location {
		return nil
	}
	k.into, err = q.ask("Which file is it to be put into? (Enter to print it)", "", func(string) error { return nil })
	return err
}
