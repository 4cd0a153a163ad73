/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is built, in which order, and what is asked of rtnetlink for it. */
#include "plan/plan.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/socket.h>

#include "tests/unit/reading.h"
#include "tests/unit/tap.h"

/* Each operation on a line. */
static const char *printed(struct arena *arena, const struct plan *plan)
{
	const char *text = "";

	for (size_t i = 0; i < plan->count; i++)
		text = arena_printf(arena, "%s%s: %s\n", text, phase_name(plan->at[i].phase),
			operation_print(arena, &plan->at[i]));
	return text;
}

static const char every_phase[] =
	"{ \"namespaces\": {"
	"    \"right\": {"
	"      \"rules\": [\"iif tun1 lookup 13\"],"
	"      \"routes\": [\"10.1.0.0/16 via 10.0.0.1\", \"10.2.0.0/16 dev tun1 table 13\"],"
	"      \"addresses\": [\"10.0.0.2/24 dev tun1\"],"
	"      \"sysctls\": { \"net.ipv4.conf.tun1.rp_filter\": 0, \"net.ipv4.ip_forward\": 1 },"
	"      \"links\": { \"tun1\": { \"mtu\": 1400 } } },"
	"    \"left\": {"
	"      \"addresses\": [\"10.0.0.1/24 dev tun0\"],"
	"      \"sysctls\": { \"net.ipv4.ip_default_ttl\": 9, \"net.ipv6.conf.all.forwarding\": 1 } } },"
	"  \"wires\": [[\"left/tun0\", \"right/tun1\"]] }";

static void phase_by_phase(void)
{
	struct lab *lab = lab_of(every_phase);

	tap_is(printed(lab->arena, plan_lab(lab->arena, lab)),
		"namespaces: ip netns add right\n"
		"namespaces: ip netns add left\n"
		"links: ip -n right tuntap add dev tun1 mode tun\n"
		"links: ip -n right link set dev tun1 mtu 1400\n"
		"links: ip -n left tuntap add dev tun0 mode tun\n"
		"links: # right/tun1 gets the baseline's settings\n"
		"links: # left/tun0 gets the baseline's settings\n"
		"relay: # tunlab-relay gets right/tun1, MTU 1400\n"
		"relay: # tunlab-relay gets left/tun0, MTU 1500\n"
		"relay: # tunlab-relay carries packets between left/tun0 and right/tun1\n"
		"sysctls: ip netns exec right sysctl -qw 'net.ipv4.ip_forward=1'\n"
		"sysctls: ip netns exec left sysctl -qw 'net.ipv6.conf.all.forwarding=1'\n"
		"sysctls: ip netns exec right sysctl -qw 'net.ipv4.conf.tun1.rp_filter=0'\n"
		"sysctls: ip netns exec left sysctl -qw 'net.ipv4.ip_default_ttl=9'\n"
		"up: ip -n right link set dev lo up\n"
		"up: ip -n right link set dev tun1 up\n"
		"up: ip -n left link set dev lo up\n"
		"up: ip -n left link set dev tun0 up\n"
		"addresses: ip -n right address add 10.0.0.2/24 dev tun1\n"
		"addresses: ip -n left address add 10.0.0.1/24 dev tun0\n"
		"routes: ip -n right route add 10.1.0.0/16 via 10.0.0.1\n"
		"routes: ip -n right route add 10.2.0.0/16 dev tun1 table 13\n"
		"rules: ip -n right rule add iif tun1 lookup 13\n",
		"phase by phase over all namespaces, forwarding first, rules last");
	lab_close(lab);
}

