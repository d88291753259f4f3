// Command ngxproof reads nginx configuration the way nginx does and finds what will not work.
package main

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/ngxproof/ngxproof/pkg/cli"
)

func main() {
	signal.Ignore(syscall.SIGPIPE) // a closed pipe is an error to report, not a way to die
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv))
}
