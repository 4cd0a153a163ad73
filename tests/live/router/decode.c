/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode FIELD...: what exchange printed, from standard input, with each packet as its fields: every byte is
 * in one, and checksums are "ok" where they are right. The fields that are named are shown as "*"; a name
 * that ends with "@router" means those of packets that the router made itself, and one that begins with "q."
 * those of the packet that an ICMP error quotes. Packets that came in any order are sorted.
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/live/router/ports.h"

enum { MOST = 66000, SHOWN = 48, LINES = 400 };

static char **masked;
static int masked_count;
static const char *prefix = "";
static bool by_router;
static FILE *out;

static bool is_masked(const char *name)
{
	char own[100], routers[120];

	snprintf(own, sizeof(own), "%s%s", prefix, name);
	snprintf(routers, sizeof(routers), "%s@router", own);
	for (int i = 0; i < masked_count; i++) {
		if (!strcmp(masked[i], own) || (by_router && !strcmp(masked[i], routers)))
			return true;
	}
	return false;
}

__attribute__((format(printf, 2, 3))) static void field(const char *name, const char *format, ...)
{
	va_list values;

	fprintf(out, " %s%s=", prefix, name);
	if (is_masked(name)) {
		fputc('*', out);
		return;
	}
	va_start(values, format);
	vfprintf(out, format, values);
	va_end(values);
}

/* Long ones by their sum (FNV-1a). */
static void field_bytes(const char *name, const uint8_t *bytes, size_t size)
{
	uint64_t sum = 0xcbf29ce484222325;
	char text[2 * SHOWN + 1] = "";

	for (size_t i = 0; i < size; i++) {
		sum = (sum ^ bytes[i]) * 0x100000001b3;
		if (size <= SHOWN)
			snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	}
	if (size > SHOWN)
		field(name, "%zu:%016llx", size, (unsigned long long)sum);
	else if (size)
		field(name, "%s", text);
}

static void field_hardware(const char *name, const uint8_t *bytes)
{
	field(name, "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4],
		bytes[5]);
}

/* A link-local address is another field: ip.src.ll for ip.src. */
static void field_address(const char *name, const uint8_t *bytes, size_t size)
{
	char text[INET6_ADDRSTRLEN], other[40];
	bool link_local = size == 16 && bytes[0] == 0xfe && bytes[1] == 0x80;

	snprintf(other, sizeof(other), "%s%s", name, link_local ? ".ll" : "");
	field(other, "%s", inet_ntop(size == 16 ? AF_INET6 : AF_INET, bytes, text, sizeof(text)));
}

/* Over BYTES, in which it stands at AT. */
static void field_sum(const char *name, const uint8_t *bytes, size_t size, size_t offset, uint32_t begun)
{
	if (checksum(bytes, size, begun) == 0)
		field(name, "ok");
	else
		field(name, "%04x", get16(bytes + offset));
}

static void decode_ip(const uint8_t *ip, size_t size);

static void decode_quoted(const uint8_t *bytes, size_t size)
{
	bool outer = by_router;

	prefix = "q.";
	decode_ip(bytes, size);
	prefix = "";
	by_router = outer;
}

static void decode_discovery(const uint8_t *icmp, size_t size)
{
	field("nd.flags", "%02x%02x%02x%02x", icmp[4], icmp[5], icmp[6], icmp[7]);
	field_address("nd.target", icmp + 8, 16);
	if (size == 32 && icmp[25] == 1) {
		field("nd.option", "%d", icmp[24]);
		field_hardware("nd.lladdr", icmp + 26);
	} else {
		field_bytes("nd.rest", icmp + 24, size - 24);
	}
}

/* Of errors what they quote is decoded as well. */
static void decode_icmp(const uint8_t *icmp, size_t size, bool six)
{
	static const uint8_t errors[] = { 3, 4, 5, 11, 12 };

	field("icmp.type", "%d", icmp[0]);
	field("icmp.code", "%d", icmp[1]);
	if (six && (icmp[0] == 135 || icmp[0] == 136) && size >= 24) {
		decode_discovery(icmp, size);
		return;
	}
	field("icmp.rest", "%02x%02x%02x%02x", icmp[4], icmp[5], icmp[6], icmp[7]);
	if (six ? icmp[0] < 128 : memchr(errors, icmp[0], sizeof(errors)) != NULL)
		decode_quoted(icmp + 8, size - 8);
	else
		field_bytes("icmp.data", icmp + 8, size - 8);
}

/* The fragment's number among others, and where it stands; the bytes behind are a part of something. */
static void decode_fragment6(const uint8_t *bytes, size_t size)
{
	field("frag.head", "%02x%02x%04x", bytes[0], bytes[1], get16(bytes + 2));
	field("frag.id", "%04x%04x", get16(bytes + 4), get16(bytes + 6));
	field_bytes("data", bytes + 8, size - 8);
}