static void a_change(void)
{
	struct lab *lab = lab_of(
		"{ \"namespaces\": { \"left\": { \"links\": { \"eth0\": { \"kind\": \"tap\", \"mtu\": 1400 } "
		"} }, \"right\": {} },"
		"  \"wires\": [[\"left/tun0\", \"right/tun0\"]],"
		"  \"steps\": ["
		"    { \"in\": \"left\", \"change\": {"
		"        \"rules\": [\"del pref 5\"], \"addresses\": [\"10.0.0.1/24 dev tun0\"],"
		"        \"links\": { \"tun0\": { \"mtu\": 1300 }, \"eth0\": { \"up\": false }, \"tun9\": { "
		"\"kind\": \"tun\" } } } },"
		"    { \"change\": { \"wires\": [{ \"kind\": \"veth\", \"ends\": [\"left/v0\", \"right/v0\"] "
		"}],"
		"        \"namespaces\": { \"right\": { \"addresses\": [\"10.1.0.1/24 dev v0\"] } } } } ] }");
	const char *text = printed(lab->arena, plan_lab(lab->arena, lab));

	tap_ok(!strstr(text, "tun9") && !strstr(text, "v0"), "what a change makes is not there before");
	tap_is(printed(lab->arena, plan_change(lab->arena, lab, lab->steps[0].change)),
		"links: ip -n left tuntap add dev tun9 mode tun\n"
		"links: # left/tun9 gets the baseline's settings\n"
		"links: ip -n left link set dev tun0 mtu 1300\n"
		"relay: # tunlab-relay gets left/tun0, MTU 1300\n"
		"up: ip -n left link set dev tun9 up\n"
		"up: ip -n left link set dev eth0 down\n"
		"addresses: ip -n left address add 10.0.0.1/24 dev tun0\n"
		"rules: ip -n left rule del priority 5\n",
		"a change has what it says, in the order of building, and keeps the rest");
	text = printed(lab->arena, plan_change(lab->arena, lab, lab->steps[1].change));
	tap_ok(strstr(text, "ip -n right address add 10.1.0.1/24 dev v0\n") != NULL,
		"a change of several: its entries");
	tap_ok(strstr(text, "ip -n left link add name v0 ") && strstr(text, " peer name v0 netns right "),
		"and its wires");
	lab_close(lab);
}

static const struct request *request_of(
	const struct lab *lab, const struct plan *plan, enum phase phase, size_t number)
{
	(void)lab;
	for (size_t i = 0; i < plan->count; i++)
		if (plan->at[i].kind == OPERATION_REQUEST && plan->at[i].phase == phase && !number--)
			return plan->at[i].request;
	abort();
}

static const char *hexadecimal(struct arena *arena, const void *bytes, size_t size)
{
	const char *text = "";

	for (size_t i = 0; i < size; i++)
		text = arena_printf(arena, "%s%02x", text, ((const unsigned char *)bytes)[i]);
	return text;
}

static const char *attributes_print(struct arena *arena, const struct attributes *attributes);

static const char *attribute_print(struct arena *arena, const struct attribute *attribute)
{
	const char *text = "";

	switch (attribute->kind) {
	case ATTRIBUTE_BYTES: return hexadecimal(arena, attribute->bytes, attribute->size);
	case ATTRIBUTE_BITS: return hexadecimal(arena, &attribute->bits.sent, sizeof attribute->bits.sent);
	case ATTRIBUTE_DEVICE: return arena_printf(arena, "index(%s)", attribute->name);
	case ATTRIBUTE_NAMESPACE: return arena_printf(arena, "fd(%s)", attribute->name);
	case ATTRIBUTE_NEST: return arena_printf(arena, "{%s }", attributes_print(arena, &attribute->nest));
	case ATTRIBUTE_BODY:
	case ATTRIBUTE_BODIES: break;
	}
	for (size_t i = 0; i < attribute->count; i++)
		text = arena_printf(arena, "%s[ %s%s%s%s ]", text,
			hexadecimal(arena, attribute->bodies[i].header, attribute->bodies[i].size),
			attribute->bodies[i].device ? " index " : "",
			attribute->bodies[i].device ? attribute->bodies[i].device : "",
			attributes_print(arena, &attribute->bodies[i].attributes));
	return text;
}

static const char *attributes_print(struct arena *arena, const struct attributes *attributes)
{
	const char *text = "";

	for (size_t i = 0; i < attributes->count; i++)
		text = arena_printf(arena, "%s %u=%s", text, attributes->at[i].type,
			attribute_print(arena, &attributes->at[i]));
	return text;
}

/* The header in hexadecimal, the device whose index goes into it, and the attributes by their numbers. */
static const char *request_print(struct arena *arena, const struct request *request)
{
	const char *device = request->body.device ? arena_printf(arena, " index %s at %zu",
							    request->body.device, request->body.device_at)
						  : "";

	return arena_printf(arena, "%u %x %s%s%s", request->type, request->flags,
		hexadecimal(arena, request->body.header, request->body.size), device,
		attributes_print(arena, &request->body.attributes));
}

