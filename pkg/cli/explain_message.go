package cli

import (
	"regexp"
	"strings"
)

// What nginx writes around the message of a log line: the time, the level and the process before it, the request and the
// place after it.
//
// nginx: src/core/ngx_log.c, ngx_log_error_core; src/http/ngx_http_request.c, ngx_http_log_error_handler;
// src/core/ngx_conf_file.c, ngx_conf_log_error.
var (
	logHead   = regexp.MustCompile(`^(?:[0-9/]{8,10} [0-9:]{8} )?(?:nginx: )?\[(?:debug|info|notice|warn|error|crit|alert|emerg)\] (?:[0-9]+#[0-9]+: )?(?:\*[0-9]+ )?`)
	logTail   = regexp.MustCompile(`, (?:client|server|request|upstream|host): .*$`)
	logPlace  = regexp.MustCompile(` in \S+:[0-9]+$`)
	accessLog = regexp.MustCompile(`HTTP/[0-9.]+" ([1-5][0-9]{2}) [0-9-]+`)
)

// logMessage returns what a line of nginx's error log says without what differs from one request and file to the next.
func logMessage(line string) string {
	line = logTail.ReplaceAllString(logHead.ReplaceAllString(strings.TrimSpace(line), ""), "")
	return logPlace.ReplaceAllString(line, "")
}

// inDoubleQuotes is a name that nginx quotes.
var inDoubleQuotes = regexp.MustCompile(`"[^"]*"`)

// nameless returns a message without the names that nginx quotes, and whether there were any.
func nameless(message string) (without string, named bool) {
	message = logMessage(message)
	without = inDoubleQuotes.ReplaceAllString(message, `""`)
	return plainText(without), without != message
}

// messagePages returns what is known of a message that is no rule's alone, as Markdown: the sections of the page of
// messages whose heading fits, `*` standing for anything. A topic that is only a part of headings gets all of these.
func messagePages(topic string) string {
	topic = plainText(strings.ReplaceAll(logMessage(topic), "’", "'"))
	var fits, parts []string
	for _, section := range strings.Split("\n"+topicPage("messages"), "\n## ")[1:] {
		heading, _, _ := strings.Cut(section, "\n")
		switch heading = plainText(heading); {
		case fitsHeading(topic, heading):
			fits = append(fits, messageSection(section))
		case len(topic) > 12 && strings.Contains(topic, " ") && strings.Contains(heading, topic):
			parts = append(parts, messageSection(section))
		}
	}
	if len(fits) > 0 {
		return strings.Join(fits[:1], "\n")
	}
	return strings.Join(parts, "\n")
}

// messageSection is a section as it is shown: with dots for what may be anything.
func messageSection(section string) string {
	heading, text, _ := strings.Cut(section, "\n")
	return "## " + strings.ReplaceAll(heading, "*", "...") + "\n" + strings.TrimRight(text, "\n") + "\n"
}

// fitsHeading reports whether a message has the heading in it, `*` standing for anything.
func fitsHeading(message, heading string) bool {
	for _, piece := range strings.Split(heading, "*") {
		piece = strings.TrimSpace(piece)
		at := strings.Index(message, piece)
		if at < 0 {
			return false
		}
		message = message[at+len(piece):]
	}
	return true
}
