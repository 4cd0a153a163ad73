/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * craft: the packets of a table of probes, from standard input to standard output, a line each, for exchange.
 * A line of the table:
 *
 *     NAME END [answers=N] PACKET [; PACKET ...]
 *
 * A packet is "4 SOURCE TARGET", "6 SOURCE TARGET" or "arp OPERATION SENDER TARGET", and words; what they say
 * wrong is made so, all else is right:
 *
 *     echo=SIZE, udp=PORT,SIZE, tcp=PORT,FLAGS,SIZE, icmp=TYPE,CODE,SIZE, proto=N,SIZE: what it carries
 *     ttl, tos, flow, id, off (in 8 bytes), mf, df: fields of IP
 *     opt=HEX: options of IPv4. hbh, dst, route=HEX: extension headers of IPv6, from the second byte on
 *     cut=OFFSET,LENGTH: the fragment with these bytes
 *     sum, upsum: wrong checksums, of IPv4 and of what it carries; nosum: UDP without one
 *     ver, ihl, len: what the header says. trail=N: bytes behind the packet. short=N: so many bytes are sent
 *     body=HEX: what the packet's payload ends with, in place of its first bytes behind the header
 *     to, from: a frame's hardware addresses
 *
 * answers=N: the probe takes until so many packets came. "A..B" in a line stands for all numbers from A to B.
 */
#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/live/router/carried.h"

struct word {
	const char *name;
	size_t offset;
	bool text;
};

#define NUMBER(name, field)                                                                                  \
	{                                                                                                    \
		name, offsetof(struct probe, field), false                                                   \
	}
#define TEXT(name, field)                                                                                    \
	{                                                                                                    \
		name, offsetof(struct probe, field), true                                                    \
	}
static const struct word words[] = {
	NUMBER("ttl", ttl),
	NUMBER("tos", tos),
	NUMBER("flow", flow),
	NUMBER("id", id),
	NUMBER("off", off),
	NUMBER("mf", mf),
	NUMBER("df", df),
	NUMBER("sum", sum),
	NUMBER("upsum", upsum),
	NUMBER("nosum", nosum),
	NUMBER("ver", ver),
	NUMBER("ihl", ihl),
	NUMBER("len", len),
	NUMBER("trail", trail),
	NUMBER("short", shortened),
	TEXT("opt", opt),
	TEXT("hbh", hbh),
	TEXT("dst", dst),
	TEXT("route", route),
	TEXT("body", body),
	TEXT("to", to),
	TEXT("from", from),
};

static void fail(const char *what, const char *value)
{
	fprintf(stderr, "craft: %s: %s\n", what, value);
	exit(1);
}

static void put_hardware(uint8_t *at, const char *text)
{
	for (int i = 0; i < 6; i++)
		at[i] = (uint8_t)strtoul(text + 3L * i, NULL, 16);
}

static void read_values(const char *text, long *values)
{
	for (int i = 0; i < 3; i++) {
		char *end;

		values[i] = strtol(text, &end, 0);
		text = *end ? end + 1 : end;
	}
}

static bool read_carried(
	struct probe *probe, const char *word, const char *value, const struct carried **out, long *values)
{
	for (size_t i = 0; i < sizeof(carried) / sizeof(*carried); i++) {
		if (strcmp(word, carried[i].name) == 0) {
			*out = &carried[i];
			read_values(value, values);
			return true;
		}
	}
	if (strcmp(word, "cut") != 0)
		return false;
	read_values(value, values);
	probe->cut = (int)values[0];
	probe->cut_length = (int)values[1];
	return true;
}

static void read_field(struct probe *probe, const char *name, const char *value)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		char *field = (char *)probe + words[i].offset;

		if (strcmp(name, words[i].name) != 0)
			continue;
		if (words[i].text)
			*(const char **)(void *)field = value;
		else
			*(int *)(void *)field = *value ? (int)strtol(value, NULL, 0) : 1;
		return;
	}
	fail("no such word", name);
}