/*
 * Entries and their messages: those that ip 6.1 sends for the same line, but for the order of attributes, and
 * that a table and an address's flags are always said, and of IPv6 one address where there is no other end.
 */
static const struct {
	const char *key, *line, *message;
} entries[] = {
	/* family, length, flags, scope, index; 1 IFA_ADDRESS, 2 IFA_LOCAL, 4 IFA_BROADCAST, 8 IFA_FLAGS */
	{ "addresses", "10.0.0.1/24 dev lo",
		"20 600 0218000000000000 index lo at 4 2=0a000001 1=0a000001 8=00000000" },
	{ "addresses", "127.0.0.2/8 dev lo",
		"20 600 0208"
		"00fe00000000 index lo at 4 2=7f000002 1=7f000002 8=00000000" },
	{ "addresses", "10.0.0.1 peer 10.0.0.2/24 dev lo",
		"20 600 0218000000000000 index lo at 4 2=0a000001 1=0a000002 8=00000000" },
	{ "addresses", "10.0.0.1/24 brd + dev lo",
		"20 600 0218000000000000 index lo at 4 2=0a000001 1=0a000001 4=0a0000ff 8=00000000" },
	{ "addresses", "10.0.0.9/30 brd - dev lo",
		"20 600 021e000000000000 index lo at 4 2=0a000009 1=0a000009 4=0a000008 8=00000000" },
	{ "addresses", "10.0.0.1/24 brd 10.0.0.7 dev lo",
		"20 600 0218000000000000 index lo at 4 2=0a000001 1=0a000001 4=0a000007 8=00000000" },
	{ "addresses", "::5/64 dev lo nodad noprefixroute",
		"20 600 0a40000000000000 index lo at 4 1=00000000000000000000000000000005 8=02020000" },
	{ "addresses", "del 10.0.0.1/24 dev lo",
		"21 0 0218000000000000 index lo at 4 2=0a000001 1=0a000001" },
	{ "addresses", "replace 10.0.0.1/24 dev lo label lo:x metric 7",
		"20 500 0218000000000000 index lo at 4 2=0a000001 1=0a000001 8=00000000 3=6c6f3a7800 "
		"9=07000000" },

	{ "addresses", "del 10.0.0.1 dev lo", "21 0 0220000000000000 index lo at 4 2=0a000001" },
	{ "addresses", "del 10.0.0.1/32 dev lo",
		"21 0 0220000000000000 index lo at 4 2=0a000001 1=0a000001" },
	{ "addresses", "10.0.0.1/31 brd + dev lo nodad",
		"20 600 021f000000000000 index lo at 4 2=0a000001 1=0a000001 8=00000000" },
	{ "addresses", "10.0.0.1 dev lo valid_lft 9 preferred_lft 0",
		"20 600 0220000000000000 index lo at 4 2=0a000001 1=0a000001 "
		"6=00000000090000000000000000000000 8=00000000" },
	{ "addresses", "::5 peer ::6/64 dev lo",
		"20 600 0a40000000000000 index lo at 4 2=00000000000000000000000000000005 "
		"1=00000000000000000000000000000006 8=00000000" },

	/* family, ifindex, state, flags, type; 1 NDA_DST, 2 NDA_LLADDR, 12 NDA_PROTOCOL, 15 NDA_FLAGS_EXT */
	{ "neighbours", "10.0.0.2 dev lo lladdr 02:00:00:00:00:02",
		"28 600 020000000000000080000000 index lo at 4 2=020000000002 1=0a000002" },
	{ "neighbours", "10.0.0.2 dev lo lladdr 192.0.2.1 STALE",
		"28 600 020000000000000004000000 index lo at 4 2=c0000201 1=0a000002" },
	{ "neighbours", "replace 10.0.0.2 dev lo managed protocol static",
		"28 500 020000000000000000000000 index lo at 4 15=01000000 1=0a000002 12=04" },
	{ "neighbours", "change proxy ::2 dev lo",
		"28 100 0a0000000000000080000800 index lo at 4 1=00000000000000000000000000000002" },
	{ "neighbours", "del 10.0.0.2 dev lo", "29 0 020000000000000080000000 index lo at 4 1=0a000002" },
	{ "neighbours", "add 10.0.0.2 dev lo router use extern_learn nud none",
		"28 600 020000000000000000009100 index lo at 4 1=0a000002" },

	/* family, scope, protocol, flags; 1 ID, 2 GROUP, 3 GROUP_TYPE, 4 BLACKHOLE, 5 OIF, 6 GATEWAY, 11 FDB,
	   12 RES_GROUP */
	{ "nexthops", "id 1 via 10.0.0.2 dev lo onlink proto static",
		"104 600 0200040004000000 1=01000000 6=0a000002 5=index(lo)" },
	{ "nexthops", "via inet6 ::2 fdb",
		"104 600 0a00000000000000 6=00000000000000000000000000000002 11=" },
	{ "nexthops", "id 3 dev lo encap mpls 100/200 ttl 9",
		"104 600 0200000000000000 8={ 2=09 1=00064000000c8100 } 7=0100 1=03000000 5=index(lo)" },
	{ "nexthops", "id 2 blackhole", "104 600 0200000000000000 1=02000000 4=" },
	{ "nexthops", "replace id 9 group 1,256/2 type mpath",
		"104 500 0000000000000000 2=01000000ff0000000200000000000000 3=0000 1=09000000" },
	{ "nexthops", "-6 id 9 group 1", "104 600 0a00000000000000 2=0100000000000000 1=09000000" },
	{ "nexthops", "id 9 group 1 type resilient buckets 8 idle_timer 5 unbalanced_timer 6",
		"104 600 0000000000000000 2=0100000000000000 3=0100 12={ 2=f4010000 3=58020000 1=0800 } "
		"1=09000000" },
	{ "nexthops", "del id 9", "105 0 0000000000000000 1=09000000" },

	/* family, dst_len, src_len, tos, table, protocol, scope, type, flags; 1 DST, 4 OIF, 5 GATEWAY, 6
	 * PRIORITY, 7 PREFSRC, 8 METRICS, 9 MULTIPATH, 15 TABLE, 20 PREF */
	{ "routes", "default via 10.0.0.2",
		"24 600 02000000fe030001"
		"00000000 15=fe000000 5=0a000002" },
	{ "routes", "10.0.0.0/8 dev lo",
		"24 600 02080000fe03fd01"
		"00000000 1=0a000000 15=fe000000 4=index(lo)" },
	{ "routes", "local 10.0.0.1 dev lo",
		"24 600 02200000ff03fe0200000000 1=0a000001 15=ff000000 4=index(lo)" },
	{ "routes", "blackhole 10.0.0.0/8",
		"24 600 02080000fe030006"
		"00000000 1=0a000000 15=fe000000" },
	{ "routes", "10.0.0.0/8 dev lo table 1000",
		"24 600 020800000003fd0100000000 1=0a000000 4=index(lo) 15=e8030000" },
	{ "routes", "del 10.0.0.0/8", "25 0 02080000fe00ff0000000000 1=0a000000 15=fe000000" },
	{ "routes", "del local 10.0.0.1 table local",
		"25 0 02200000ff00fe0200000000 1=0a000001 15=ff000000" },
	{ "routes", "replace 10.0.0.0/8 via 10.0.0.2 metric 5 src 10.0.0.1 onlink dev lo tos 10 proto static",
		"24 500 02080010fe040001"
		"04000000 1=0a000000 15=fe000000 5=0a000002 6=05000000 7=0a000001 4=index(lo)" },
	{ "routes", "append 10.0.0.0/8 via 10.0.0.2",
		"24 c00 02080000fe030001"
		"00000000 1=0a000000 15=fe000000 5=0a000002" },
	{ "routes", "change 10.0.0.0/8 via 10.0.0.2",
		"24 100 02080000fe030001"
		"00000000 1=0a000000 15=fe000000 5=0a000002" },
	{ "routes", "prepend 10.0.0.0/8 via 10.0.0.2",
		"24 400 02080000fe030001"
		"00000000 1=0a000000 15=fe000000 5=0a000002" },
	{ "routes", "10.0.0.0/8 dev lo mtu 1400 advmss 1000",
		"24 600 02080000fe03fd0100000000 1=0a000000 15=fe000000 4=index(lo) 8={ 2=78050000 "
		"8=e8030000 }" },
	{ "routes", "10.0.0.0/8 nexthop via 10.0.0.2 dev lo weight 2 nexthop dev lo onlink",
		"24 600 02080000fe030001"
		"00000000 1=0a000000 15=fe000000 "
		"9=[ 0000000100000000 index lo 5=0a000002 ][ 0000040000000000 index lo ]" },
	{ "routes", "2001:db8::/32 via fe80::1 dev lo pref high",
		"24 600 0a200000fe030001"
		"00000000 1=20010db8000000000000000000000000 15=fe000000 6=00040000 "
		"5=fe800000000000000000000000000001 4=index(lo) 20=01" },
	{ "routes", "add 2001:db8::/32 dev lo expires 5 from 2001:db8:1::/48",
		"24 600 0a203000fe03000100000000 1=20010db8000000000000000000000000 "
		"2=20010db8000100000000000000000000 15=fe000000 23=05000000 4=index(lo)" },
	{ "routes", "flush table 100 dev lo", "26 0 020000000000000000000000 15=64000000 4=index(lo)" },
	{ "routes", "flush table all", "26 0 000000000000000000000000" },
	{ "routes", "-6 flush cache", "26 0 0a0000000000000000020000 15=fe000000" },
	{ "routes", "10.0.0.0/8 via inet6 fe80::1 dev lo",
		"24 600 02080000fe03000100000000 1=0a000000 15=fe000000 "
		"18=0a00fe800000000000000000000000000001 4=index(lo)" },
	{ "routes", "default via inet6 fe80::1 dev lo metric 7",
		"24 600 0a000000fe03000100000000 15=fe000000 5=fe800000000000000000000000000001 4=index(lo) "
		"6=07000000" },
	{ "routes", "1.0.0.0/0 via inet 10.0.0.2",
		"24 600 02000000fe03000100000000 1=01000000 15=fe000000 5=0a000002" },
	{ "routes",
		"10.0.0.0/8 dev lo mtu lock 1400 rtt 10ms rttvar 10ms rto_min 10ms congctl lock cubic "
		"features ecn",
		"24 600 02080000fe03fd0100000000 1=0a000000 15=fe000000 "
		"8={ 1=04200100 12=01000000 2=78050000 4=50000000 5=28000000 13=0a000000 16=637562696300 } "
		"4=index(lo)" },
	{ "routes", "10.0.0.0/8 realms 3/4 nhid 9",
		"24 600 02080000fe03000100000000 1=0a000000 15=fe000000 11=04000300 30=09000000" },
	{ "routes", "10.0.0.0/8 encap mpls 100/200 ttl 5 dev lo",
		"24 600 02080000fe03fd0100000000 1=0a000000 15=fe000000 22={ 2=05 1=00064000000c8100 } "
		"21=0100 4=index(lo)" },
	{ "routes", "10.0.0.0/8 encap ip id 7 dst 9.9.9.9 ttl 3 key csum dev lo",
		"24 600 02080000fe03fd0100000000 1=0a000000 15=fe000000 "
		"22={ 2=09090909 4=03 1=0000000000000007 6=0005 } 21=0200 4=index(lo)" },
	{ "routes", "2001:db8::/32 metric 1 encap seg6 mode inline segs fe80::1,fe80::2 dev lo",
		"24 600 0a200000fe03000100000000 1=20010db8000000000000000000000000 15=fe000000 "
		"22={ "
		"1=00000000000604020200000000000000000000000000000000000000fe800000000000000000000000000002"
		"fe800000000000000000000000000001 } 21=0500 6=01000000 4=index(lo)" },
	{ "routes", "10.0.0.0/8 nexthop via inet6 fe80::1 dev lo realms 5 nexthop encap mpls 1 dev lo",
		"24 600 02080000fe03000100000000 1=0a000000 15=fe000000 "
		"9=[ 0000000000000000 index lo 18=0a00fe800000000000000000000000000001 11=05000000 ]"
		"[ 0000000000000000 index lo 22={ 1=00001100 } 21=0100 ]" },
	{ "routes", "224.0.0.0/4 dev lo",
		"24 600 02040000fe03fd0100000000 1=e0000000 15=fe000000 4=index(lo)" },

	/* family, dst_len, src_len, tos, table, res1, res2, action, flags; 1 DST, 2 SRC, 3 IIFNAME, 4 GOTO, 6
	 * PRIORITY, 10 FWMARK, 14 SUPPRESS_PREFIXLEN, 15 TABLE, 16 FWMASK, 17 OIFNAME, 20 UID_RANGE, 22
	 * IP_PROTO, 24 DPORT_RANGE */
	{ "rules", "iif lo lookup 13", "32 600 020000000d00000100000000 3=6c6f00 15=0d000000" },
	{ "rules", "from 10.0.0.0/8 to 1.2.3.4 oif lo lookup main pref 7",
		"32 600 02200800fe00000100000000 2=0a000000 1=01020304 17=6c6f00 15=fe000000 6=07000000" },
	{ "rules", "not fwmark 1/0xff lookup 1000",
		"32 600 020000000000000102000000 10=01000000 16=ff000000 15=e8030000" },
	{ "rules", "fwmark 5 prohibit", "32 600 020000000000000800000000 10=05000000" },
	{ "rules", "add fwmark 0 lookup 5", "32 600 020000000500000100000000 10=00000000 15=05000000" },
	{ "rules", "fwmark 0 lookup 5",
		"32 600 020000000500000100000000 10=00000000 16=ffffffff 15=05000000" },
	{ "rules", "from 10.0.0.0/8", "32 600 02000800fe00000100000000 2=0a000000 15=fe000000" },
	{ "rules", "l3mdev pref 5", "32 600 020000000000000100000000 19=01 6=05000000" },
	{ "rules", "tun_id 258 realms 3/4 lookup 5",
		"32 600 020000000500000100000000 12=0000000000000102 11=04000300 15=05000000" },
	{ "rules", "del from 10.0.0.0/8 prohibit", "33 0 020008000000000800000000 2=0a000000" },
	{ "rules", "del lookup local", "33 0 02000000ff00000000000000 15=ff000000" },
	{ "rules", "sup_pl 0 sup_group default lookup 5 proto static",
		"32 600 020000000500000100000000 14=00000000 13=00000000 15=05000000 21=04" },
	{ "rules", "pref 5 goto 9", "32 600 020000000000000200000000 6=05000000 4=09000000" },
	{ "rules", "pref 5 nop", "32 600 020000000000000300000000 6=05000000" },
	{ "rules", "ipproto tcp dport 80-81 uidrange 5-5 lookup main suppress_prefixlength 0",
		"32 600 02000000fe00000100000000 22=06 24=50005100 20=0500000005000000 15=fe000000 "
		"14=00000000" },
	{ "rules", "-6 tos 10 blackhole", "32 600 0a0000100000000600000000" },
	{ "rules", "del pref 5", "33 0 020000000000000000000000 6=05000000" },
	{ "rules", "del from all lookup main", "33 0 02000000fe00000000000000 15=fe000000" },
};

