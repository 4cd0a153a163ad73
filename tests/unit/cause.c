/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Causes of made-up evidence: what is judged, and that nothing is guessed where evidence is missing. */
#include "explain/cause.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "forwarder/protocol.h"
#include "lab/lab.h"
#include "tests/unit/tap.h"

/* What the oracle says. */
struct world {
	const char *setting; /* which is 1; all others are 0 */
	struct decision there, back;
	bool owns;		    /* every address is the namespace's own */
	const char *dead, *bridged; /* a device without a carrier; a port of br0; all others are neither */
	uint16_t known;		    /* of every neighbour: NUD_... */
};

static const char *setting(void *context, struct arena *arena, const struct netns *in, const char *name)
{
	const struct world *world = context;

	(void)arena;
	(void)in;
	return world->setting && !strcmp(name, world->setting) ? "1" : "0";
}

static bool decide(void *context, struct arena *arena, const struct netns *in,
	const struct question *question, bool reverse, struct decision *out)
{
	const struct world *world = context;

	(void)arena;
	(void)in;
	(void)question;
	*out = reverse ? world->back : world->there;
	return true;
}

static bool owns(void *context, struct arena *arena, const struct netns *in, const struct address *address,
	const char **device)
{
	const struct world *world = context;

	(void)arena;
	(void)in;
	(void)address;
	if (world->owns && device)
		*device = "tun0";
	return world->owns;
}

static bool link_state(void *context, struct arena *arena, const struct netns *in, const char *device,
	struct link_state *out)
{
	const struct world *world = context;

	(void)arena;
	(void)in;
	*out = (struct link_state) { .up = true, .carrier = true, .mtu = 1500 };
	if (world->dead && !strcmp(device, world->dead))
		out->carrier = false;
	if (world->bridged && !strcmp(device, world->bridged))
		out->master = "br0";
	return true;
}

static uint16_t neighbour(void *context, const struct netns *in, const char *device, const char *hop)
{
	const struct world *world = context;

	(void)in;
	(void)device;
	(void)hop;
	return world->known;
}

static struct content ruled;
static struct netns right = { .name = "right", .content = &ruled };
static struct netns left = { .name = "left", .content = &(struct content) { 0 } };
static const struct verb ping = { .name = "ping", .probe = true }, tcp = { .name = "tcp", .probe = true },
			 exec = { .name = "exec" };

static struct flow flow_between(const char *from, const char *to, uint8_t protocol)
{
	struct flow flow = { .family = AF_INET, .protocol = protocol, .ttl = 64, .length = 84 };

	flow.from = (struct address) { .family = AF_INET, .length = 32 };
	flow.to = flow.from;
	memcpy(flow.from.bytes, from, 4);
	memcpy(flow.to.bytes, to, 4);
	return flow;
}

/* A probe of left's: a request that came into right by tun0, and the answer that it sent, if any. */
struct situation {
	struct world world;
	const struct verb *verb;
	uint8_t protocol, answer_flags; /* 0: no answer */
	const char *counter;		/* of right's, that moved */
	const char *ruleset;		/* of right's */
	const char *reason, *place;	/* of a drop in right */
	const char *failed; /* the errno's name with which left's call failed, so that nothing was sent */
	bool sees_drops, elsewhere; /* the frame was for another hardware address */
};

