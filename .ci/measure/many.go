package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// How many there are of what many measures.
const (
	manyRoots = 500
	manyFiles = 10_000
)

// many measures a repository of many configurations: 500 roots, each of which includes its own 19 files.
func many(dir string) ([]figure, error) {
	folder := filepath.Join(dir, "many")
	size, err := generateMany(folder)
	if err != nil {
		return nil, err
	}
	binary, err := build(dir)
	if err != nil {
		return nil, err
	}
	s, err := alternate(program{[]string{binary, "lint", "-q", "-o", "concise", folder}, []int{0, 1}})
	if err != nil {
		return nil, err
	}
	return []figure{{
		fmt.Sprintf("`lint` of %d files in %d roots (%s), whole process; peak memory %s", manyFiles, manyRoots, mib(size), mib(s[0].rss)),
		fmt.Sprintf("%s, of the processors %s", ms(s[0].wall), ms(s[0].cpu)), "under 2.5 s on two cores", s[0].wall < 2500*time.Millisecond,
	}}, nil
}

// generateMany writes the repository and returns its size.
func generateMany(folder string) (size int64, err error) {
	put := func(path, text string) {
		if err == nil {
			err = os.MkdirAll(filepath.Dir(path), 0o755)
		}
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		size += int64(len(text))
	}
	for r := range manyRoots {
		root := filepath.Join(folder, fmt.Sprintf("app%03d", r))
		put(filepath.Join(root, "nginx.conf"), "worker_processes auto;\nevents { worker_connections 1024; }\nhttp {\n"+
			"    map $http_upgrade $connection_upgrade { default upgrade; '' close; }\n    include conf.d/*.conf;\n}\n")
		for f := range manyFiles/manyRoots - 1 {
			put(filepath.Join(root, "conf.d", fmt.Sprintf("site%02d.conf", f)), site(r, f))
		}
	}
	return size, err
}

// site is a file of one server with a page, an API and a WebSocket.
func site(r, f int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# site %d of app %d\nupstream backend_%d {\n    server 10.%d.%d.1:3000;\n    server 10.%d.%d.2:3000;\n}\n", f, r, f, r%250, f, r%250, f)
	fmt.Fprintf(&b, "server {\n    listen 80;\n    server_name s%d.app%d.example.com;\n    location / {\n        root /srv/app%d;\n        try_files $uri /index.html;\n    }\n", f, r, r)
	fmt.Fprintf(&b, "    location /api/ {\n        proxy_pass http://backend_%d;\n        proxy_set_header Host $host;\n        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n    }\n", f)
	fmt.Fprintf(&b, "    location /ws/ {\n        proxy_pass http://backend_%d;\n        proxy_http_version 1.1;\n        proxy_set_header Host $host;\n"+
		"        proxy_set_header Upgrade $http_upgrade;\n        proxy_set_header Connection $connection_upgrade;\n        proxy_read_timeout 1h;\n    }\n}\n", f)
	return b.String()
}