static enum phase phase_of(const char *key)
{
	for (const struct object *const *object = objects; *object; object++)
		if (!strcmp((*object)->key, key))
			return (*object)->phase;
	abort();
}

static void messages_of_entries(void)
{
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
		struct arena *arena = arena_open();
		struct lab *lab =
			lab_of(arena_printf(arena, "{ \"namespaces\": { \"left\": { \"%s\": [\"%s\"] } } }",
				entries[i].key, entries[i].line));
		const struct plan *plan = plan_lab(arena, lab);

		tap_is(request_print(arena, request_of(lab, plan, phase_of(entries[i].key), 0)),
			entries[i].message, "%s", entries[i].line);
		lab_close(lab);
		arena_close(arena);
	}
}

static void messages_of_links(void)
{
	struct lab *lab =
		lab_of("{ \"namespaces\": { \"left\": { \"links\": {"
		       "  \"v0\": { \"kind\": \"veth\", \"address\": \"02:00:00:00:00:01\", \"mtu\": 1400 },"
		       "  \"eth0\": { \"kind\": \"tap\", \"address\": \"02:00:00:00:00:03\", \"master\": "
		       "\"v0\", \"arp\": false } } },"
		       "  \"right\": { \"links\": { \"v1\": { \"address\": \"02:00:00:00:00:02\" } } } },"
		       "  \"wires\": [{ \"kind\": \"veth\", \"ends\": [\"left/v0\", \"right/v1\"] }] }");
	struct arena *arena = lab->arena;
	const struct plan *plan = plan_lab(arena, lab);

	/* 1 ADDRESS, 3 IFNAME, 4 MTU, 10 MASTER, 18 LINKINFO { 1 KIND, 2 DATA { 1 PEER } }, 28 NET_NS_FD */
	tap_is(request_print(arena, request_of(lab, plan, PHASE_LINKS, 0)),
		"16 600 00000000010001000000000000000000 3=763000 1=020000000001 4=78050000 "
		"18={ 1=7665746800 2={ 1=[ 00000000010002000000000000000000 3=763100 1=020000000002 "
		"28=fd(right) ] } }",
		"both ends of a veth in one message, the other with its namespace, and of different indices");
	tap_is(request_print(arena, request_of(lab, plan, PHASE_LINKS, 1)),
		"16 0 00000000000000008000000080000000 index eth0 at 4 1=020000000003",
		"a TAP is changed once it is made");
	tap_is(request_print(arena, request_of(lab, plan, PHASE_LINKS, 2)),
		"16 0 00000000000000000000000000000000 index eth0 at 4 10=index(v0)",
		"and enslaved by a message of its own");
	tap_is(request_print(arena, request_of(lab, plan, PHASE_UP, 1)),
		"16 0 00000000000000000100000001000000 index v0 at 4",
		"a link comes up: IFF_UP, and nothing else");
	lab_close(lab);
}

