package eval

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ngxproof/ngxproof/pkg/catalog"
	"github.com/ngxproof/ngxproof/pkg/vars"
)

// File is a static file that is served.
type File struct {
	Size     int64
	Modified time.Time
}

// httpTime is how HTTP writes a time.
const httpTime = "Mon, 02 Jan 2006 15:04:05 GMT"

// Serve returns the head for a file, where the decision is route.Static, and which of its bytes follow: from until to,
// excluded.
//
// nginx: src/http/modules/ngx_http_static_module.c, ngx_http_static_handler, and the not_modified and range filters.
func (o *Outcome) Serve(f File) (head *ClientHead, from, to int64) {
	r := newReply(o)
	r.override = o.Decision.Status
	tag := fmt.Sprintf(`"%x-%x"`, f.Modified.Unix(), f.Size)
	if r.x.e.flag(o.Decision.Level, "etag", true) == catalog.No {
		tag = ""
	}
	r.status, r.modified = 200, f.Modified.UTC().Format(httpTime)
	c := conditions{run: r.x.run, tag: tag, file: f, mode: r.timeMode(o)}
	switch {
	case c.failed():
		return o.preconditionFailed(r), 0, 0
	case c.unchanged():
		return r.notModified(tag), 0, 0
	}
	r.typ = vars.Value{Text: r.x.e.contentType(r.plan, r.x.run.URI)}
	r.length, to = int(f.Size), f.Size
	if tag != "" {
		r.lines = append(r.lines, Line{Name: "ETag", Value: vars.Known(tag)})
	}
	ranges := c.header("Range")
	r.head.BodyUnknown = true
	if !strings.HasPrefix(ranges, "bytes=") || !c.rangeHolds() || r.override != 0 {
		return r.whole(), 0, to
	}
	return r.partial(o, ranges[len("bytes="):], f.Size)
}

// timeMode returns if_modified_since's argument.
func (r *reply) timeMode(o *Outcome) string {
	if v := r.x.e.config.Effective(o.Decision.Level, "if_modified_since"); v.By != nil {
		return v.By.Arg(1)
	}
	return "exact"
}

// whole ends with the whole file; Accept-Ranges comes after what add_header adds.
func (r *reply) whole() *ClientHead {
	head := r.finish()
	if head.Status == 200 && !head.Headless {
		head.Lines = append(head.Lines, Line{Name: "Accept-Ranges", Value: vars.Known("bytes")})
	}
	return head
}

// notModified is a 304.
func (r *reply) notModified(tag string) *ClientHead {
	r.status = 304
	if tag != "" {
		r.lines = append(r.lines, Line{Name: "ETag", Value: vars.Known(tag)})
	}
	return r.finish()
}

// preconditionFailed is a 412.
func (o *Outcome) preconditionFailed(r *reply) *ClientHead {
	r.modified = ""
	if next, handled := o.e.router.ErrorPage(r.x.run, o.Decision, 412); handled {
		return r.follow(o, next)
	}
	return r.special(412)
}

// partial ends with one range. Several are not made: the head is Unknown then.
//
// nginx: src/http/modules/ngx_http_range_filter_module.c, ngx_http_range_parse.
func (r *reply) partial(o *Outcome, text string, size int64) (head *ClientHead, from, to int64) {
	if strings.Contains(text, ",") {
		return &ClientHead{Unknown: "an answer in several ranges"}, 0, 0
	}
	from, to, ok := parseRange(text, size)
	if !ok {
		line := Line{Name: "Content-Range", Value: vars.Known("bytes */" + strconv.FormatInt(size, 10))}
		if next, handled := o.e.router.ErrorPage(r.x.run, o.Decision, 416); handled {
			return r.follow(o, next), 0, 0
		}
		r.lines, r.modified, r.head.BodyUnknown = []Line{line}, "", false
		return r.special(416), 0, 0
	}
	r.status, r.length = 206, int(to-from)
	head = r.finish()
	head.Lines = append(head.Lines, Line{Name: "Content-Range",
		Value: vars.Known(fmt.Sprintf("bytes %d-%d/%d", from, to-1, size))})
	return head, from, to
}

// parseRange reads "from-to", "from-" or "-last".
func parseRange(text string, size int64) (from, to int64, ok bool) {
	first, last, dash := strings.Cut(strings.TrimSpace(text), "-")
	first, last = strings.TrimSpace(first), strings.TrimSpace(last)
	switch {
	case !dash || first == "" && last == "":
		return 0, 0, false
	case first == "":
		n, err := strconv.ParseInt(last, 10, 64)
		return max(0, size-n), size, err == nil && n > 0 && size > 0
	}
	from, err := strconv.ParseInt(first, 10, 64)
	if err != nil || from >= size {
		return 0, 0, false
	}
	if last == "" {
		return from, size, true
	}
	to, err = strconv.ParseInt(last, 10, 64)
	return from, min(to+1, size), err == nil && to >= from
}

// conditions are what a request asks of a file's age.
type conditions struct {
	run  *vars.Run
	tag  string
	file File
	mode string // exact, before or off
}

// header returns the first header line of that name.
func (c *conditions) header(name string) string {
	for i := range c.run.Headers {
		if equalFold(c.run.Headers[i].Name, name) {
			return c.run.Headers[i].Value
		}
	}
	return ""
}

// failed reports whether If-Unmodified-Since or If-Match does not hold.
func (c *conditions) failed() bool {
	if since := c.header("If-Unmodified-Since"); since != "" {
		if at, err := time.Parse(httpTime, since); err == nil && at.Unix() < c.file.Modified.Unix() {
			return true
		}
	}
	match := c.header("If-Match")
	return match != "" && !c.matches(match, false)
}

// unchanged reports whether If-Modified-Since and If-None-Match say that the client has the file.
//
// nginx: src/http/modules/ngx_http_not_modified_filter_module.c.
func (c *conditions) unchanged() bool {
	since, none := c.header("If-Modified-Since"), c.header("If-None-Match")
	if since == "" && none == "" {
		return false
	}
	return (since == "" || c.sameTime(since)) && (none == "" || c.matches(none, true))
}

// sameTime reports whether If-Modified-Since names the file's time, or with `before` a later one.
func (c *conditions) sameTime(text string) bool {
	at, err := time.Parse(httpTime, text)
	switch {
	case c.mode == "off" || err != nil:
		return false
	case at.Unix() == c.file.Modified.Unix():
		return true
	}
	return c.mode == "before" && at.After(c.file.Modified)
}

// matches reports whether a list of entity tags has the file's; weak ones count for If-None-Match.
func (c *conditions) matches(list string, weak bool) bool {
	if list == "*" {
		return true
	}
	if c.tag == "" {
		return false
	}
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		if weak {
			one = strings.TrimPrefix(one, "W/")
		}
		if one == c.tag {
			return true
		}
	}
	return false
}

// rangeHolds reports whether If-Range, if there is one, lets the range be served.
func (c *conditions) rangeHolds() bool {
	value := c.header("If-Range")
	if value == "" {
		return true
	}
	if strings.HasSuffix(value, `"`) {
		return value == c.tag
	}
	at, err := time.Parse(httpTime, value)
	return err == nil && at.Unix() == c.file.Modified.Unix()
}
