/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange LAB: does what craft wrote, at the ends of a lab that is up: sends each probe's packets out of its
 * end, and prints what comes out of the router at any end until all of it must be there:
 *
 *     probe NAME
 *       END HEX
 *
 * After a probe, markers go the same ways: from its end to each end's host, and to the router and back. As
 * nothing overtakes on the way, what has not come before its marker does not come. For a probe with answers=N
 * that takes time, N packets come first, "in any order", for they follow from several timers.
 *
 * The program is also the hosts: those that are known answer when the router asks for them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/live/router/ports.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

enum { MOST = 66000, LINES = 400, MARKER_PORT = 4, MARKER_ID = 0x4d4b, PATIENCE = 60 };

static struct {
	int fd, index;
	uint8_t router[6]; /* the router's hardware address there */
	bool found;
	char *lines[LINES];
	int count;
} at[ENDS];

static bool came[ENDS][ENDS]; /* the marker from one end at another */
static const uint8_t mark[4] = { 'm', 'a', 'r', 'k' };
static uint32_t round_number;
static bool answered;
static char probe_name[200];
static int probe_end = UINT8_MAX, probe_answers, answers;

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "exchange: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The socket is in the end's own namespace, whose name is that of the lab and its own. */
static void open_end(int end, const char *lab)
{
	const char *device = strchr(ends[end].name, '/') + 1;
	int on = 1, room = 8 << 20, fd;
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(0x0003) };
	char path[200];

	snprintf(path, sizeof(path), "/run/netns/%s.%.*s", lab, (int)(device - 1 - ends[end].name),
		ends[end].name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	need(fd >= 0, path);
	need(!setns(fd, CLONE_NEWNET), "setns");
	close(fd);
	at[end].index = address.sll_ifindex = (int)if_nametoindex(device);
	need(at[end].index, ends[end].name);
	at[end].fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	need(at[end].fd >= 0, "socket");
	need(!setsockopt(at[end].fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)),
		"PACKET_IGNORE_OUTGOING");
	need(!setsockopt(at[end].fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)), "SO_RCVBUFFORCE");
	need(!bind(at[end].fd, (struct sockaddr *)&address, sizeof(address)), "bind");
}

/* Of a frame: a target of 0 is the router. Any device takes any bytes, but none that are longer than its MTU.
 */
static void transmit(int end, uint8_t *bytes, size_t size)
{
	static const uint8_t nobody[6];
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = at[end].index };

	to.sll_protocol = htons(size && bytes[0] >> 4 == 6 ? 0x86dd : 0x0800);
	if (ends[end].ethernet) {
		to.sll_protocol = htons(get16(bytes + 12));
		if (!memcmp(bytes, nobody, 6))
			memcpy(bytes, at[end].router, 6);
	}
	need(sendto(at[end].fd, bytes, size, 0, (struct sockaddr *)&to, sizeof(to)) >= 0, probe_name);
}

static size_t begin_frame(int end, uint8_t *out, uint8_t host, uint16_t type)
{
	if (!ends[end].ethernet)
		return 0;
	memcpy(out, at[end].router, 6);
	hardware_of(&ends[end], host, out + 6);
	put16(out + 12, type);
	return 14;
}

/* To another end's host by UDP, to the router by an echo request. */
static void send_marker(int from, int to)
{
	static const uint8_t head[20] = { 0x45, 0, 0, 36, 0, 0, 0, 0, 64, IPPROTO_UDP };
	uint8_t bytes[60] = { 0 }, *ip = bytes + begin_frame(from, bytes, 1, 0x0800);

	memcpy(ip, head, sizeof(head));
	address_of(&ends[from], 1, ip + 12);
	address_of(&ends[to], from == to ? ROUTER_HOST : 1, ip + 16);
	memcpy(ip + 28, mark, sizeof(mark));
	put16(ip + 32, round_number >> 16);
	put16(ip + 34, round_number);
	if (from == to) {
		ip[9] = IPPROTO_ICMP;
		ip[20] = 8;
		put16(ip + 24, MARKER_ID);
		put16(ip + 22, checksum(ip + 20, 16, 0));
	} else {
		put16(ip + 20, MARKER_PORT + 1);
		put16(ip + 22, MARKER_PORT);
		put16(ip + 24, 16);
		put16(ip + 26, checksum(ip + 20, 16, pseudo(ip + 12, 4, 16, IPPROTO_UDP)));
	}
	put16(ip + 10, checksum(ip, 20, 0));
	transmit(from, bytes, (size_t)(ip - bytes) + 36);
}