static void messages_of_wireguard(void)
{
	struct arena *arena = arena_open();
	struct lab *lab = lab_of(
		"{ \"namespaces\": { \"left\": { \"links\": { \"wg0\": { \"kind\": \"wireguard\","
		"    \"private_key\": \"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\","
		"    \"listen_port\": 258, \"fwmark\": \"0x10\", \"peers\": ["
		"      { \"public_key\": \"ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\","
		"        \"endpoint\": \"192.0.2.1:772\", \"allowed_ips\": [\"10.0.0.0/8\", \"fd00::/16\"],"
		"        \"persistent_keepalive\": 25,"
		"        \"preshared_key\": \"//////////////////////////////////////////8=\" },"
		"      { \"public_key\": \"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\","
		"        \"endpoint\": \"[fd00::2]:1\", \"persistent_keepalive\": \"off\" }"
		"    ] } } } },"
		"  \"steps\": [{ \"change\": { \"links\": { \"wg0\": { \"peers\": ["
		"    { \"public_key\": \"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\", \"remove\": true }] "
		"} } } }] }");
	const char *one = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
		   *two = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
		   *all = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
	const struct plan *plan = plan_lab(arena, lab);

	tap_is(request_print(arena, request_of(lab, plan, PHASE_LINKS, 1)),
		arena_printf(arena, "0 0 01010000 2=77673000 3=%s 6=0201 7=10000000", one),
		"WireGuard: the key, the port and the mark of the device itself");
	tap_is(request_print(arena, request_of(lab, plan, PHASE_LINKS, 2)),
		arena_printf(arena,
			"0 0 01010000 2=77673000 8={ 0={ 1=%s 3=02000000 2=%s "
			"4=02000304c00002010000000000000000 5=1900 9={ "
			"0={ 1=0200 2=0a000000 3=08 } 0={ 1=0a00 2=fd000000000000000000000000000000 3=10 } } "
			"} }",
			two, all),
		"a peer in a message of its own, whose allowed addresses replace what was there");
	tap_is(request_print(arena, request_of(lab, plan, PHASE_LINKS, 3)),
		arena_printf(arena,
			"0 0 01010000 2=77673000 8={ 0={ 1=%s "
			"4=0a00000100000000fd00000000000000000000000000000200000000 5=0000 } }",
			one),
		"another, by IPv6, without any");
	tap_is(request_print(
		       arena, request_of(lab, plan_change(arena, lab, lab->steps[0].change), PHASE_LINKS, 0)),
		arena_printf(arena, "0 0 01010000 2=77673000 8={ 0={ 1=%s 3=01000000 } }", one),
		"a peer is removed");
	lab_close(lab);
	arena_close(arena);
}

