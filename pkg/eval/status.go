package eval

import "strconv"

// statusTexts are the texts that nginx writes after a status by itself; others get none.
//
// nginx: src/http/ngx_http_header_filter_module.c, ngx_http_status_lines.
var statusTexts = map[int]string{
	200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content",
	301: "Moved Permanently", 302: "Moved Temporarily", 303: "See Other", 304: "Not Modified",
	307: "Temporary Redirect", 308: "Permanent Redirect",
	400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
	405: "Not Allowed", 406: "Not Acceptable", 408: "Request Time-out", 409: "Conflict", 410: "Gone",
	411: "Length Required", 412: "Precondition Failed", 413: "Request Entity Too Large", 414: "Request-URI Too Large",
	415: "Unsupported Media Type", 416: "Requested Range Not Satisfiable", 421: "Misdirected Request",
	429: "Too Many Requests",
	500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Temporarily Unavailable",
	504: "Gateway Time-out", 505: "HTTP Version Not Supported", 507: "Insufficient Storage",
}

// statusLine returns what nginx writes after "HTTP/1.1 ".
func statusLine(status int) string {
	code := strconv.Itoa(status)
	for len(code) < 3 {
		code = "0" + code
	}
	return code + " " + statusTexts[status]
}

// pageTitles are the titles of nginx's built-in pages where they are not the status's own text.
//
// nginx: src/http/ngx_http_special_response.c, ngx_http_error_pages.
var pageTitles = map[int]string{302: "302 Found", 401: "401 Authorization Required", 494: "400 Request Header Or Cookie Too Large",
	495: "400 The SSL certificate error", 496: "400 No required SSL certificate was sent",
	497: "400 The plain HTTP request was sent to HTTPS port"}

// pageNotes are the second lines of pages for nginx's own codes, whose first says 400.
var pageNotes = map[int]string{494: "Request Header Or Cookie Too Large", 495: "The SSL certificate error",
	496: "No required SSL certificate was sent", 497: "The plain HTTP request was sent to HTTPS port"}

// padding follows pages for old browsers, six times.
const padding = "<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n"

// page returns nginx's built-in page for a status, signed with the server's name; "" where it has none.
//
// nginx: ngx_http_send_special_response.
func page(status int, server string) string {
	title := pageTitles[status]
	if status == 498 {
		status = 404
	}
	if title == "" {
		text := statusTexts[status]
		if text == "" || status < 300 || status == 304 {
			return ""
		}
		title = strconv.Itoa(status) + " " + text
	}
	heading, note := title, ""
	if text := pageNotes[status]; text != "" {
		heading, note = "400 Bad Request", "<center>"+text+"</center>\r\n"
	}
	return "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + heading +
		"</h1></center>\r\n" + note + "<hr><center>" + server + "</center>\r\n</body>\r\n</html>\r\n"
}
