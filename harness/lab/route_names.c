/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/route_names.h"

#include <linux/in_route.h>
#include <linux/rtnetlink.h>

const struct name route_types[] = {
	{ "unspec", RTN_UNSPEC },
	{ "unicast", RTN_UNICAST },
	{ "local", RTN_LOCAL },
	{ "broadcast", RTN_BROADCAST },
	{ "anycast", RTN_ANYCAST },
	{ "multicast", RTN_MULTICAST },
	{ "blackhole", RTN_BLACKHOLE },
	{ "unreachable", RTN_UNREACHABLE },
	{ "prohibit", RTN_PROHIBIT },
	{ "throw", RTN_THROW },
	{ "nat", RTN_NAT },
	{ "xresolve", RTN_XRESOLVE },
	{ 0 },
};

const struct name route_protocols[] = {
	{ "unspec", RTPROT_UNSPEC },
	{ "redirect", RTPROT_REDIRECT },
	{ "kernel", RTPROT_KERNEL },
	{ "boot", RTPROT_BOOT },
	{ "static", RTPROT_STATIC },
	{ "gated", RTPROT_GATED },
	{ "ra", RTPROT_RA },
	{ "mrt", RTPROT_MRT },
	{ "zebra", RTPROT_ZEBRA },
	{ "bird", RTPROT_BIRD },
	{ "dnrouted", RTPROT_DNROUTED },
	{ "xorp", RTPROT_XORP },
	{ "ntk", RTPROT_NTK },
	{ "dhcp", RTPROT_DHCP },
	{ "keepalived", RTPROT_KEEPALIVED },
	{ "babel", RTPROT_BABEL },
	{ "openr", RTPROT_OPENR },
	{ "bgp", RTPROT_BGP },
	{ "isis", RTPROT_ISIS },
	{ "ospf", RTPROT_OSPF },
	{ "rip", RTPROT_RIP },
	{ "eigrp", RTPROT_EIGRP },
	{ 0 },
};

const struct name route_scopes[] = {
	{ "global", RT_SCOPE_UNIVERSE },
	{ "site", RT_SCOPE_SITE },
	{ "link", RT_SCOPE_LINK },
	{ "host", RT_SCOPE_HOST },
	{ "nowhere", RT_SCOPE_NOWHERE },
	{ 0 },
};

const struct name route_flags[] = {
	{ "dead", RTNH_F_DEAD },
	{ "onlink", RTNH_F_ONLINK },
	{ "pervasive", RTNH_F_PERVASIVE },
	{ "offload", RTNH_F_OFFLOAD },
	{ "trap", RTNH_F_TRAP },
	{ "notify", RTM_F_NOTIFY },
	{ "linkdown", RTNH_F_LINKDOWN },
	{ "unresolved", RTNH_F_UNRESOLVED },
	{ "rt_offload", RTM_F_OFFLOAD },
	{ "rt_trap", RTM_F_TRAP },
	{ "rt_offload_failed", RTM_F_OFFLOAD_FAILED },
	{ 0 },
};

const struct name route_cache_flags[] = {
	{ "local", RTCF_LOCAL },
	{ "reject", RTCF_REJECT },
	{ "mc", RTCF_MULTICAST },
	{ "brd", RTCF_BROADCAST },
	{ "dst-nat", RTCF_DNAT },
	{ "src-nat", RTCF_SNAT },
	{ "masq", RTCF_MASQ },
	{ "dst-direct", RTCF_DIRECTDST },
	{ "src-direct", RTCF_DIRECTSRC },
	{ "redirected", RTCF_REDIRECTED },
	{ "redirect", RTCF_DOREDIRECT },
	{ "fastroute", RTCF_FAST },
	{ "notify", RTCF_NOTIFY },
	{ "proxy", RTCF_TPROXY },
	{ 0 },
};

const struct name route_metrics[] = {
	{ "mtu", RTAX_MTU },
	{ "window", RTAX_WINDOW },
	{ "rtt", RTAX_RTT },
	{ "rttvar", RTAX_RTTVAR },
	{ "ssthresh", RTAX_SSTHRESH },
	{ "cwnd", RTAX_CWND },
	{ "advmss", RTAX_ADVMSS },
	{ "reordering", RTAX_REORDERING },
	{ "hoplimit", RTAX_HOPLIMIT },
	{ "initcwnd", RTAX_INITCWND },
	{ "features", RTAX_FEATURES },
	{ "rto_min", RTAX_RTO_MIN },
	{ "initrwnd", RTAX_INITRWND },
	{ "quickack", RTAX_QUICKACK },
	{ "congestion", RTAX_CC_ALGO },
	{ "fastopen_no_cookie", RTAX_FASTOPEN_NO_COOKIE },
	{ 0 },
};

const struct name route_tables[] = {
	{ "unspec", RT_TABLE_UNSPEC },
	{ "default", RT_TABLE_DEFAULT },
	{ "main", RT_TABLE_MAIN },
	{ "local", RT_TABLE_LOCAL },
	{ 0 },
};

const struct name route_preferences[] = { { "medium", 0 }, { "high", 1 }, { "low", 3 },
	{ 0 } }; /* RFC 4191 */