static void changes_of_links(void)
{
	struct arena *arena = arena_open();
	struct lab *lab = lab_of(
		"{ \"namespaces\": { \"left\": { \"links\": {"
		"      \"v0\": { \"kind\": \"veth\", \"peer\": \"v1\" },"
		"      \"gre1\": { \"kind\": \"gre\", \"local\": \"10.0.0.1\", \"remote\": \"10.0.0.2\","
		"                  \"okey\": 7, \"link\": \"v0\" },"
		"      \"x1\": { \"kind\": \"vxlan\", \"id\": 5, \"local\": \"10.0.0.1\", \"link\": \"v0\" } "
		"} } },"
		"  \"steps\": ["
		"    { \"change\": { \"links\": { \"gre1\": { \"ttl\": 9 }, \"x1\": { \"learning\": false } "
		"} } },"
		"    { \"change\": { \"links\": { \"gre1\": { \"remote\": \"10.0.0.3\", \"arp\": true } } } "
		"},"
		"    { \"change\": { \"links\": { \"gre1\": { \"mtu\": 1300 } } } } ] }");
	const char *kept = "5=00000007 3=2000 9=00 10=01 20=00000000 14=0000 16=0000 17=0000 15=0000 2=0000";
	const struct plan *plans[3];

	for (size_t i = 0; i < 3; i++)
		plans[i] = plan_change(arena, lab, lab->steps[i].change);
	tap_is(request_print(arena, request_of(lab, plans[0], PHASE_LINKS, 0)),
		arena_printf(arena,
			"16 0 00000000000000000000000000000000 index gre1 at 4 18={ 1=67726500 2={ "
			"6=0a000001 7=0a000002 %s 8=09 1=index(left/v0) } }",
			kept),
		"a change of a tunnel says again what stays");
	tap_is(request_print(arena, request_of(lab, plans[0], PHASE_LINKS, 1)),
		"16 0 00000000000000000000000000000000 index x1 at 4 18={ 1=76786c616e00 2={ 7=00 } }",
		"a change of another link says only what changes");
	tap_is(request_print(arena, request_of(lab, plans[1], PHASE_LINKS, 0)),
		arena_printf(arena,
			"16 0 00000000000000000000000080000000 index gre1 at 4 18={ 1=67726500 2={ "
			"6=0a000001 %s 8=09 7=0a000003 1=index(left/v0) } }",
			kept),
		"also what an earlier change said; \"arp\" is a flag of the header");
	tap_is(request_print(arena, request_of(lab, plans[2], PHASE_LINKS, 0)),
		"16 0 00000000000000000000000000000000 index gre1 at 4 4=14050000",
		"where nothing of the tunnel itself is said, nothing of it is sent");
	lab_close(lab);
	arena_close(arena);
}

