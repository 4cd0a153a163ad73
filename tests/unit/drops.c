/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drops, as far as they are the harness's own: how much is watched, what a descriptor says, what the kernel
 * says of a program that it does not take. What the kernel drops is looked at in tests/drops.
 */
#include "kernel/drops.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if.h>

#include "kernel/bpf.h"
#include "kernel/capability.h"
#include "kernel/drop_program.h"
#include "kernel/netns.h"
#include "tests/unit/tap.h"

static void expect(struct error *error, const char *what)
{
	tap_is(error ? error->text : NULL, NULL, "%s", what);
	error_free(error);
}

static bool readable(const struct drop_watch *watch)
{
	struct pollfd descriptor = { .fd = drops_descriptor(watch), .events = POLLIN };

	return poll(&descriptor, 1, 0) == 1;
}

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (ioctl(fd, SIOCSIFFLAGS, &request))
		abort();
	close(fd);
}

/* A packet of SIZE bytes to a port of this host that nobody listens on. */
static void send_packet(size_t size)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	static const char bytes[1000];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sendto(fd, bytes, size, 0, (struct sockaddr *)&to, sizeof to);
	close(fd);
}

struct seen {
	size_t count, size, length;
	uint64_t cookie;
};

static void see(void *context, const struct drop *drop)
{
	struct seen *seen = context;

	if (!drop->name || strcmp(drop->name, "NO_SOCKET") != 0)
		return;
	seen->count++;
	seen->size = drop->size;
	seen->length = drop->length;
	seen->cookie = drop->cookie;
}

static void sizes(struct drop_watch *watch, uint64_t cookie)
{
	static const size_t payloads[] = { 0, 1, 99, 100, 101, 1000 };

	for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
		struct seen seen = { 0 };
		size_t length = 28 + payloads[i];

		send_packet(payloads[i]);
		drops_read(watch, see, &seen);
		tap_ok(seen.count == 1 && seen.length == length &&
				seen.size == (length < DROP_BYTES ? length : DROP_BYTES) &&
				seen.cookie == cookie,
			"of a packet of %zu bytes %zu are kept", length, seen.size);
	}
}

static void watched(struct drop_watch *watch)
{
	struct seen seen = { 0 };
	uint64_t cookie = 0, other = 0;
	struct error *error;
	int namespace = -1;

	expect(netns_new(&namespace), "a namespace is made");
	loopback_up();
	expect(netns_cookie(namespace, &cookie), "and has a number");
	tap_ok(cookie != 0, "which is not 0");
	send_packet(0);
	drops_read(watch, see, &seen);
	tap_ok(seen.count == 0, "what is dropped there is not told of");
	tap_ok(!readable(watch), "there is nothing to read");

	expect(drops_add(watch, cookie), "until it is watched");
	tap_ok(!capability_has(CAP_BPF) && !capability_has(CAP_PERFMON),
		"which needs no capability any more");
	send_packet(0);
	tap_ok(readable(watch), "then there is something to read");
	drops_read(watch, see, &seen);
	tap_ok(seen.count == 1, "one drop (%zu)", seen.count);
	tap_ok(!readable(watch), "and nothing is left");
	drops_read(watch, see, &seen);
	tap_ok(seen.count == 1, "nor read again");
	tap_ok(drops_lost(watch) == 0, "nothing is lost");
	sizes(watch, cookie);

	expect(drops_add(watch, cookie), "a namespace may be added twice");
	close(namespace);
	expect(netns_new(&namespace), "another namespace");
	expect(netns_cookie(namespace, &other), "has a number");
	tap_ok(other != cookie, "of its own");
	expect(drops_add(watch, other), "and is the second");
	close(namespace);
	error = drops_add(watch, 1);
	tap_ok(error && error->number == E2BIG, "a third is too many");
	error_free(error);
}

/* Nothing is read before it is written, and nothing behind the end: what every verifier objects to. */
static void refused(void)
{
	struct bpf_program program = { .count = 0 };
	struct error *error;
	int fd = -1;

	bpf_emit(&program, (struct bpf_insn) { .code = BPF_JMP | BPF_EXIT });
	error = bpf_load(&program, "unset", &fd);
	tap_ok(error && error->status == STATUS_UNABLE && error->message && strstr(error->message, "R0"),
		"what is wrong with a program is said: %s", error ? error->text : "nothing");
	error_free(error);
	for (size_t i = 0; i < BPF_INSTRUCTIONS; i++)
		bpf_emit(&program, (struct bpf_insn) { .code = BPF_JMP | BPF_EXIT });
	error = bpf_load(&program, "long", &fd);
	tap_is(error ? error->text : NULL,
		"the BPF program long has 257 instructions: Argument list too long",
		"one that is too long is not cut");
	error_free(error);
	error = bpf_attach(-1, "kfree_skb", &fd);
	tap_ok(error && error->number == EBADF, "no program: %s", error ? error->text : "nothing");
	error_free(error);
}

int main(void)
{
	static const int needed[] = { CAP_BPF, CAP_PERFMON };
	struct drop_watch *watch = NULL;
	struct error *error = drops_open(2, &watch);

	if (error) {
		/* What the machine lacks, but not what the program got wrong. */
		if (strstr(error->text, " are needed, ") || strstr(error->text, "this kernel "))
			tap_skip("%s", error->text);
		else
			tap_ok(false, "%s", error->text);
		error_free(error);
		return tap_done();
	}
	watched(watch);
	drops_close(watch);
	capability_effect(needed, 2, true);
	refused();
	expect(drops_open(1, &watch), "it is opened again");
	drops_close(watch);
	drops_close(NULL);
	return tap_done();
}
