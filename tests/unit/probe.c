/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What probes are made of: the pattern, addresses of sockets, error queues (of sockets on lo), tallies,
 * bounds. */
#include "run/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/bound.h"
#include "run/tally.h"
#include "tests/unit/tap.h"

enum { LONG = 300000 };

static void test_pattern(void)
{
	unsigned char *whole = malloc(LONG), *pieces = malloc(LONG);
	size_t at = 0;

	if (!whole || !pieces)
		abort();
	pattern_fill(whole, LONG, 7, 1);
	for (size_t size = 1; at < LONG; size = size * 3 % 70001) {
		size_t piece = size < LONG - at ? size : LONG - at;

		pattern_fill(pieces + at, piece, 7 + at, 1);
		at += piece;
	}
	tap_ok(!memcmp(whole, pieces, LONG), "a stream is the same in whatever pieces it is made");
	tap_ok(pattern_check(whole, LONG, 7, 1) == LONG, "and agrees with itself");
	tap_ok(pattern_check(whole, 0, 7, 1) == 0, "as far as it goes");
	tap_ok(pattern_check(whole, LONG, 8, 1) < 16, "but not a byte further on");
	tap_ok(pattern_check(whole, LONG, 7, 2) < 16, "nor with another stream");
	for (size_t i = 0; i < LONG; i = i * 2 + 13) {
		whole[i] ^= 0x10;
		if (pattern_check(whole, LONG, 7, 1) != i)
			break;
		whole[i] ^= 0x10;
	}
	tap_ok(!memcmp(whole, pieces, LONG), "the first byte that differs is found wherever it is");
	pattern_fill(whole, 64, (uint64_t)1 << 40, 1);
	tap_ok(pattern_check(whole, 64, (uint64_t)1 << 40, 1) == 64, "offsets may be large");
	free(whole);
	free(pieces);
}

static void test_endpoint(struct arena *arena)
{
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1" };
	union endpoint endpoint = { .v6 = { .sin6_family = AF_INET6 } };
	struct address address;
	uint16_t port;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		socklen_t length;

		address_read(arena, texts[i], false, &address);
		length = endpoint_make(&endpoint, &address, 8080);
		address = endpoint_address(&endpoint, &port);
		tap_ok(port == 8080 && length == (i ? sizeof endpoint.v6 : sizeof endpoint.v4) &&
				!strcmp(address_print(arena, &address), texts[i]),
			"%s survives the way into a socket address and back", texts[i]);
	}
	inet_pton(AF_INET6, "::ffff:192.0.2.7", &endpoint.v6.sin6_addr);
	address = endpoint_address(&endpoint, NULL);
	tap_ok(!strcmp(address_print(arena, &address), "192.0.2.7"), "a mapped address is given as IPv4");
}

/* Sends to a port of lo at which nobody listens. */
static int refused_socket(int family, union endpoint *to)
{
	struct address address = { .family = (uint8_t)family, .bytes = { 127, 0, 0, 1 } };
	int nobody = socket(family, SOCK_DGRAM, 0), fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	socklen_t length = sizeof *to;

	if (family == AF_INET6)
		memcpy(address.bytes, &in6addr_loopback, sizeof address.bytes);
	endpoint_make(to, &address, 0);
	if (nobody < 0 || fd < 0 ||
		bind(nobody, &to->any, family == AF_INET6 ? sizeof to->v6 : sizeof to->v4) ||
		getsockname(nobody, &to->any, &length) ||
		probe_option(fd, family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
			family == AF_INET6 ? IPV6_RECVERR : IP_RECVERR, 1)) {
		close(nobody);
		close(fd);
		return -1;
	}
	close(nobody);
	if (sendto(fd, "hello", 5, 0, &to->any, length) != 5)
		tap_ok(false, "a datagram can be sent over lo");
	return fd;
}

static void test_errors(struct arena *arena, int family)
{
	struct attempt attempt = { .arena = arena };
	struct queued_error error = { 0 };
	struct outcome outcome;
	union endpoint to = { .storage = { 0 } };
	int fd = refused_socket(family, &to);
	const char *own = family == AF_INET6 ? "::1" : "127.0.0.1";
	struct pollfd poller = { .fd = fd };
	uint16_t port, quoted_port;

	if (fd < 0) {
		tap_skip("%s is not there", own);
		return;
	}
	tap_ok(poll(&poller, 1, 5000) == 1 && probe_pending(fd) == ECONNREFUSED && !probe_pending(fd),
		"%s: the socket's error is there, once", own);
	tap_ok(probe_error(fd, &error), "%s: and one is queued", own);
	tap_ok(error.icmp && error.family == family && error.number == ECONNREFUSED &&
			!strcmp(icmp_error_name(family, error.type, error.code), "port-unreachable"),
		"%s: it is port-unreachable", own);
	tap_ok(!strcmp(address_print(arena, &error.from), own), "%s: it has its sender", own);
	endpoint_address(&to, &port);
	endpoint_address(&error.to, &quoted_port);
	tap_ok(port == quoted_port && error.size == 5 && !memcmp(error.bytes, "hello", 5),
		"%s: it tells which packet it is about", own);
	tap_ok(!probe_error(fd, &error), "%s: the queue is empty then", own);
	outcome_from_error(&attempt, &outcome, &error);
	tap_ok(outcome.icmp && !outcome.word && outcome.number == ECONNREFUSED &&
			!strncmp(outcome.text, "port-unreachable from ", 22),
		"%s: \"%s\"", own, outcome.text);
	close(fd);
}

