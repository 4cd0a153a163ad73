/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/baseline_table.h"

#include <assert.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/neighbour.h>

/* What the headers of Linux 5.15 do not know yet. */
enum {
	ARP_EVICT_NOCARRIER = 33,   /* IPV4_DEVCONF_... of linux/ip.h */
	NDISC_EVICT_NOCARRIER = 56, /* DEVCONF_... of linux/ipv6.h */
	ACCEPT_UNTRACKED_NA = 57,
	ACCEPT_RA_MIN_LFT = 58,
	INTERVAL_PROBE_TIME_MS = 19, /* NDTPA_... of linux/neighbour.h */
};

const char *const baseline_bridges[] = { "net.bridge.bridge-nf-call-iptables",
	"net.bridge.bridge-nf-call-ip6tables", "net.bridge.bridge-nf-call-arptables", NULL };

/*
 * ipv4_devconf and ipv4_devconf_dflt in net/ipv4/devinet.c; which of them "all" has a say in, the IN_DEV_...
 * macros of include/linux/inetdevice.h. Forwarding comes first: setting it resets accept_redirects
 * (inet_forward_change()).
 */
static const struct device_setting ipv4[] = {
	{ "forwarding", IPV4_DEVCONF_FORWARDING - 1, 0, 0, false },
	{ "mc_forwarding", IPV4_DEVCONF_MC_FORWARDING - 1, 0, 0, false },
	{ "bc_forwarding", IPV4_DEVCONF_BC_FORWARDING - 1, 0, 0, false },
	{ "accept_local", IPV4_DEVCONF_ACCEPT_LOCAL - 1, 0, 0, false },
	{ "accept_redirects", IPV4_DEVCONF_ACCEPT_REDIRECTS - 1, 1, 1, false },
	{ "accept_source_route", IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE - 1, 0, 1, false },
	{ "arp_accept", IPV4_DEVCONF_ARP_ACCEPT - 1, 0, 0, false },
	{ "arp_announce", IPV4_DEVCONF_ARP_ANNOUNCE - 1, 0, 0, false },
	{ "arp_evict_nocarrier", ARP_EVICT_NOCARRIER - 1, 1, 1, false },
	{ "arp_filter", IPV4_DEVCONF_ARPFILTER - 1, 0, 0, false },
	{ "arp_ignore", IPV4_DEVCONF_ARP_IGNORE - 1, 0, 0, false },
	{ "arp_notify", IPV4_DEVCONF_ARP_NOTIFY - 1, 0, 0, false },
	{ "bootp_relay", IPV4_DEVCONF_BOOTP_RELAY - 1, 0, 0, false },
	{ "disable_policy", IPV4_DEVCONF_NOPOLICY - 1, 0, 0, true },
	{ "disable_xfrm", IPV4_DEVCONF_NOXFRM - 1, ABSENT, 0, true },
	{ "drop_gratuitous_arp", IPV4_DEVCONF_DROP_GRATUITOUS_ARP - 1, 0, 0, false },
	{ "drop_unicast_in_l2_multicast", IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST - 1, 0, 0, false },
	{ "force_igmp_version", IPV4_DEVCONF_FORCE_IGMP_VERSION - 1, 0, 0, false },
	{ "igmpv2_unsolicited_report_interval", IPV4_DEVCONF_IGMPV2_UNSOLICITED_REPORT_INTERVAL - 1, ABSENT,
		10000, false },
	{ "igmpv3_unsolicited_report_interval", IPV4_DEVCONF_IGMPV3_UNSOLICITED_REPORT_INTERVAL - 1, ABSENT,
		1000, false },
	{ "ignore_routes_with_linkdown", IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN - 1, 0, 0, false },
	{ "log_martians", IPV4_DEVCONF_LOG_MARTIANS - 1, 0, 0, false },
	{ "medium_id", IPV4_DEVCONF_MEDIUM_ID - 1, ABSENT, 0, false },
	{ "promote_secondaries", IPV4_DEVCONF_PROMOTE_SECONDARIES - 1, 0, 0, false },
	{ "proxy_arp", IPV4_DEVCONF_PROXY_ARP - 1, 0, 0, false },
	{ "proxy_arp_pvlan", IPV4_DEVCONF_PROXY_ARP_PVLAN - 1, ABSENT, 0, false },
	{ "route_localnet", IPV4_DEVCONF_ROUTE_LOCALNET - 1, 0, 0, false },
	{ "rp_filter", IPV4_DEVCONF_RP_FILTER - 1, 0, 0, false },
	{ "secure_redirects", IPV4_DEVCONF_SECURE_REDIRECTS - 1, 1, 1, false },
	{ "send_redirects", IPV4_DEVCONF_SEND_REDIRECTS - 1, 1, 1, false },
	{ "shared_media", IPV4_DEVCONF_SHARED_MEDIA - 1, 1, 1, false },
	{ "src_valid_mark", IPV4_DEVCONF_SRC_VMARK - 1, 0, 0, false },
	{ "tag", IPV4_DEVCONF_TAG - 1, ABSENT, 0, false },
	{ 0 },
};

