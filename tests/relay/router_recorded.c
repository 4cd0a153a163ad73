/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ICMP errors and resets that Linux sends, and where it sends none: the router's are the same, byte by byte.
 */
#include "tests/relay/router_recorded.h"
#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"
#include "tests/relay/world.h"
#include "tests/unit/tap.h"

enum { FLOW_LABEL = 0xfffff };

static struct world world;
static struct router_port *left, *right;

/* The router that the recorded answers are from. */
static void begin(void)
{
	world_open_pair(&world, &left, &right);
	world.router->ratelimit = 0;
	left->link_local = world_ip("fe80::fe", NULL);
	world_route(&world, ROUTE_UNICAST, "10.2.0.0/16", "10.0.1.2", right);
	world_route(&world, ROUTE_UNREACHABLE, "10.4.0.0/16", NULL, NULL);
	world_route(&world, ROUTE_PROHIBIT, "10.5.0.0/16", NULL, NULL);
	world_route(&world, ROUTE_BLACKHOLE, "10.6.0.0/16", NULL, NULL);
	world_route(&world, ROUTE_UNICAST, "2001:db8:2::/48", "2001:db8:1::2", right);
	world_route(&world, ROUTE_UNREACHABLE, "2001:db8:4::/48", NULL, NULL);
	world_route(&world, ROUTE_PROHIBIT, "2001:db8:5::/48", NULL, NULL);
	world_route(&world, ROUTE_BLACKHOLE, "2001:db8:6::/48", NULL, NULL);
}

static uint8_t digit_of(char text)
{
	return (uint8_t)(text >= 'a' ? text - 'a' + 10 : text - '0');
}

static size_t bytes_of(const char *text, uint8_t *bytes)
{
	size_t size = strlen(text) / 2;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(digit_of(text[2 * i]) << 4 | digit_of(text[2 * i + 1]));
	return size;
}

/* Linux gives what it sends over IPv6 a flow label of its choice (RFC 6437), and this router none. */
static bool is_answer(const struct recorded *record, const struct world_sent *sent, uint8_t *wanted)
{
	size_t size = bytes_of(record->answer, wanted);

	if (wanted[0] >> 4 == 6)
		store32(wanted, load32(wanted) & ~(uint32_t)FLOW_LABEL);
	return !sent->lost && sent->port == (record->by ? right : left) && sent->length == size &&
	       !memcmp(sent->bytes, wanted, size);
}

static void as_linux(const struct recorded *record)
{
	uint8_t probe[2000], wanted[2000] = { 0 };
	size_t size = bytes_of(record->probe, probe);

	world_forget(&world);
	if (record->answer && record->answer[0] == '4') {
		bytes_of(record->answer, wanted);
		world.router->identification = (uint16_t)(load16(wanted + IP4_ID) - 1);
	}
	world_give(&world, record->from ? right : left, probe, size);
	if (!record->answer)
		tap_ok(world.sent_count == 0, "%s: nothing", record->name);
	else
		tap_ok(world.sent_count == 1 && is_answer(record, &world.sent[0], wanted),
			"%s: as Linux (%u sent)", record->name, (unsigned)world.sent_count);
}

int main(void)
{
	begin();
	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++)
		as_linux(&recorded[i]);
	world_close(&world);
	return tap_done();
}