static void decode_transport(
	const uint8_t *bytes, size_t size, uint8_t protocol, const uint8_t *addresses, bool six)
{
	size_t address = six ? 16 : 4;
	uint32_t begun = pseudo(addresses, address, size, protocol);

	if (six && protocol == IPPROTO_FRAGMENT && size >= 8) {
		decode_fragment6(bytes, size);
	} else if (*prefix) {
		field_bytes("data", bytes, size);
	} else if (protocol == (six ? IPPROTO_ICMPV6 : IPPROTO_ICMP) && size >= 8) {
		field_sum("icmp.sum", bytes, size, 2, six ? begun : 0);
		decode_icmp(bytes, size, six);
	} else if (protocol == IPPROTO_TCP && size >= 20) {
		field_sum("tcp.sum", bytes, size, 16, begun);
		field_bytes("tcp.ports", bytes, 4);
		field("tcp.seq", "%u", (unsigned)get16(bytes + 4) << 16 | get16(bytes + 6));
		field("tcp.ack", "%u", (unsigned)get16(bytes + 8) << 16 | get16(bytes + 10));
		field("tcp.flags", "%04x", get16(bytes + 12));
		field("tcp.window", "%d", get16(bytes + 14));
		field_bytes("tcp.rest", bytes + 18, size - 18);
	} else {
		field_bytes("data", bytes, size);
	}
}

/* Whether the router made it: it comes from one of its addresses. */
static bool is_routers(const uint8_t *address, bool six)
{
	return six ? address[0] == 0xfe || address[15] == 0xfe : address[3] == ROUTER_HOST;
}

static void decode_ip4(const uint8_t *ip, size_t size)
{
	size_t header = (size_t)(ip[0] & 15) * 4, length = get16(ip + 2);
	bool fragment = get16(ip + 6) & 0x3fff;

	if (header < 20 || header > size) {
		field_bytes("ip", ip, size);
		return;
	}
	by_router = is_routers(ip + 12, false);
	field_address("ip.src", ip + 12, 4);
	field_address("ip.dst", ip + 16, 4);
	field("ip.version", "%02x", ip[0]);
	field("ip.tos", "%02x", ip[1]);
	field("ip.len", "%zu", length);
	field("ip.id", "%04x", get16(ip + 4));
	field("ip.off", "%04x", get16(ip + 6));
	field("ip.ttl", "%d", ip[8]);
	field("ip.proto", "%d", ip[9]);
	field_sum("ip.sum", ip, header, 10, 0);
	field_bytes("ip.options", ip + 20, header - 20);
	if (length != size)
		field("size", "%zu", size);
	if (fragment)
		field_bytes("data", ip + header, size - header);
	else
		decode_transport(ip + header, size - header, ip[9], ip + 12, false);
}

static void decode_ip6(const uint8_t *ip, size_t size)
{
	by_router = is_routers(ip + 8, true);
	field_address("ip.src", ip + 8, 16);
	field_address("ip.dst", ip + 24, 16);
	field("ip.class", "%04x", get16(ip) & 0xfff0);
	field("ip.flow", "%x%04x", ip[1] & 15, get16(ip + 2));
	field("ip.len", "%d", get16(ip + 4));
	field("ip.next", "%d", ip[6]);
	field("ip.hop", "%d", ip[7]);
	if (get16(ip + 4) + 40U != size)
		field("size", "%zu", size);
	decode_transport(ip + 40, size - 40, ip[6], ip + 8, true);
}

static void decode_ip(const uint8_t *ip, size_t size)
{
	if (size >= 20 && ip[0] >> 4 == 4)
		decode_ip4(ip, size);
	else if (size >= 40 && ip[0] >> 4 == 6)
		decode_ip6(ip, size);
	else
		field_bytes("data", ip, size);
}

static void decode_arp(const uint8_t *arp, size_t size)
{
	by_router = true;
	field_bytes("arp.head", arp, 6);
	field("arp.op", "%d", get16(arp + 6));
	field_hardware("arp.sender.lladdr", arp + 8);
	field_address("arp.sender", arp + 14, 4);
	field_hardware("arp.target.lladdr", arp + 18);
	field_address("arp.target", arp + 24, 4);
	field_bytes("arp.rest", arp + 28, size - 28);
}

static void decode_frame(const uint8_t *frame, size_t size)
{
	uint16_t type = get16(frame + 12);

	field_hardware("eth.dst", frame);
	field_hardware("eth.src", frame + 6);
	if (type == 0x0806 && size >= 42) {
		decode_arp(frame + 14, size - 14);
	} else {
		field("eth.type", "%04x", type);
		decode_ip(frame + 14, size - 14);
	}
}

static void decode_line(const char *name, const char *hex)
{
	static uint8_t bytes[MOST];
	const struct end *end = find_end(name);
	size_t size = put_hex(bytes, hex);

	fprintf(out, "  %s", name);
	if (end && end->ethernet && size >= 14)
		decode_frame(bytes, size);
	else
		decode_ip(bytes, size);
	fputc('\n', out);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Prints what was kept of a probe. */
static void print_lines(char **lines, size_t count, bool sorted)
{
	if (sorted)
		qsort(lines, count, sizeof(char *), compare);
	for (size_t i = 0; i < count; i++) {
		fputs(lines[i], stdout);
		free(lines[i]);
	}
}

int main(int count, char **words)
{
	static char line[3 * MOST], *lines[LINES];
	size_t kept = 0, size;
	bool sorted = false;

	masked = words + 1;
	masked_count = count - 1;
	while (fgets(line, sizeof(line), stdin)) {
		char *rest, *name;

		if (*line != ' ' || kept == LINES) {
			print_lines(lines, kept, sorted);
			kept = 0;
			sorted = strstr(line, "in any order");
			fputs(line, stdout);
			continue;
		}
		out = open_memstream(&lines[kept++], &size);
		if (!out)
			return 1;
		name = strtok_r(line, " ", &rest);
		decode_line(name, rest);
		fclose(out);
	}
	print_lines(lines, kept, sorted);
	return 0;
}