/*
 * ipv6_devconf and ipv6_devconf_dflt in net/ipv6/addrconf.c. Inherited only where
 * net.core.devconf_inherit_init_net is 1 or 3; but the kernel's command line (ipv6.disable_ipv6,
 * ipv6.autoconf) comes through always. The initial namespace alone shows that sysctl, so the values
 * themselves are looked at. Left out: mtu (each device has its own), stable_secret (never inherited),
 * addr_gen_mode (links have it as their own) and the identifiers of IOAM.
 */
static const struct device_setting ipv6[] = {
	{ "forwarding", DEVCONF_FORWARDING, 0, 0, false },
	{ "disable_ipv6", DEVCONF_DISABLE_IPV6, 0, 0, false },
	{ "mc_forwarding", DEVCONF_MC_FORWARDING, 0, 0, false },
	{ "accept_dad", DEVCONF_ACCEPT_DAD, 0, 1, true },
	{ "accept_ra", DEVCONF_ACCEPT_RA, ABSENT, 1, false },
	{ "accept_ra_defrtr", DEVCONF_ACCEPT_RA_DEFRTR, ABSENT, 1, false },
	{ "accept_ra_from_local", DEVCONF_ACCEPT_RA_FROM_LOCAL, ABSENT, 0, false },
	{ "accept_ra_min_hop_limit", DEVCONF_ACCEPT_RA_MIN_HOP_LIMIT, ABSENT, 1, false },
	{ "accept_ra_min_lft", ACCEPT_RA_MIN_LFT, ABSENT, 0, false },
	{ "accept_ra_mtu", DEVCONF_ACCEPT_RA_MTU, ABSENT, 1, false },
	{ "accept_ra_pinfo", DEVCONF_ACCEPT_RA_PINFO, ABSENT, 1, false },
	{ "accept_ra_rt_info_max_plen", DEVCONF_ACCEPT_RA_RT_INFO_MAX_PLEN, ABSENT, 0, false },
	{ "accept_ra_rt_info_min_plen", DEVCONF_ACCEPT_RA_RT_INFO_MIN_PLEN, ABSENT, 0, false },
	{ "accept_ra_rtr_pref", DEVCONF_ACCEPT_RA_RTR_PREF, ABSENT, 1, false },
	{ "accept_redirects", DEVCONF_ACCEPT_REDIRECTS, ABSENT, 1, false },
	{ "accept_source_route", DEVCONF_ACCEPT_SOURCE_ROUTE, 0, 0, false },
	{ "accept_untracked_na", ACCEPT_UNTRACKED_NA, ABSENT, 0, false },
	{ "autoconf", DEVCONF_AUTOCONF, ABSENT, 1, false },
	{ "dad_transmits", DEVCONF_DAD_TRANSMITS, ABSENT, 1, false },
	{ "disable_policy", DEVCONF_DISABLE_POLICY, 0, 0, false },
	{ "drop_unicast_in_l2_multicast", DEVCONF_DROP_UNICAST_IN_L2_MULTICAST, ABSENT, 0, false },
	{ "drop_unsolicited_na", DEVCONF_DROP_UNSOLICITED_NA, ABSENT, 0, false },
	{ "enhanced_dad", DEVCONF_ENHANCED_DAD, 1, 1, false },
	{ "force_mld_version", DEVCONF_FORCE_MLD_VERSION, 0, 0, false },
	{ "force_tllao", DEVCONF_FORCE_TLLAO, 0, 0, false },
	{ "hop_limit", DEVCONF_HOPLIMIT, 64, 64, false },
	{ "ignore_routes_with_linkdown", DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, ABSENT, 0, false },
	{ "ioam6_enabled", DEVCONF_IOAM6_ENABLED, ABSENT, 0, false },
	{ "keep_addr_on_down", DEVCONF_KEEP_ADDR_ON_DOWN, 0, 0, false },
	{ "max_addresses", DEVCONF_MAX_ADDRESSES, ABSENT, 16, false },
	{ "max_desync_factor", DEVCONF_MAX_DESYNC_FACTOR, ABSENT, 600, false },
	{ "mldv1_unsolicited_report_interval", DEVCONF_MLDV1_UNSOLICITED_REPORT_INTERVAL, ABSENT, 10000,
		false },
	{ "mldv2_unsolicited_report_interval", DEVCONF_MLDV2_UNSOLICITED_REPORT_INTERVAL, ABSENT, 1000,
		false },
	{ "ndisc_evict_nocarrier", NDISC_EVICT_NOCARRIER, 1, 1, false },
	{ "ndisc_notify", DEVCONF_NDISC_NOTIFY, 0, 0, false },
	{ "ndisc_tclass", DEVCONF_NDISC_TCLASS, ABSENT, 0, false },
	{ "optimistic_dad", DEVCONF_OPTIMISTIC_DAD, 0, 0, false },
	{ "proxy_ndp", DEVCONF_PROXY_NDP, 0, 0, false },
	{ "ra_defrtr_metric", DEVCONF_RA_DEFRTR_METRIC, ABSENT, 1024, false },
	{ "regen_max_retry", DEVCONF_REGEN_MAX_RETRY, ABSENT, 3, false },
	{ "router_probe_interval", DEVCONF_RTR_PROBE_INTERVAL, ABSENT, 60, false },
	{ "router_solicitation_delay", DEVCONF_RTR_SOLICIT_DELAY, ABSENT, 1, false },
	{ "router_solicitation_interval", DEVCONF_RTR_SOLICIT_INTERVAL, ABSENT, 4, false },
	{ "router_solicitation_max_interval", DEVCONF_RTR_SOLICIT_MAX_INTERVAL, ABSENT, 3600, false },
	{ "router_solicitations", DEVCONF_RTR_SOLICITS, ABSENT, -1, false },
	{ "rpl_seg_enabled", DEVCONF_RPL_SEG_ENABLED, 0, 0, false },
	{ "seg6_enabled", DEVCONF_SEG6_ENABLED, 0, 0, false },
	{ "seg6_require_hmac", DEVCONF_SEG6_REQUIRE_HMAC, ABSENT, 0, false },
	{ "suppress_frag_ndisc", DEVCONF_SUPPRESS_FRAG_NDISC, ABSENT, 1, false },
	{ "temp_prefered_lft", DEVCONF_TEMP_PREFERED_LFT, ABSENT, 86400, false },
	{ "temp_valid_lft", DEVCONF_TEMP_VALID_LFT, ABSENT, 604800, false },
	{ "use_oif_addrs_only", DEVCONF_USE_OIF_ADDRS_ONLY, 0, 0, false },
	{ "use_optimistic", DEVCONF_USE_OPTIMISTIC, 0, 0, false },
	{ "use_tempaddr", DEVCONF_USE_TEMPADDR, ABSENT, 0, true },
	{ 0 },
};

