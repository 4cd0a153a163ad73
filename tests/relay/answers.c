/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An end that answers while it takes a packet, as a kernel answers a ping: the answer goes back in the same
 * look, where that end did so before.
 *
 *     a raw socket -- tun0 == two ports == tun0 -- the kernel answers
 */
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include "tests/relay/device.h"
#include "tests/relay/rig.h"
#include "tests/unit/tap.h"

enum { PINGS = 20 };

static void add(struct rig *rig, uint32_t index, const char *address, const char *address6)
{
	int fd;

	device_open("tun0", IFF_NO_PI, address, address6, 1, &fd);
	rig_send(rig->control,
		&(struct relay_message) {
			.type = RELAY_PORT, .index = index, .frame = RELAY_IP, .mtu = 1500 },
		fd);
	close(fd);
}

static void ping(int raw, unsigned number)
{
	const struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr("10.0.0.2") };
	struct icmphdr echo = { .type = ICMP_ECHO, .un.echo.sequence = htons((uint16_t)number) };

	echo.checksum = htons((uint16_t) ~((ICMP_ECHO << 8) + number));
	device_need(
		sendto(raw, &echo, sizeof(echo), 0, (const struct sockaddr *)&to, sizeof(to)) == sizeof(echo),
		"sendto");
}

/* Whether the answer is there. */
static bool is_answered(int raw, unsigned number)
{
	struct {
		struct iphdr ip;
		struct icmphdr icmp;
	} packet;

	while (recv(raw, &packet, sizeof(packet), MSG_DONTWAIT) > 0) {
		if (packet.icmp.type == ICMP_ECHOREPLY && ntohs(packet.icmp.un.echo.sequence) == number)
			return true;
	}
	return false;
}

int main(void)
{
	struct rig rig = rig_open();
	unsigned answered = 0, at_once = 0;
	int near = device_space(), raw;

	if (near < 0) {
		tap_skip("no namespace, or no TUN device: %s", strerror(errno));
		return tap_done();
	}
	raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	device_need(raw >= 0, "a raw socket");
	add(&rig, 0, "10.0.0.1", "2001:db8::1");
	device_need(device_space() >= 0, "a namespace");
	add(&rig, 1, "10.0.0.2", "2001:db8::2");
	rig_wire(&rig, 0, 1);
	rig_settle(&rig);
	for (unsigned i = 1; i <= PINGS; i++) {
		bool soon;

		ping(raw, i);
		relay_step(rig.relay, 0);
		soon = is_answered(raw, i);
		at_once += soon;
		rig_settle(&rig);
		answered += soon || is_answered(raw, i);
	}
	tap_ok(answered == PINGS, "all are answered");
	tap_ok(at_once >= PINGS / 2, "%u of %d in one look", at_once, PINGS);
	close(raw);
	close(near);
	rig_close(&rig);
	return tap_done();
}