static bool is_marker(int end, const uint8_t *ip, size_t size)
{
	int from = end;

	if (size != 36 || ip[0] != 0x45 || memcmp(ip + 28, mark, sizeof(mark)) != 0)
		return false;
	if (ip[9] == IPPROTO_UDP) {
		for (from = 0; from < ENDS && (ends[from].net != ip[13] || ends[from].subnet != ip[14]);
			from++)
			;
	}
	if (from < ENDS && ((uint32_t)get16(ip + 32) << 16 | get16(ip + 34)) == round_number)
		came[from][end] = true;
	return true;
}

static void answer_arp(int end, const uint8_t *asked)
{
	uint8_t frame[42] = { 0 }, host = asked[41];

	memcpy(frame, asked, sizeof(frame));
	memcpy(frame, asked + 6, 6);
	hardware_of(&ends[end], host, frame + 6);
	frame[21] = 2;
	hardware_of(&ends[end], host, frame + 22);
	memcpy(frame + 28, asked + 38, 4);
	memcpy(frame + 32, asked + 22, 10);
	transmit(end, frame, sizeof(frame));
	answered = true;
}

/* A solicited advertisement that overrides, with the hardware address. */
static void answer_solicitation(int end, const uint8_t *asked)
{
	static const uint8_t head[] = { 0x60, 0, 0, 0, 0, 32, IPPROTO_ICMPV6, 255 };
	uint8_t frame[86] = { 0 }, *ip = frame + 14, *icmp = ip + 40, host = asked[14 + 40 + 23];

	memcpy(frame, asked + 6, 6);
	hardware_of(&ends[end], host, frame + 6);
	put16(frame + 12, 0x86dd);
	memcpy(ip, head, sizeof(head));
	memcpy(ip + 8, asked + 14 + 40 + 8, 16);
	memcpy(ip + 24, asked + 14 + 8, 16);
	icmp[0] = 136;
	icmp[4] = 0x60;
	memcpy(icmp + 8, ip + 8, 16);
	icmp[24] = 2;
	icmp[25] = 1;
	hardware_of(&ends[end], host, icmp + 26);
	put16(icmp + 2, checksum(icmp, 32, pseudo(ip + 8, 16, 32, IPPROTO_ICMPV6)));
	transmit(end, frame, sizeof(frame));
	answered = true;
}

/* What the router asks. To whom it knows it is to confirm that, and when is a matter of its timers. */
static bool hear_question(int end, const uint8_t *frame, size_t size)
{
	bool arp, solicitation;
	uint8_t host;

	if (!ends[end].ethernet)
		return false;
	arp = size >= 42 && get16(frame + 12) == 0x0806 && frame[21] == 1;
	solicitation = size >= 14 + 64 && get16(frame + 12) == 0x86dd && frame[20] == IPPROTO_ICMPV6 &&
		       frame[54] == 135;
	host = arp ? frame[41] : solicitation ? frame[77] : 0;
	if (is_known(host) && arp)
		answer_arp(end, frame);
	if (is_known(host) && solicitation)
		answer_solicitation(end, frame);
	return (arp || solicitation) && !(frame[0] & 1);
}

static void keep(int end, const uint8_t *bytes, size_t size)
{
	char *line = malloc(2 * size + 1);

	need(line && at[end].count < LINES, "too many packets");
	for (size_t i = 0; i < size; i++)
		sprintf(line + 2 * i, "%02x", bytes[i]);
	at[end].lines[at[end].count++] = line;
	answers++;
}

