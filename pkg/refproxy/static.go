package refproxy

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/ngxproof/ngxproof/pkg/eval"
)

// noFiles is a file system without files.
type noFiles struct{}

// Open finds nothing.
func (noFiles) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// static serves a file.
//
// nginx: src/http/modules/ngx_http_static_module.c.
func (r *request) static(out *eval.Outcome) (next *eval.Outcome, keep bool) {
	r.greet(out.Decision)
	name := strings.TrimPrefix(path.Clean("/"+out.Decision.File.Text), "/")
	file, err := r.c.gen.eval.Router().Files.Open(name)
	if err != nil {
		status := 404
		if errors.Is(err, fs.ErrPermission) {
			status = 403
		}
		return r.answer(out.Fail(status))
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	switch {
	case err != nil:
		return r.answer(out.Fail(500))
	case info.IsDir():
		return nil, r.unsupported("autoindex")
	}
	head, from, to := out.Serve(eval.File{Size: info.Size(), Modified: info.ModTime()})
	if !head.BodyUnknown {
		next, keep = r.answer(head)
		return next, keep && head.Status != 412 // nginx gives the connection up there
	}
	if r.gzips(head, int(info.Size())) {
		return nil, r.unsupported("gzip")
	}
	if !r.begin(head) {
		return nil, false
	}
	if r.req.Method == "HEAD" || head.Status == 304 {
		to = from
	}
	if err := r.copyFile(head.Head(), file, from, to); err != nil {
		return nil, false
	}
	return nil, r.finishBody(head.KeepAlive)
}

// copyFile sends a head and the bytes of a file from one offset to another.
func (r *request) copyFile(head []byte, file io.Reader, from, to int64) error {
	if from > 0 {
		if _, err := io.CopyN(io.Discard, file, from); err != nil {
			return err
		}
	}
	buffer := append(make([]byte, 0, len(head)+bodyChunk), head...)
	first := len(head)
	for left := to - from; left > 0 || first > 0; first = 0 {
		n, err := io.ReadFull(file, buffer[len(buffer):len(buffer)+int(min(left, int64(cap(buffer)-len(buffer))))])
		if err != nil && left > 0 {
			return err
		}
		if err := r.send(buffer[:len(buffer)+n], n); err != nil {
			return err
		}
		left -= int64(n)
		buffer = buffer[:0]
	}
	return nil
}