static_assert(sizeof ipv4 / sizeof *ipv4 <= DEVICE_SETTINGS, "struct baseline_seen has room for them");
static_assert(sizeof ipv6 / sizeof *ipv6 <= DEVICE_SETTINGS, "struct baseline_seen has room for them");

const struct baseline_family baseline_families[FAMILIES] = { { "ipv4", ipv4 }, { "ipv6", ipv6 } };

/*
 * arp_tbl in net/ipv4/arp.c and nd_tbl in net/ipv6/ndisc.c. A new device's are a copy of the initial
 * namespace's "default" (neigh_parms_alloc()), which no other namespace can set. Delays are in hundredths of
 * a second there.
 */
const struct neighbour_setting baseline_neighbours[] = {
	{ "base_reachable_time_ms", NDTPA_BASE_REACHABLE_TIME, 1, { 30000, 30000 } },
	{ "retrans_time_ms", NDTPA_RETRANS_TIME, 1, { 1000, 1000 } },
	{ "gc_stale_time", NDTPA_GC_STALETIME, 1000, { 60000, 60000 } },
	{ "delay_first_probe_time", NDTPA_DELAY_PROBE_TIME, 1000, { 5000, 5000 } },
	{ "interval_probe_time_ms", INTERVAL_PROBE_TIME_MS, 1, { 5000, 5000 } },
	{ "app_solicit", NDTPA_APP_PROBES, 1, { 0, 0 } },
	{ "ucast_solicit", NDTPA_UCAST_PROBES, 1, { 3, 3 } },
	{ "mcast_solicit", NDTPA_MCAST_PROBES, 1, { 3, 3 } },
	{ "mcast_resolicit", NDTPA_MCAST_REPROBES, 1, { 0, 0 } },
	{ "unres_qlen_bytes", NDTPA_QUEUE_LENBYTES, 1, { 212992, 212992 } },
	{ "anycast_delay", NDTPA_ANYCAST_DELAY, 10, { 1000, 1000 } },
	{ "proxy_delay", NDTPA_PROXY_DELAY, 10, { 800, 800 } },
	{ "proxy_qlen", NDTPA_PROXY_QLEN, 1, { 64, 64 } },
	{ "locktime", NDTPA_LOCKTIME, 10, { 1000, 0 } },
	{ 0 },
};
static_assert(sizeof baseline_neighbours / sizeof *baseline_neighbours <= NEIGHBOUR_SETTINGS,
	"struct baseline_seen has room for them");

/*
 * tcp_sk_init() in net/ipv4/tcp_ipv4.c copies these from the initial namespace. Their defaults depend on the
 * kernel's configuration, version (6 or 32 MiB) and memory; pinned are those of most kernels between 4.20
 * and 6.16.
 */
const struct text_setting baseline_texts[VALUES] = {
	{ "net.ipv4.tcp_congestion_control", "cubic" },
	{ "net.ipv4.tcp_rmem", "4096 131072 6291456" },
	{ "net.ipv4.tcp_wmem", "4096 16384 4194304" },
};
