package vars

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// ParsePrefix reads a network ("10.0.0.0/8", "10.0.0.1", "::/0") as nginx does: the bits after the mask are dropped, and
// a missing mask is that of one address. ok is false for what is none, such as a name.
//
// nginx: src/core/ngx_inet.c, ngx_ptocidr.
func ParsePrefix(text string) (netip.Prefix, bool) {
	host, mask, masked := strings.Cut(text, "/")
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, false
	}
	if !masked {
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	bits, err := strconv.Atoi(mask)
	if err != nil || bits < 0 || bits > addr.BitLen() {
		return maskPrefix(addr, mask)
	}
	p, err := addr.Prefix(bits)
	return p, err == nil
}

// maskPrefix reads a mask that is written as an address: 10.0.0.0/255.0.0.0.
func maskPrefix(addr netip.Addr, mask string) (netip.Prefix, bool) {
	m, err := netip.ParseAddr(mask)
	if err != nil || !m.Is4() || !addr.Is4() {
		return netip.Prefix{}, false
	}
	bits := 0
	four := m.As4()
	whole := uint32(four[0])<<24 | uint32(four[1])<<16 | uint32(four[2])<<8 | uint32(four[3])
	for ; bits < 32 && whole&(1<<(31-bits)) != 0; bits++ {
		whole &^= 1 << (31 - bits)
	}
	p, err := addr.Prefix(bits)
	return p, err == nil && whole == 0
}

// inAny reports whether the address is in one of the networks.
func inAny(addr netip.Addr, networks []netip.Prefix) bool {
	addr = addr.Unmap()
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// forwardedAddr returns the address that the X-Forwarded-For lines give for a client at addr: the last one in them that
// a trusted proxy added, or with recursive the last one that is no trusted proxy.
//
// nginx: src/http/ngx_http_core_module.c, ngx_http_get_forwarded_addr.
func forwardedAddr(addr netip.Addr, lines []string, proxies []netip.Prefix, recursive bool) netip.Addr {
	for i := len(lines) - 1; i >= 0; i-- {
		next, done := forwardedLine(addr, lines[i], proxies, recursive)
		addr = next
		if done || !recursive {
			return addr
		}
	}
	return addr
}

// forwardedLine goes through one line from its end; done says that a further line counts no more.
func forwardedLine(addr netip.Addr, line string, proxies []netip.Prefix, recursive bool) (next netip.Addr, done bool) {
	for {
		if !inAny(addr, proxies) {
			return addr, true
		}
		line = strings.TrimRight(line, " ,")
		cut := strings.LastIndexAny(line, " ,")
		parsed, ok := parseForwarded(line[cut+1:])
		if !ok {
			return addr, true
		}
		addr = parsed
		if !recursive || cut < 0 {
			return addr, false
		}
		line = line[:cut]
	}
}

// parseForwarded reads an address with or without a port.
//
// nginx: src/core/ngx_inet.c, ngx_parse_addr_port.
func parseForwarded(text string) (netip.Addr, bool) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return addr.Unmap(), true
	}
	with, err := netip.ParseAddrPort(text)
	return with.Addr().Unmap(), err == nil
}