/* The same lab gives the same addresses on every machine, another seed or device others. */
static void addresses_come_from_the_seed(void)
{
	static const char *const labs[] = {
		"{ \"namespaces\": { \"left\": { \"links\": { \"eth0\": { \"kind\": \"tap\" } } } } }",
		"{ \"seed\": 1, \"namespaces\": { \"left\": { \"links\": { \"eth0\": { \"kind\": \"tap\" } } "
		"} } }",
		"{ \"seed\": 2, \"namespaces\": { \"left\": { \"links\": { \"eth0\": { \"kind\": \"tap\" } } "
		"} } }",
		"{ \"namespaces\": { \"left\": { \"links\": { \"eth1\": { \"kind\": \"tap\" } } } } }",
		"{ \"namespaces\": { \"right\": { \"links\": { \"eth0\": { \"kind\": \"tap\" } } } } }"
	};
	struct arena *arena = arena_open();
	const char *seen[5];

	for (size_t i = 0; i < 5; i++) {
		struct lab *lab = lab_of(labs[i]);

		seen[i] = hexadecimal(
			arena, namespace_link(lab->namespaces[0], i == 3 ? "eth1" : "eth0")->mac, 6);
		lab_close(lab);
	}
	tap_is(seen[0], "02ffa79dad76", "the address of eth0 in left, of seed 1");
	tap_is(seen[1], seen[0], "seed 1 is the default");
	tap_ok(strcmp(seen[2], seen[0]) != 0, "another seed, another address");
	tap_ok(strcmp(seen[3], seen[0]) != 0, "another device, another address");
	tap_ok(strcmp(seen[4], seen[0]) != 0, "another namespace, another address");
	arena_close(arena);
}

int main(void)
{
	phase_by_phase();
	a_change();
	messages_of_entries();
	messages_of_links();
	changes_of_links();
	messages_of_wireguard();
	addresses_come_from_the_seed();
	return tap_done();
}