static void hear(int end)
{
	static uint8_t bytes[MOST];
	ssize_t got = recv(at[end].fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	size_t size = got < 0 ? 0 : (size_t)got, header = ends[end].ethernet ? 14 : 0;

	if (size <= header)
		return;
	if (header && bytes[12] == 8 && bytes[13] == 6 && bytes[21] == 2 && !at[end].found) {
		memcpy(at[end].router, bytes + 22, 6);
		at[end].found = true;
		return;
	}
	if (is_marker(end, bytes + header, size - header) || hear_question(end, bytes, size) ||
		(*probe_name == 0) || is_noise(bytes + header, size - header))
		return;
	keep(end, bytes, size);
}

/* Hears what comes until all has that is waited for. */
static void until(bool (*done)(void), const char *what)
{
	struct pollfd polls[ENDS];
	struct timespec now;
	time_t deadline;

	clock_gettime(CLOCK_MONOTONIC, &now);
	deadline = now.tv_sec + PATIENCE;
	for (int i = 0; i < ENDS; i++)
		polls[i] = (struct pollfd) { .fd = at[i].fd, .events = POLLIN };
	while (!done()) {
		poll(polls, ENDS, 1000);
		for (int i = 0; i < ENDS; i++) {
			if (polls[i].revents)
				hear(i);
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
		errno = ETIMEDOUT;
		need(now.tv_sec < deadline, what);
	}
}

static bool markers_came(void)
{
	for (int from = 0; from < ENDS; from++) {
		for (int to = 0; to < ENDS; to++) {
			if (!came[from][to])
				return false;
		}
	}
	return true;
}

static bool answers_came(void)
{
	return answers >= probe_answers;
}

static bool routers_found(void)
{
	for (int end = 0; end < ENDS; end++) {
		if (ends[end].ethernet && !at[end].found)
			return false;
	}
	return true;
}

/* Sends markers from one end, or, -1, from all, and waits for them. */
static void mark_all(int only)
{
	char what[300];

	round_number++;
	for (int from = 0; from < ENDS; from++) {
		for (int to = 0; to < ENDS; to++) {
			came[from][to] = only >= 0 && from != only;
			if (!came[from][to])
				send_marker(from, to);
		}
	}
	snprintf(what, sizeof(what), "%s: markers", probe_name);
	until(markers_came, what);
}

static void print_lines(int end)
{
	for (int i = 0; i < at[end].count; i++) {
		printf("  %s %s\n", ends[end].name, at[end].lines[i]);
		free(at[end].lines[i]);
	}
	at[end].count = 0;
}

static void finish_probe(void)
{
	if (!*probe_name)
		return;
	until(answers_came, probe_name);
	mark_all(probe_answers ? -1 : probe_end);
	while (answered) {
		answered = false;
		mark_all(-1);
	}
	printf("probe %s%s\n", probe_name, probe_answers ? " in any order" : "");
	for (int end = 0; end < ENDS; end++)
		print_lines(end);
}

/* Of "probe NAME END ANSWERS". */
static void begin_probe(char *line)
{
	const char *name, *end, *count;
	char *rest;

	finish_probe();
	strtok_r(line, " ", &rest);
	name = strtok_r(NULL, " ", &rest);
	end = strtok_r(NULL, " ", &rest);
	count = strtok_r(NULL, " ", &rest);
	need(name && end && count && find_end(end), "a probe that craft did not write");
	snprintf(probe_name, sizeof(probe_name), "%s", name);
	probe_end = (int)(find_end(end) - ends);
	probe_answers = (int)strtol(count, NULL, 10);
	answers = 0;
	answered = false;
}

static void send_hex(const char *text)
{
	static uint8_t bytes[MOST];

	transmit(probe_end, bytes, put_hex(bytes, text));
}

/* Asks for the router's hardware addresses. */
static void find_routers(void)
{
	static const uint8_t head[] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	for (int end = 0; end < ENDS; end++) {
		uint8_t frame[42] = { 0 };

		if (!ends[end].ethernet)
			continue;
		memset(at[end].router, 0xff, 6);
		begin_frame(end, frame, 1, 0x0806);
		memcpy(frame + 14, head, sizeof(head));
		hardware_of(&ends[end], 1, frame + 22);
		address_of(&ends[end], 1, frame + 28);
		address_of(&ends[end], ROUTER_HOST, frame + 38);
		transmit(end, frame, sizeof(frame));
	}
	until(routers_found, "the router's hardware addresses");
	mark_all(-1);
}

int main(int count, char **words)
{
	static char line[3 * MOST];

	if (count != 2) {
		fputs("usage: exchange LAB\n", stderr);
		return 2;
	}
	for (int end = 0; end < ENDS; end++)
		open_end(end, words[1]);
	find_routers();
	while (fgets(line, sizeof(line), stdin)) {
		if (!strncmp(line, "probe ", 6))
			begin_probe(line);
		else
			send_hex(line + 5);
	}
	finish_probe();
	return 0;
}