static void read_words(struct probe *probe, char **rest)
{
	const struct carried *what = NULL;
	long values[3] = { 0 }, unused[3] = { 0 };
	char *word;

	while ((word = strtok_r(NULL, " \t\n", rest))) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = 0;
		else
			value = word + strlen(word);
		if (!read_carried(probe, word, value, &what, strcmp(word, "cut") ? values : unused))
			read_field(probe, word, value);
	}
	if (what)
		sum_up(probe, what->carry(probe, values));
}

static int said(int value, int otherwise)
{
	return value == UNSAID ? otherwise : value;
}

/* What it carries, or the part of it that is cut. */
static void put_payload(struct probe *probe)
{
	size_t offset = probe->cut == UNSAID ? 0 : (size_t)probe->cut;
	size_t length = probe->cut == UNSAID ? probe->size : (size_t)probe->cut_length;

	memcpy(probe->out + probe->length, probe->upper + offset, length);
	probe->length += length;
}

static bool more_follow(const struct probe *probe)
{
	bool cut = probe->cut != UNSAID && (size_t)probe->cut + (size_t)probe->cut_length < probe->size;

	return said(probe->mf, cut);
}

static uint32_t offset_of(const struct probe *probe)
{
	return (uint32_t)said(probe->off, probe->cut == UNSAID ? 0 : probe->cut / 8);
}

static void make_ip4(struct probe *probe)
{
	uint8_t *header = probe->out;
	size_t size = 20 + (probe->opt ? put_hex(header + 20, probe->opt) : 0);

	probe->length = size;
	put_payload(probe);
	header[0] = (uint8_t)(said(probe->ver, 4) << 4 | said(probe->ihl, (int)size / 4));
	header[1] = (uint8_t)said(probe->tos, 0);
	put16(header + 2, (uint32_t)said(probe->len, (int)probe->length));
	put16(header + 4, (uint32_t)said(probe->id, 0x4242));
	put16(header + 6,
		(probe->df != UNSAID ? 0x4000U : 0) | (more_follow(probe) ? 0x2000U : 0) | offset_of(probe));
	header[8] = (uint8_t)said(probe->ttl, 64);
	header[9] = probe->protocol;
	memcpy(header + 12, probe->addresses, 8);
	put16(header + 10, checksum(header, size, 0) ^ (probe->sum != UNSAID));
}

/* An extension header behind what there is; NEXT is where the number of what follows stands. */
static void put_extension(struct probe *probe, const char *text, uint8_t number, uint8_t **next)
{
	uint8_t *at = probe->out + probe->length;

	if (!text)
		return;
	**next = number;
	*next = at;
	probe->length += 1 + put_hex(at + 1, text);
}

static void make_ip6(struct probe *probe)
{
	uint8_t *header = probe->out, *next = header + 6;
	char fragment[24];

	probe->length = 40;
	put_extension(probe, probe->hbh, IPPROTO_HOPOPTS, &next);
	put_extension(probe, probe->dst, IPPROTO_DSTOPTS, &next);
	put_extension(probe, probe->route, IPPROTO_ROUTING, &next);
	snprintf(fragment, sizeof(fragment), "00%04x%08x", offset_of(probe) << 3 | more_follow(probe),
		(unsigned)said(probe->id, 0x4242));
	put_extension(probe, offset_of(probe) || more_follow(probe) || probe->cut != UNSAID ? fragment : NULL,
		IPPROTO_FRAGMENT, &next);
	*next = probe->protocol;
	put_payload(probe);
	put16(header, (uint32_t)(said(probe->ver, 6) << 12 | said(probe->tos, 0) << 4));
	put16(header + 2, (uint32_t)said(probe->flow, 0));
	put16(header + 4, (uint32_t)said(probe->len, (int)probe->length - 40));
	header[7] = (uint8_t)said(probe->ttl, 64);
	memcpy(header + 8, probe->addresses, 32);
}