static void test_mtu(struct arena *arena)
{
	struct attempt attempt = { .arena = arena };
	struct queued_error error = { .icmp = true,
		.family = AF_INET,
		.type = 3,
		.code = 4,
		.info = 1400,
		.from = { .family = AF_INET, .length = 32, .bytes = { 192, 0, 2, 1 } } };
	struct outcome outcome;

	outcome_from_error(&attempt, &outcome, &error);
	tap_ok(!strcmp(outcome.text, "frag-needed from 192.0.2.1, MTU 1400"), "\"%s\"", outcome.text);
	error.type = 12;
	error.code = 9;
	error.family = AF_INET6;
	outcome_from_error(&attempt, &outcome, &error);
	tap_ok(!strcmp(outcome.text, "ICMPv6 type 12 code 9 from 192.0.2.1"), "\"%s\"", outcome.text);
}

static void test_tally(struct arena *arena)
{
	struct outcome reply = { .word = "reply", .text = "reply after 1ms" }, later = reply, none;
	struct tally tally = { 0 };
	struct outcome all;

	later.text = "reply after 2ms";
	none = (struct outcome) { .word = "no-reply", .text = "no reply" };
	tally_add(arena, &tally, &reply);
	all = tally_outcome(arena, &tally);
	tap_ok(all.word && !strcmp(all.text, reply.text), "one try speaks for itself");
	tally_add(arena, &tally, &later);
	all = tally_outcome(arena, &tally);
	tap_ok(all.word && !strcmp(all.text, "each of 2: reply after 1ms"), "two alike are one outcome");
	tally_add(arena, &tally, &none);
	all = tally_outcome(arena, &tally);
	tap_ok(!all.word && !strcmp(all.text, "2 of 3: reply after 1ms; 1 of 3: no reply"),
		"different ones are none");
}

static const struct {
	const char *text;
	double least, most;
	bool holds;
} losses[] = {
	{ "0%", 0, 0, true },
	{ "0%", 1, 1, false },
	{ "<= 5%", 5, 5, true },
	{ "<=5%", 5.1, 5.1, false },
	{ "< 5%", 5, 5, false },
	{ "> 5%", 5, 5, false },
	{ "> 5%", 6, 6, true },
	{ ">= 12.5%", 12.5, 12.5, true },
	{ "= 50%", 50, 50, true },
}, durations[] = {
	{ ">= 20ms", 20e6, 90e6, true },
	{ ">= 20ms", 19e6, 90e6, false },
	{ "<= 20ms", 19e6, 20e6, true },
	{ "<= 20ms", 19e6, 21e6, false },
	{ "< 1s", 1, 999e6, true },
	{ "> 1us", 1e3, 1e6, false },
};

static void test_bounds(struct arena *arena)
{
	static const char *const wrong[] = { "", "<= ", "5", "-1%", "101%", "=< 5%", "5 %", "<= 5%x",
		"~ 5%" };
	const struct reading reading = { .arena = arena };
	const struct field field = { .key = "loss" };
	struct value value;

	for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
		tap_ok(!type_loss_bound.read(&reading, &field, losses[i].text, &value) &&
				loss_within(arena, losses[i].text, losses[i].least, losses[i].most) ==
					losses[i].holds,
			"a loss of %g%% is%s %s", losses[i].least, losses[i].holds ? "" : " not",
			losses[i].text);
	for (size_t i = 0; i < sizeof durations / sizeof *durations; i++)
		tap_ok(!type_duration_bound.read(&reading, &field, durations[i].text, &value) &&
				duration_within(arena, durations[i].text, durations[i].least,
					durations[i].most) == durations[i].holds,
			"%g to %g ns are%s %s", durations[i].least, durations[i].most,
			durations[i].holds ? "" : " not", durations[i].text);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		tap_ok(type_loss_bound.read(&reading, &field, wrong[i], &value) != NULL &&
				type_duration_bound.read(&reading, &field, wrong[i], &value) != NULL,
			"\"%s\" is no bound", wrong[i]);
}

int main(void)
{
	struct arena *arena = arena_open();

	test_pattern();
	test_endpoint(arena);
	test_errors(arena, AF_INET);
	test_errors(arena, AF_INET6);
	test_mtu(arena);
	test_tally(arena);
	test_bounds(arena);
	arena_close(arena);
	return tap_done();
}