static void judge(struct arena *arena, const struct situation *situation, struct cause *out)
{
	const struct ruleset ruleset = { .text = situation->ruleset };
	struct world world = situation->world;
	const struct oracle oracle = { setting, decide, owns, link_state, neighbour, &world };
	const struct step step = { .number = 1, .verb = situation->verb, .in = &left };
	const struct verdict verdict = { .kind = situation->failed ? situation->failed : "no-reply",
		.seen = "" };
	struct count count = { situation->counter, 1 };
	struct moved moved = { "right", { &count, 1 } };
	struct sighting sightings[] = {
		{ .time = 1, .in = &right, .device = "tun0", .direction = RELAY_IN, .role = ROLE_REQUEST },
		{ .time = 2, .in = &right, .device = "tun0", .direction = RELAY_OUT, .role = ROLE_ANSWER },
	};
	struct dropped drop = { .in = &right,
		.device = "tun0",
		.reason = situation->reason,
		.place = situation->place,
		.role = ROLE_REQUEST };
	const struct evidence evidence = { .arena = arena,
		.step = &step,
		.verdict = &verdict,
		.sightings = sightings,
		.sighting_count = situation->failed	    ? 0
				  : situation->answer_flags ? 2
							    : 1,
		.drops = &drop,
		.drop_count = situation->reason != NULL,
		.sees_drops = situation->sees_drops,
		.moved = &moved,
		.moved_count = situation->counter != NULL,
		.oracle = &oracle };

	sightings[0].elsewhere = situation->elsewhere;
	sightings[0].flow = flow_between("\12\0\0\1", "\12\0\0\2", situation->protocol);
	sightings[1].flow = flow_between("\12\0\0\2", "\12\0\0\1", situation->protocol);
	sightings[1].flow.flags = situation->answer_flags;
	drop.flow = sightings[0].flow;
	ruled.ruleset = situation->ruleset ? &ruleset : NULL;
	right.uses_nft = situation->ruleset;
	cause_find(&evidence, out);
	ruled.ruleset = NULL;
}

/* A way that ends here, and two that do not. */
#define LOCAL                                                                                                \
	{                                                                                                    \
		.type = "local", .device = "lo", .rule = -1                                                  \
	}
#define REFUSED                                                                                              \
	{                                                                                                    \
		.number = EINVAL, .type = "local", .rule = -1, .source_refused = true                        \
	}
#define BLACKHOLE                                                                                            \
	{                                                                                                    \
		.number = EINVAL, .type = "blackhole", .route = "blackhole 10.0.0.0/24", .rule = -1          \
	}
#define NOT_FORWARDED                                                                                        \
	{                                                                                                    \
		.number = EHOSTUNREACH, .behind = EINVAL, .type = "blackhole",                               \
		.route = "blackhole 10.0.0.0/24", .rule = -1                                                 \
	}
#define BRIDGED                                                                                              \
	{                                                                                                    \
		.number = EHOSTUNREACH, .nothing = true, .rule = -1, .bridge = "br0"                         \
	}
#define BROADCAST                                                                                            \
	{                                                                                                    \
		.type = "broadcast", .device = "lo", .rule = -1                                              \
	}
#define OWN_ROUTE                                                                                            \
	{                                                                                                    \
		.type = "local", .device = "lo", .route = "local 10.0.0.1 dev lo", .rule = -1                \
	}
#define BACK                                                                                                 \
	{                                                                                                    \
		.type = "unicast", .device = "tun1", .rule = -1                                              \
	}
#define EARLY_DROP "chain c { type filter hook prerouting priority 0; ip saddr { 10.0.0.1 } drop; }\n"
#define LATE_DROP  "chain c { type nat hook prerouting priority 0; }\nchain d { drop; }\n"
#define DROP	   "chain c { type filter hook input priority 0; drop; }\n"