/* The frame's header; an unsaid target of 0 is the router, which exchange knows. */
static void print_frame(const struct probe *probe, const struct end *end, uint16_t type)
{
	uint8_t frame[14] = { 0 };
	const uint8_t *target = probe->addresses + probe->address;

	if (!end->ethernet)
		return;
	if (type == 0x86dd && target[0] == 0xff) {
		put16(frame, 0x3333);
		memcpy(frame + 2, target + 12, 4);
	}
	if (probe->to)
		put_hardware(frame, probe->to);
	hardware_of(end, 1, frame + 6);
	if (probe->from)
		put_hardware(frame + 6, probe->from);
	put16(frame + 12, type);
	for (size_t i = 0; i < sizeof(frame); i++)
		printf("%02x", frame[i]);
}

static void make_arp(struct probe *probe, const struct end *end, int operation)
{
	static const uint8_t ethernet[] = { 0, 1, 8, 0, 6, 4 };
	uint8_t *arp = probe->out;

	memcpy(arp, ethernet, sizeof(ethernet));
	put16(arp + 6, (uint32_t)operation);
	hardware_of(end, 1, arp + 8);
	if (probe->from)
		put_hardware(arp + 8, probe->from);
	memcpy(arp + 14, probe->addresses, 4);
	memcpy(arp + 24, probe->addresses + 4, 4);
	probe->length = 28;
}

static void read_addresses(struct probe *probe, char **rest)
{
	for (size_t i = 0; i < 2; i++) {
		const char *text = strtok_r(NULL, " \t\n", rest);

		if (!text || inet_pton(probe->ip6 ? AF_INET6 : AF_INET, text,
				     probe->addresses + i * probe->address) != 1)
			fail("no address", text ? text : "nothing");
	}
}

static void craft(const struct end *end, char *text)
{
	static struct probe probe;
	char *rest, *kind = strtok_r(text, " \t\n", &rest);
	uint16_t type = 0x0800;
	int operation = 0;

	memset(&probe, 0, sizeof(probe));
	memset(&probe, 0xff, offsetof(struct probe, opt));
	probe.ip6 = *kind == '6';
	probe.address = probe.ip6 ? 16 : 4;
	if (!strcmp(kind, "arp"))
		operation = (int)strtol(strtok_r(NULL, " ", &rest), NULL, 10);
	read_addresses(&probe, &rest);
	read_words(&probe, &rest);
	if (operation) {
		type = 0x0806;
		make_arp(&probe, end, operation);
	} else if (probe.ip6) {
		type = 0x86dd;
		make_ip6(&probe);
	} else {
		make_ip4(&probe);
	}
	probe.length += (size_t)said(probe.trail, 0);
	printf("send ");
	print_frame(&probe, end, type);
	for (size_t i = 0; i < (size_t)said(probe.shortened, (int)probe.length); i++)
		printf("%02x", probe.out[i]);
	putchar('\n');
}

static void craft_line(char *line, const char *suffix)
{
	char *rest, *name = strtok_r(line, " \t", &rest), *end_name = strtok_r(NULL, " \t", &rest), *packet;
	const struct end *end = end_name ? find_end(end_name) : NULL;
	long answers = 0;

	if (!end) {
		fail("no such end", end_name ? end_name : name);
		return;
	}
	rest += strspn(rest, " \t");
	if (!strncmp(rest, "answers=", 8))
		answers = strtol(rest + 8, &rest, 10);
	printf("probe %s%s %s %ld\n", name, suffix, end->name, answers);
	while ((packet = strtok_r(NULL, ";", &rest)))
		craft(end, packet);
}

/* A line for each number that "A..B" stands for. */
static void expand(const char *line)
{
	const char *dots = strstr(line, ".."), *first = dots;
	char copy[2000], suffix[24], *after;
	long from, to;

	if (!dots) {
		snprintf(copy, sizeof(copy), "%s", line);
		craft_line(copy, "");
		return;
	}
	while (first > line && strchr("0123456789", first[-1]))
		first--;
	from = strtol(first, NULL, 10);
	for (to = strtol(dots + 2, &after, 10); from <= to; from++) {
		snprintf(copy, sizeof(copy), "%.*s%ld%s", (int)(first - line), line, from, after);
		snprintf(suffix, sizeof(suffix), "-%ld", from);
		craft_line(copy, suffix);
	}
}

int main(void)
{
	char line[2000];

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "#\n")] = 0;
		if (line[strspn(line, " \t")])
			expand(line);
	}
	return 0;
}
