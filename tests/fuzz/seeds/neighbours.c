/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seeds of the target "router": what neighbours say, by ARP and by neighbour discovery. */
#include "tests/fuzz/seeds/arrival.h"

static struct sample arp(unsigned port, uint8_t operation, uint8_t sender, uint8_t target)
{
	struct sample sample = { .bytes = { 0, 1, 8, 0, 6, 4, 0, operation, 2, 0, 0, 0, 1, (uint8_t)port, 10,
					 0, (uint8_t)port, sender, 2, 0, 0, 0, 0, (uint8_t)port, 10, 0,
					 (uint8_t)port, target },
		.length = 28 };

	return sample;
}

static void come_arp(unsigned port, unsigned when, struct sample sample, bool everybody)
{
	uint8_t frame[14];

	make_frame(frame, port, ETHERTYPE_ARP, everybody);
	put_arrival(port, when, frame, &sample);
}

static void plant_arp(void)
{
	struct sample waiting = datagram(HOST4, "10.0.2.77", 16);

	begin("arp", FUZZ_UNKNOWN, 0);
	come_arp(TAP, AT_ONCE, arp(TAP, 1, 77, 254), true);
	come_arp(TAP, AT_ONCE, arp(TAP, 1, 0, 254), true);
	come_arp(TAP, AT_ONCE, arp(TAP, 1, 254, 254), true);
	come_arp(TAP, AT_ONCE, with_byte(arp(TAP, 1, 77, 254), 5, 16), true);
	come_arp(OTHER_TAP, AT_ONCE, arp(OTHER_TAP, 2, 77, 254), false);
	end();
	begin("arp-answer", FUZZ_UNKNOWN, 0);
	come(TUN, AT_ONCE, &waiting);
	come_arp(TAP, TENTH, arp(TAP, 2, 77, 254), false);
	come(TUN, SECONDS_40, &waiting);
	come_arp(TAP, SECONDS_10, arp(TAP, 2, 77, 254), false);
	come(TUN, MINUTES_2, &waiting);
	end();
}

/* A message of neighbour discovery, with the option of the sender's, or the target's, hardware address. */
static struct sample discovery(
	const char *source, const char *target, uint8_t type, const char *about, uint8_t option)
{
	size_t size = type == 133 ? 8 : type == 134 ? 16 : 24;
	struct sample sample = with_hops(ip6(source, target, ICMP6, size + (option ? 8 : 0)), 255);
	uint8_t *message = sample.bytes + 40;
	const uint8_t address[8] = { option, 1, 2, 0, 0, 0, 1, TAP };

	message[0] = type;
	if (about)
		inet_pton(AF_INET6, about, message + 8);
	if (type == 136)
		message[4] = 0x60;
	if (option)
		memcpy(message + size, address, sizeof(address));
	return sample;
}

static void plant_discovery(void)
{
	struct sample ask = discovery("2001:db8:2::77", "ff02::1:ff00:fe", 135, "2001:db8:2::fe", 1),
		      probe = discovery("::", "ff02::1:ff00:fe", 135, "2001:db8:2::fe", 0),
		      answer = discovery("2001:db8:2::77", "2001:db8:2::fe", 136, "2001:db8:2::77", 2),
		      solicit = discovery("fe80::77", "ff02::2", 133, NULL, 1),
		      nobody = discovery("::", "ff02::2", 133, NULL, 0),
		      advert = discovery("fe80::77", "ff02::1", 134, NULL, 1),
		      redirect = discovery("fe80::77", "2001:db8:2::fe", 137, "2001:db8:2::78", 2),
		      waiting = datagram(HOST6, "2001:db8:2::77", 16), hops = with_hops(ask, 64);

	begin("solicitation", FUZZ_UNKNOWN, 0);
	come(TAP, AT_ONCE, &ask);
	come(TAP, AT_ONCE, &probe);
	come(TAP, AT_ONCE, &hops);
	come(TAP, AT_ONCE, &redirect);
	come(TUN, AT_ONCE, &waiting);
	end();
	begin("advertisement", FUZZ_UNKNOWN, 0);
	come(TUN, AT_ONCE, &waiting);
	come(TAP, TENTH, &answer);
	come(TUN, SECONDS_40, &waiting);
	come(TAP, SECONDS_10, &answer);
	come(TUN, MINUTES_2, &waiting);
	end();
	begin("router-solicitation", FUZZ_ADVERTISING, 0);
	come(TAP, AT_ONCE, &solicit);
	come(TAP, TENTH, &nobody);
	come(TAP, SECONDS_10, &advert);
	come(TAP, SECONDS_3, &solicit);
	come(TUN, SECOND, &solicit);
	end();
}

void plant_neighbours(void)
{
	plant_arp();
	plant_discovery();
}