static const struct {
	struct situation situation;
	const char *what;
	enum mechanism mechanism;
	bool observed;
} rows[] = {
	{ { .world = { "net.ipv4.conf.all.rp_filter", REFUSED, BACK, .owns = false },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP,
		  .counter = "TcpExtIPReversePathFilter" },
		"the source check is on, and its counter moved", CAUSE_SOURCE_CHECK, true },
	{ { .world = { "net.ipv4.conf.all.rp_filter", REFUSED, BACK, .owns = false },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP,
		  .reason = "IP_RPFILTER",
		  .sees_drops = true },
		"or the kernel says so", CAUSE_SOURCE_CHECK, true },
	{ { .world = { "net.ipv4.conf.all.rp_filter", REFUSED, BACK, .owns = false },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP },
		"without either it is not told from others", CAUSE_UNKNOWN, false },
	{ { .world = { NULL, REFUSED, BACK, .owns = true }, .verb = &ping, .protocol = IPPROTO_ICMP },
		"a source that is its own", CAUSE_OWN_SOURCE, false },
	{ { .world = { NULL, REFUSED, OWN_ROUTE, .owns = false }, .verb = &ping, .protocol = IPPROTO_ICMP },
		"a source that is its own by a local route", CAUSE_OWN_SOURCE, false },
	{ { .world = { NULL, REFUSED, BACK, .owns = false }, .verb = &ping, .protocol = IPPROTO_ICMP },
		"a source that is not", CAUSE_UNKNOWN, false },
	{ { .world = { NULL, BLACKHOLE, BACK, .owns = false }, .verb = &ping, .protocol = IPPROTO_ICMP },
		"a blackhole", CAUSE_BLACKHOLE, false },
	{ { .world = { NULL, NOT_FORWARDED, BACK, .owns = true }, .verb = &ping, .protocol = IPPROTO_ICMP },
		"a blackhole for its own address, where nothing is forwarded", CAUSE_BLACKHOLE, false },
	{ { .world = { NULL, NOT_FORWARDED, BACK, .owns = false }, .verb = &ping, .protocol = IPPROTO_ICMP },
		"but for another's it is first of all not forwarded", CAUSE_NOT_FORWARDED, false },
	{ { .world = { "net.ipv4.icmp_echo_ignore_broadcasts", BROADCAST, BACK, .owns = false },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP },
		"echo requests to all are ignored", CAUSE_IGNORED, false },
	{ { .world = { "net.ipv4.icmp_echo_ignore_broadcasts", LOCAL, BACK, .owns = false },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP },
		"but not those to the host itself", CAUSE_UNKNOWN, false },
	{ { .world = { NULL, LOCAL, BACK, .owns = true },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP,
		  .ruleset = DROP,
		  .reason = "NETFILTER_DROP",
		  .sees_drops = true },
		"the firewall, as the kernel says", CAUSE_FIREWALL, true },
	{ { .world = { NULL, LOCAL, BACK, .owns = true },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP,
		  .counter = "IpInReceives",
		  .ruleset = DROP },
		"or as follows where it says nothing", CAUSE_FIREWALL, false },
	{ { .world = { NULL, LOCAL, BACK, .owns = true },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP,
		  .ruleset = DROP },
		"but not of what IP did not get", CAUSE_UNKNOWN, false },
	{ { .world = { NULL, BLACKHOLE, BACK, .owns = false },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP,
		  .ruleset = EARLY_DROP },
		"a blackhole, or a ruleset before it", CAUSE_UNKNOWN, false },
	{ { .world = { NULL, BLACKHOLE, BACK, .owns = false },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP,
		  .ruleset = EARLY_DROP,
		  .reason = "NOT_SPECIFIED",
		  .sees_drops = true },
		"a blackhole, as the kernel says", CAUSE_BLACKHOLE, false },
	{ { .world = { NULL, BLACKHOLE, BACK, .owns = false },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP,
		  .ruleset = LATE_DROP },
		"a blackhole, and a ruleset behind it", CAUSE_BLACKHOLE, false },
	{ { .world = { NULL, NOT_FORWARDED, BACK, .owns = false },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP,
		  .counter = "IpInReceives",
		  .ruleset = EARLY_DROP },
		"it was not decided that it is not forwarded: the ruleset", CAUSE_FIREWALL, false },
	{ { .world = { NULL, LOCAL, BACK, .owns = true },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP,
		  .ruleset = DROP,
		  .sees_drops = true },
		"but not where it would have said so", CAUSE_UNKNOWN, false },
	{ { .world = { NULL, LOCAL, BACK, .owns = true },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP,
		  .ruleset = "meta mark set 1\n" DROP },
		"nor where the ruleset sets marks, too", CAUSE_UNKNOWN, false },
	{ { .world = { NULL, BRIDGED, BACK, .owns = false }, .verb = &ping, .protocol = IPPROTO_ICMP },
		"a frame that a bridge did not send on: no route was looked up", CAUSE_UNKNOWN, false },
	{ { .world = { "net.ipv4.icmp_echo_ignore_all", LOCAL, BACK, .owns = true },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP,
		  .counter = "IcmpInEchos" },
		"echo requests are ignored", CAUSE_IGNORED, false },
	{ { .world = { NULL, LOCAL, BACK, .owns = true },
		  .verb = &tcp,
		  .protocol = IPPROTO_TCP,
		  .answer_flags = TH_RST | TH_ACK,
		  .counter = "TcpOutRsts" },
		"a reset that TCP counts", CAUSE_CLOSED, true },
	{ { .world = { NULL, LOCAL, BACK, .owns = true },
		  .verb = &tcp,
		  .protocol = IPPROTO_TCP,
		  .answer_flags = TH_RST | TH_ACK,
		  .ruleset = "reject with tcp reset\n" },
		"one that it does not, and a ruleset", CAUSE_FIREWALL, true },
	{ { .world = { NULL, LOCAL, BACK, .owns = true },
		  .verb = &tcp,
		  .protocol = IPPROTO_TCP,
		  .answer_flags = TH_RST | TH_ACK },
		"one that it does not, and none", CAUSE_UNKNOWN, false },
	{ { .world = { NULL, LOCAL, BACK, .owns = true },
		  .verb = &tcp,
		  .protocol = IPPROTO_TCP,
		  .counter = "TcpOutRsts" },
		"a reset that TCP counts, and that was not seen", CAUSE_CLOSED, true },
	{ { .world = { "net.ipv4.icmp_echo_ignore_all", LOCAL, BACK, .owns = true },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP,
		  .elsewhere = true },
		"a frame for another is not for who would ignore it", CAUSE_NEIGHBOUR, true },
	{ { .world = { NULL, NOT_FORWARDED, BACK, false, .bridged = "tun0" },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP },
		"what comes in by a bridge's port is not looked up", CAUSE_UNKNOWN, false },
	{ { .world = { NULL, NOT_FORWARDED, BACK, false, .bridged = "tun0" },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP,
		  .reason = "NOT_SPECIFIED",
		  .place = "br_handle_frame_finish",
		  .sees_drops = true },
		"what a bridge has no port for", CAUSE_BRIDGE, true },
	{ { .world = { NULL, BROADCAST, BACK, .owns = false },
		  .verb = &tcp,
		  .protocol = IPPROTO_TCP,
		  .failed = "ENETUNREACH" },
		"a connection to an address of many hosts", CAUSE_BROADCAST, true },
	{ { .world = { NULL, LOCAL, BACK, .owns = false },
		  .verb = &tcp,
		  .protocol = IPPROTO_TCP,
		  .failed = "ENETUNREACH" },
		"and to one of one, refused by nobody knows what", CAUSE_UNKNOWN, false },
	{ { .world = { NULL, BACK, BACK, false, .dead = "tun1" }, .verb = &ping, .protocol = IPPROTO_ICMP },
		"the device that it is to leave by has no carrier", CAUSE_DEVICE_DOWN, true },
	{ { .world = { NULL, BACK, BACK, false, .known = NUD_FAILED },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP },
		"its neighbour was asked for in vain", CAUSE_NEIGHBOUR, false },
	{ { .world = { NULL, BACK, BACK, false, .known = NUD_REACHABLE },
		  .verb = &ping,
		  .protocol = IPPROTO_ICMP },
		"its neighbour is known", CAUSE_UNKNOWN, false },
	{ { .world = { NULL, LOCAL, BACK, .owns = true },
		  .verb = &exec,
		  .protocol = IPPROTO_ICMP,
		  .ruleset = DROP },
		"a step that is no probe has no packets", CAUSE_UNKNOWN, false },
};

static const struct netns *where(const struct situation *situation)
{
	return situation->failed ? &left : &right;
}

int main(void)
{
	struct arena *arena = arena_open();

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct cause cause;

		judge(arena, &rows[i].situation, &cause);
		tap_is(mechanism_name(cause.mechanism), mechanism_name(rows[i].mechanism), "%s",
			rows[i].what);
		if (cause.mechanism != CAUSE_UNKNOWN)
			tap_ok(cause.observed == rows[i].observed && cause.in == where(&rows[i].situation),
				"%s: in %s, %s", rows[i].what, where(&rows[i].situation)->name,
				cause.observed ? "observed" : "inferred");
	}
	arena_close(arena);
	return tap_done();
}
