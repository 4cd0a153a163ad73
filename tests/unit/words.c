/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iproute2's words: each line, and each object of `ip -j`, becomes an entry, which is printed as ip takes it.
 */
#include "tests/unit/reading.h"
#include "tests/unit/tap.h"

struct row {
	const char *object;
	const char *json; /* a string or an object */
	const char *printed;
};

/* clang-format off */
static const struct row lines[] = {
	/* As one types them. */
	{ "address", "\"10.0.0.1/24 dev tun0\"", "address add 10.0.0.1/24 dev tun0" },
	{ "address", "\"10.0.0.1 dev tun0\"", "address add 10.0.0.1 dev tun0" },
	{ "address", "\"local 10.0.0.1/24 dev tun0\"", "address add 10.0.0.1/24 dev tun0" },
	{ "address", "\"192.168.13.1 peer 192.168.13.2 dev tun0\"", "address add 192.168.13.1 peer 192.168.13.2 dev tun0" },
	{ "address", "\"add 10.0.0.1/24 brd + dev tun0 scope link metric 5 noprefixroute\"",
	  "address add 10.0.0.1/24 broadcast + scope link dev tun0 metric 5 noprefixroute" },
	{ "address", "\"del 2001:db8::1/64 dev tun0\"", "-6 address del 2001:db8::1/64 dev tun0" },
	{ "address", "\"2001:db8::1/64 dev tun0 nodad home\"", "-6 address add 2001:db8::1/64 dev tun0 nodad home" },
	{ "address", "\"del 10.0.0.1 dev tun0\"", "address del 10.0.0.1 dev tun0" },
	{ "address", "\"del 10.0.0.1/32 dev tun0\"", "address del 10.0.0.1/32 dev tun0" },
	{ "address", "\"add b - 10.0.0.1/24 dev tun0 any 10.0.0.3 remote 10.0.0.2/30 pref 5\"",
	  "address add 10.0.0.1/24 peer 10.0.0.2/30 broadcast - anycast 10.0.0.3 dev tun0 metric 5" },
	{ "address", "\"add 2001:db8::1/64 dev tun0 v 100 preferr 0x10 optimistic mngtmpaddr tentative\"",
	  "-6 address add 2001:db8::1/64 dev tun0 valid_lft 100 preferred_lft 16 optimistic mngtmpaddr" },
	{ "address", "\"change 239.0.0.1 dev tun0 autojoin label anything\"", "address change 239.0.0.1 dev tun0 label anything autojoin" },
	{ "route", "\"default via 10.0.0.2\"", "route add default via 10.0.0.2" },
	{ "route", "\"default via 2001:db8::2\"", "-6 route add default via 2001:db8::2" },
	{ "route", "\"-6 default dev tun0\"", "-6 route add default dev tun0" },
	{ "route", "\"default dev tun0\"", "route add default dev tun0" },
	{ "route", "\"10/8 dev tun0\"", "route add 10.0.0.0/8 dev tun0" },
	{ "route", "\"to 10.0.0.0/8 dev tun0\"", "route add 10.0.0.0/8 dev tun0" },
	{ "route", "\"replace 10.0.0.0/8 dev tun0 table vpn\"", "route replace 10.0.0.0/8 dev tun0 table 100" },
	{ "route", "\"delete default\"", "route del default" },
	{ "route", "\"append 10.0.0.0/8 via 10.0.0.2 metric 5\"", "route append 10.0.0.0/8 via 10.0.0.2 metric 5" },
	{ "route", "\"prepend 10.0.0.0/8 via 10.0.0.2\"", "route prepend 10.0.0.0/8 via 10.0.0.2" },
	{ "route", "\"change 10.0.0.0/8 via 10.0.0.2\"", "route change 10.0.0.0/8 via 10.0.0.2" },
	{ "route", "\"blackhole 10.0.0.0/8\"", "route add blackhole 10.0.0.0/8" },
	{ "route", "\"type unreachable 10.0.0.0/8\"", "route add unreachable 10.0.0.0/8" },
	{ "route", "\"local 192.168.13.2 dev tun1 table 13\"", "route add local 192.168.13.2 dev tun1 table 13" },
	{ "route", "\"del local 192.168.13.1 table local\"", "route del local 192.168.13.1 table local" },
	{ "route", "\"10.0.0.0/8 nexthop via 10.0.0.2 dev tun0 weight 2 nexthop dev tun1 onlink\"",
	  "route add 10.0.0.0/8 nexthop via 10.0.0.2 dev tun0 weight 2 nexthop dev tun1 onlink" },
	{ "route", "\"10.0.0.0/8 via inet6 fe80::1 dev tun0 mtu lock 1400 rtt 20ms rttvar 3 rto_min 1.5s reordering 3 cwnd lock 9\"",
	  "route add 10.0.0.0/8 via inet6 fe80::1 dev tun0 mtu lock 1400 reordering 3 rtt 20ms rttvar 3 rto_min 1500ms cwnd lock 9" },
	{ "route", "\"add bl 10/8 t 9 pro 5 p 7 rea 3/4 f ecn fa 1 co lock cubic\"",
	  "route add blackhole 10.0.0.0/8 table 9 metric 7 proto 5 features ecn congctl lock cubic fastopen_no_cookie 1 realms 3/4" },
	{ "route", "\"10.0.0.0/8 encap mpls 100/200 ttl 5 via 10.0.0.2\"", "route add 10.0.0.0/8 encap mpls 100/200 ttl 5 via 10.0.0.2" },
	{ "route", "\"10.0.0.0/8 encap seg6 mode encap segs 2001:db8::1,2001:db8::2 hmac 5 dev tun0\"",
	  "route add 10.0.0.0/8 encap seg6 mode encap segs 2001:db8::1,2001:db8::2 hmac 5 dev tun0" },
	{ "route", "\"10.0.0.0/8 nexthop encap ip id 5 dst 1.2.3.4 key dev tun0 weight 3\"",
	  "route add 10.0.0.0/8 nexthop encap ip id 5 dst 1.2.3.4 key dev tun0 weight 3" },
	{ "route", "\"add 2001:db8::/32 dev tun0 expires 60 tos AF11\"", "-6 route add 2001:db8::/32 dev tun0 tos AF11 expires 60" },
	{ "route", "\"10.0.0.0/8 metric 5 nexthop via 10.0.0.2\"", "route add 10.0.0.0/8 metric 5 nexthop via 10.0.0.2" },
	{ "route", "\"10.0.0.0/8 via 10.0.0.2 dev tun0 onlink src 10.0.0.1 proto static scope global mtu 1400 advmss 1000\"",
	  "route add 10.0.0.0/8 via 10.0.0.2 dev tun0 src 10.0.0.1 proto static scope global onlink mtu 1400 advmss 1000" },
	{ "route", "\"10.0.0.0/8 dev tun0 dsfield 0x10 preference 7 protocol 99\"",
	  "route add 10.0.0.0/8 dev tun0 metric 7 proto openr tos 0x10" },
	{ "rule", "\"iif tun1 lookup 13\"", "rule add iif tun1 lookup 13" },
	{ "rule", "\"from 10/8 to 2.2.2.2 table main pref 5\"", "rule add from 10.0.0.0/8 to 2.2.2.2 priority 5 lookup main" },
	{ "rule", "\"not fwmark 0x80000/0xff0000 lookup vpn\"", "rule add not fwmark 0x80000/0xff0000 lookup 100" },
	{ "rule", "\"-6 lookup main\"", "-6 rule add lookup main" },
	{ "rule", "\"del pref 100\"", "rule del priority 100" },
	{ "rule", "\"add prohibit order 7\"", "rule add priority 7 prohibit" },
	{ "rule", "\"pref 1 goto 7\"", "rule add priority 1 goto 7" },
	{ "rule", "\"nop\"", "rule add nop" },
	{ "rule", "\"ipproto tcp sport 1-9 dport 80 uidrange 5-5 lookup main\"",
	  "rule add uidrange 5-5 ipproto tcp sport 1-9 dport 80 lookup main" },
	{ "neighbour", "\"10.0.0.2 dev tun0 lladdr 02:00:00:00:00:02\"", "neighbour add 10.0.0.2 dev tun0 lladdr 02:00:00:00:00:02" },
	{ "neighbour", "\"to 10.0.0.2 dev tun0 ll 2:0:0:0:0:A nud per\"", "neighbour add 10.0.0.2 dev tun0 lladdr 2:0:0:0:0:A nud permanent" },
	{ "neighbour", "\"add 10.0.0.2 dev tun0 lladdr null nud 0x20 proto 99\"", "neighbour add 10.0.0.2 dev tun0 lladdr null nud failed protocol openr" },
	{ "neighbour", "\"add 10.0.0.2 dev gre0 lladdr 192.0.2.1\"", "neighbour add 10.0.0.2 dev gre0 lladdr 192.0.2.1" },
	{ "neighbour", "\"add proxy 10.0.0.2 dev tun0\"", "neighbour add proxy 10.0.0.2 dev tun0" },
	{ "neighbour", "\"del proxy 2001:db8::2\"", "-6 neighbour del proxy 2001:db8::2" },
	{ "neighbour", "\"add 10.0.0.2 dev tun0 managed nud stale\"", "neighbour add 10.0.0.2 dev tun0 managed nud stale" },
	{ "neighbour", "\"add 10.0.0.2 dev tun0 nud stale managed\"", "neighbour add 10.0.0.2 dev tun0 managed nud none" },
	{ "neighbour", "\"change 10.0.0.2 dev tun0 router use extern\"", "neighbour change 10.0.0.2 dev tun0 router use extern_learn" },
	{ "nexthop", "\"id 1 via 10.0.0.2 dev tun0 onlink proto static\"", "nexthop add id 1 via 10.0.0.2 dev tun0 onlink protocol static" },
	{ "nexthop", "\"id 1 via inet6 2001:db8::2 dev tun0\"", "-6 nexthop add id 1 via inet6 2001:db8::2 dev tun0" },
	{ "nexthop", "\"replace id 0x2 blackhole\"", "nexthop replace id 2 blackhole" },
	{ "nexthop", "\"-6 id 2 fdb\"", "-6 nexthop add id 2 fdb" },
	{ "nexthop", "\"del id 2\"", "nexthop del id 2" },
	{ "nexthop", "\"id 9 group 1/2,0x10/3,256 type mpath fdb\"", "nexthop add id 9 group 1/2,0x10/3,256 type mpath fdb" },
	{ "nexthop", "\"id 9 type resilient idle_timer 5 buckets 8 unbalanced_timer 0 group 1\"",
	  "nexthop add id 9 group 1 type resilient buckets 8 idle_timer 5 unbalanced_timer 0" },

	/* What flush selects by. */
	{ "route", "\"flush t 100 proto all ty unr mark 5 me 7 rea 3/ root 10/8 ex 10.1/16 via inet6 fe80::1\"",
	  "route flush table 100 proto all type unreachable mark 5 metric 7 realms 3/ root 10.0.0.0/8 10.1.0.0/16 via inet6 fe80::1" },
	{ "route", "\"flush cache\"", "route flush cached" },
	{ "route", "\"flush table all\"", "route flush table all" },
	{ "route", "\"-6 flush to root 2001:db8::/32 from match 2001:db8:1::/48\"",
	  "-6 route flush from match 2001:db8:1::/48 root 2001:db8::/32" },
	{ "route", "{ \"op\": \"flush\", \"table\": \"all\", \"protocol\": \"static\", \"match\": \"10.1.2.3\" }",
	  "route flush table all proto static match 10.1.2.3" },
	{ "address", "\"flush tun0 -tentative dynamic scope all to 10/8 label tun0:*\"",
	  "address flush -tentative -permanent tun0 scope all to 10.0.0.0/8 label tun0:*" },
	{ "neighbour", "\"flush dev tun0 nud stale nud all proto bgp 10.0.0.9\"", "neighbour flush dev tun0 nud stale nud all protocol bgp 10.0.0.9" },
	{ "rule", "\"flush proto bgp from 10/8 pref 7\"", "rule flush priority 7 from 10.0.0.0/8 protocol bgp" },
	{ "nexthop", "\"flush protocol 186\"", "nexthop flush protocol 186" },
	{ "nexthop", "\"flush id 7\"", "nexthop del id 7" },

	/* As show prints them. */
	{ "neighbour", "\"10.0.0.2 dev tun0 lladdr 02:00:00:00:00:02 router extern_learn ref 1 used 1/2/3 probes 4 STALE proto zebra \"",
	  "neighbour add 10.0.0.2 dev tun0 lladdr 02:00:00:00:00:02 router nud stale extern_learn protocol zebra" },
	{ "neighbour", "\"10.0.0.2 dev tun0  FAILED\"", "neighbour add 10.0.0.2 dev tun0 nud failed" },
	{ "neighbour", "\"10.0.0.2 dev tun0 \"", "neighbour add 10.0.0.2 dev tun0 nud none" },
	{ "neighbour", "\"10.0.0.2 dev tun0 proxy \"", "neighbour add proxy 10.0.0.2 dev tun0" },
	{ "neighbour", "{ \"dst\": \"2001:db8::2\", \"dev\": \"tun0\", \"lladdr\": \"02:00:00:00:00:02\", \"router\": null, \"managed\": null,"
	  " \"refcnt\": 1, \"used\": 2, \"confirmed\": 3, \"updated\": 4, \"probes\": 5, \"state\": [\"REACHABLE\"], \"protocol\": \"kernel\" }",
	  "-6 neighbour add 2001:db8::2 dev tun0 lladdr 02:00:00:00:00:02 router managed nud reachable protocol kernel" },
	{ "neighbour", "{ \"dst\": \"10.0.0.2\", \"dev\": \"tun0\", \"proxy\": null }", "neighbour add proxy 10.0.0.2 dev tun0" },
	{ "nexthop", "\"id 1 via 10.0.0.2 dev tun0 scope link proto unspec onlink dead linkdown \"",
	  "nexthop add id 1 via 10.0.0.2 dev tun0 onlink protocol unspec" },
	{ "nexthop", "\"id 9 group 1,2/3 type resilient buckets 16 idle_timer 60 unbalanced_timer 300 unbalanced_time 0 scope global proto unspec \"",
	  "nexthop add id 9 group 1,2/3 type resilient buckets 16 idle_timer 60 unbalanced_timer 300 protocol unspec" },
	{ "nexthop", "{ \"id\": 9, \"group\": [{ \"id\": 1, \"weight\": 2 }, { \"id\": 3 }], \"type\": \"resilient\", \"resilient_args\":"
	  " { \"buckets\": 16, \"idle_timer\": 60, \"unbalanced_timer\": 300, \"unbalanced_time\": 0 }, \"scope\": \"global\", \"flags\": [] }",
	  "nexthop add id 9 group 1,2/3 type resilient buckets 16 idle_timer 60 unbalanced_timer 300" },
	{ "nexthop", "{ \"id\": 1, \"gateway\": \"10.0.0.2\", \"dev\": \"tun0\", \"scope\": \"link\", \"flags\": [\"onlink\", \"linkdown\"] }",
	  "nexthop add id 1 via 10.0.0.2 dev tun0 onlink" },
	{ "rule", "\"0:\\tfrom all lookup local\"", "rule add from default priority 0 lookup local" },
	{ "rule", "\"32766: from all lookup main\"", "rule add from default priority 32766 lookup main" },
	{ "rule", "\"-6 0: from all lookup local\"", "-6 rule add from default priority 0 lookup local" },
	{ "rule", "\"0: -6 from all lookup local\"", "-6 rule add from default priority 0 lookup local" },
	{ "rule", "\"94:\\tfrom all iif gone [detached] unreachable\"", "rule add from default iif gone priority 94 unreachable" },
	{ "rule", "\"103: from all goto 5000 [unresolved]\"", "rule add from default priority 103 goto 5000" },
	{ "rule", "\"91: not from all fwmark 0x1/0xff lookup 100 proto kernel\"",
	  "rule add not from default fwmark 0x1/0xff priority 91 protocol kernel lookup 100" },
	{ "rule", "\"98: from all lookup main suppress_prefixlength 0\"",
	  "rule add from default priority 98 lookup main suppress_prefixlength 0" },
	{ "route", "\"10.0.0.0/24 dev tun0 proto kernel scope link src 10.0.0.1 linkdown\"",
	  "route add 10.0.0.0/24 dev tun0 src 10.0.0.1 proto kernel scope link" },
	{ "route", "\"unicast 10.0.0.0/24 dev tun0 table main proto boot scope link dead linkdown\"",
	  "route add unicast 10.0.0.0/24 dev tun0 table main proto boot scope link" },
	{ "route", "\"broadcast 10.0.0.255 dev tun0 table local proto kernel scope link src 10.0.0.1 linkdown\"",
	  "route add broadcast 10.0.0.255 dev tun0 table local src 10.0.0.1 proto kernel scope link" },
	{ "route", "\"10.4.0.0/16 \\n\\tnexthop via 10.0.0.2 dev tun0 weight 2 linkdown \\n\\tnexthop dev tun1 weight 1 \"",
	  "route add 10.4.0.0/16 nexthop via 10.0.0.2 dev tun0 weight 2 nexthop dev tun1 weight 1" },
	{ "route", "\"2001:db8:a::/48 via 2001:db8::2 dev tun0 metric 5 expires 99sec pref high\"",
	  "-6 route add 2001:db8:a::/48 via 2001:db8::2 dev tun0 metric 5 pref high" },
	{ "route", "\"unreachable default dev lo metric 4294967295 error -101 pref medium\"",
	  "-6 route add unreachable default dev lo metric 4294967295 pref medium" },
	{ "route", "\"10.0.2.1 nhid 113 proto bgp metric 20 \\n\\tnexthop via 10.0.0.2 dev tun0 weight 1 \"",
	  "route add 10.0.2.1 nhid 113 metric 20 proto bgp" },
	{ "route", "\"default nhid 5 via 10.0.0.1 dev tun0 rto_min lock 5ms realm 3 linkdown offload\"",
	  "route add default nhid 5 rto_min 5ms realms 3" },
	{ "route", "\"multicast ff00::/8 dev tun0 table local proto kernel metric 256 pref medium\"",
	  "-6 route add multicast ff00::/8 dev tun0 table local metric 256 proto kernel pref medium" },
	{ "address", "\"inet 10.0.0.1/24 brd 10.0.0.255 scope global secondary dynamic label tun0 dev tun0 valid_lft 100sec preferred_lft 50sec\"",
	  "address add 10.0.0.1/24 broadcast 10.0.0.255 scope global dev tun0 label tun0 valid_lft 100 preferred_lft 50" },
	{ "address", "\"inet6 fe80::1/64 scope link tentative dev tun0 valid_lft forever preferred_lft forever\"",
	  "-6 address add fe80::1/64 scope link dev tun0 valid_lft forever preferred_lft forever" },

	{ "address", "\"    inet 10.0.0.1/24 metric 5 brd 10.0.0.255 scope global dynamic noprefixroute tun0:1\\n       valid_lft 9sec preferred_lft 8sec\"",
	  "address add 10.0.0.1/24 broadcast 10.0.0.255 scope global dev tun0 label tun0:1 metric 5 valid_lft 9 preferred_lft 8 noprefixroute" },
	{ "address", "\"2: tun0    inet6 2001:db8::1/64 scope global nodad \\\\       valid_lft forever preferred_lft forever\"",
	  "-6 address add 2001:db8::1/64 scope global dev tun0 valid_lft forever preferred_lft forever nodad" },
	{ "address", "\"2: tun0    inet 10.0.0.1 peer 10.0.0.2/30 scope link flags 80 proto kernel_lo tun0\"",
	  "address add 10.0.0.1 peer 10.0.0.2/30 scope link dev tun0 label tun0" },

	/* As `ip -j` prints them. */
	{ "address", "{ \"local\": \"10.0.0.1\", \"address\": \"10.0.0.2\", \"prefixlen\": 30, \"metric\": 5, \"dev\": \"tun0\", \"deprecated\": true,"
	  " \"valid_life_time\": 9, \"preferred_life_time\": 0 }",
	  "address add 10.0.0.1 peer 10.0.0.2/30 dev tun0 metric 5 valid_lft 9 preferred_lft 0" },
	{ "address", "{ \"family\": \"inet\", \"local\": \"10.0.0.1\", \"prefixlen\": 24, \"broadcast\": \"10.0.0.255\", \"scope\": \"global\","
	  " \"label\": \"tun0\", \"valid_life_time\": 4294967295, \"preferred_life_time\": 4294967295, \"dev\": \"tun0\" }",
	  "address add 10.0.0.1/24 broadcast 10.0.0.255 scope global dev tun0 label tun0 valid_lft forever preferred_lft forever" },
	{ "address", "{ \"family\": \"inet6\", \"local\": \"2001:db8::1\", \"address\": \"2001:db8::2\", \"prefixlen\": 128, \"nodad\": true, \"dev\": \"tun0\" }",
	  "-6 address add 2001:db8::1 peer 2001:db8::2 dev tun0 nodad" },
	{ "address", "{ \"op\": \"del\", \"local\": \"10.0.0.1\", \"prefixlen\": 24, \"dynamic\": true, \"noprefixroute\": true, \"dev\": \"tun0\" }",
	  "address del 10.0.0.1/24 dev tun0 noprefixroute" },
	{ "route", "{ \"dst\": \"default\", \"gateway\": \"10.0.0.2\", \"dev\": \"tun0\", \"flags\": [\"onlink\", \"linkdown\"] }",
	  "route add default via 10.0.0.2 dev tun0 onlink" },
	{ "route", "{ \"type\": \"local\", \"dst\": \"::1\", \"dev\": \"lo\", \"table\": \"local\", \"protocol\": \"kernel\", \"metric\": 0, \"flags\": [], \"pref\": \"medium\" }",
	  "-6 route add local ::1 dev lo table local metric 0 proto kernel pref medium" },
	{ "route", "{ \"dst\": \"10.4.0.0/16\", \"flags\": [], \"nexthops\": [{ \"gateway\": \"10.0.0.2\", \"dev\": \"tun0\", \"weight\": 2, \"flags\": [\"linkdown\"] },"
	  " { \"dev\": \"tun1\", \"weight\": 1, \"flags\": [\"onlink\"] }] }",
	  "route add 10.4.0.0/16 nexthop via 10.0.0.2 dev tun0 weight 2 nexthop dev tun1 weight 1 onlink" },
	{ "route", "{ \"dst\": \"10.9.0.0/16\", \"dev\": \"tun0\", \"metrics\": [{ \"mtu\": 1400, \"advmss\": 1000 }] }",
	  "route add 10.9.0.0/16 dev tun0 mtu 1400 advmss 1000" },
	{ "route", "{ \"dst\": \"10.9.0.0/16\", \"via\": { \"family\": \"inet6\", \"host\": \"fe80::1\" }, \"dev\": \"tun0\", \"flow\": { \"from\": \"3\", \"to\": \"4\" },"
	  " \"metrics\": [{ \"rtt\": 20, \"ecn\": null, \"congestion\": \"cubic\", \"mtu\": \"lock 1400\" }] }",
	  "route add 10.9.0.0/16 via inet6 fe80::1 dev tun0 mtu lock 1400 rtt 20ms features ecn congctl cubic realms 3/4" },
	{ "route", "{ \"op\": \"add\", \"dst\": \"2001:db8::/32\", \"dev\": \"tun0\", \"expires\": 60, \"encap\": { \"mpls\": { \"dst\": \"5/6\", \"ttl\": 3 } } }",
	  "-6 route add 2001:db8::/32 encap mpls 5/6 ttl 3 dev tun0 expires 60" },
	{ "route", "{ \"dst\": \"2001:db8::/32\", \"dev\": \"tun0\", \"expires\": 60, \"encap\": \"mpls 5\" }",
	  "-6 route add 2001:db8::/32 encap mpls 5 dev tun0" },
	{ "rule", "{ \"priority\": 90, \"src\": \"10.0.0.1\", \"dst\": \"10.9.0.0\", \"dstlen\": 16, \"iif\": \"tun0\", \"table\": \"100\" }",
	  "rule add from 10.0.0.1 to 10.9.0.0/16 iif tun0 priority 90 lookup 100" },
	{ "rule", "{ \"priority\": 91, \"not\": null, \"src\": \"all\", \"fwmark\": \"0x1\", \"fwmask\": \"0xff\", \"table\": \"main\", \"protocol\": \"kernel\" }",
	  "rule add not from default fwmark 0x1/0xff priority 91 protocol kernel lookup main" },
	{ "rule", "{ \"priority\": 94, \"src\": \"all\", \"iif\": \"gone\", \"iif_detached\": null, \"action\": \"unreachable\" }",
	  "rule add from default iif gone priority 94 unreachable" },
	{ "rule", "{ \"uid_start\": 100, \"uid_end\": 200, \"action\": \"prohibit\" }", "rule add uidrange 100-200 prohibit" },
	{ "rule", "{ \"ipproto\": \"udp\", \"sport_start\": 1000, \"sport_end\": 2000, \"dport\": 53, \"table\": \"main\" }",
	  "rule add ipproto udp sport 1000-2000 dport 53 lookup main" },
	{ "rule", "{ \"priority\": 102, \"src\": \"all\", \"nop\": null }", "rule add from default priority 102 nop" },
	{ "rule", "{ \"priority\": 103, \"src\": \"all\", \"goto\": 5000, \"unresolved\": null }", "rule add from default priority 103 goto 5000" },
	{ "rule", "{ \"family\": \"inet6\", \"op\": \"delete\", \"priority\": 5 }", "-6 rule del priority 5" },
};

static const struct row wrong[] = {
	{ "route", "\"10.0.0.0/8 nexthop\"", "lab:1:13: \"10.0.0.0/8 nexthop\": nexthop: lacks what must follow; allowed: what is said of one\n" },
	{ "route", "\"10.0.0.0/8  dve tun0\"", "lab:1:14: \"10.0.0.0/8 dve tun0\": dve: unknown word; did you mean \"dev\"?\n" },
	{ "route", "\"10.0.0.0/8 frobnicate 5 7 dev tun0 dev tun1\"",
	  "lab:1:13: \"10.0.0.0/8 frobnicate 5 7 dev tun0 dev tun1\": frobnicate: unknown word; allowed: those of `ip route`\n"
	  "lab:1:37: \"10.0.0.0/8 frobnicate 5 7 dev tun0 dev tun1\": dev: stands twice; allowed: once\n" },
	{ "route", "\"blakhole 10.0.0.0/8\"", "lab:1:2: \"blakhole 10.0.0.0/8\": blakhole: unknown word; did you mean \"blackhole\"?\n" },
	{ "route", "\"\\u0031\\u0030.0.0.0/8 dev tun0 metric x\"",
	  "lab:1:39: \"\\u0031\\u0030.0.0.0/8 dev tun0 metric x\": x: not a number; allowed: an integer from 0 to 4294967295\n" },
	{ "route", "\"10.0.0.0/8 nexthop dev tun0 metric 5\"",
	  "lab:1:30: \"10.0.0.0/8 nexthop dev tun0 metric 5\": metric: cannot follow; allowed: more of \"nexthop\", or nothing\n" },
	{ "route", "\"add 10.0.0.0/8 rto_min lock 5ms\"", "lab:1:1: rto_min: is always locked; allowed: without \"lock\"\n" },
	{ "route", "\"add 2001:db8::/32 expires 5sec\"", "lab:1:1: expires: not a number of seconds; allowed: one without a unit\n" },
	{ "route", "\"10.0.0.0/8 encap via 10.0.0.2\"", "lab:1:1: encap: is not of one kind; allowed: mpls, ip, ip6 or seg6\n" },
	{ "route", "\"10.0.0.0/8 encap mpls ttl 5 dev tun0\"", "lab:1:1: encap mpls: lacks the labels; allowed: such as 100/200\n" },
	{ "route", "\"10.0.0.0/8 encap seg6 mode encap dev tun0\"",
	  "lab:1:1: encap seg6: lacks its mode or segments; allowed: mode MODE segs ADDRESS,ADDRESS\n" },
	{ "route", "\"flush\"", "lab:1:1: lacks what is to go; allowed: such as \"flush table 100\" or \"flush dev DEVICE\"\n" },
	{ "route", "\"flush mtu 1400\"", "lab:1:8: \"flush mtu 1400\": mtu: unknown word; allowed: those of `ip route`\n" },
	{ "route", "\"flush table nosuch\"",
	  "lab:1:14: \"flush table nosuch\": nosuch: no table of that name in this lab; allowed: main, local, default, a name from \"tables\", a number up to 4294967295, all, or cache\n" },
	{ "neighbour", "\"flush\"", "lab:1:1: lacks what is to go; allowed: such as \"flush dev DEVICE\"\n" },
	{ "route", "\"10.0.0.0/8 via inet6 10.0.0.2\"",
	  "lab:1:23: \"10.0.0.0/8 via inet6 10.0.0.2\": inet6 10.0.0.2: of the other family; allowed: IPv6\n" },
	{ "rule", "\"replace lookup main\"", "lab:1:2: \"replace lookup main\": replace: no verb of `ip rule`; allowed: add, del, flush\n" },
	{ "rule", "\"5: lookup main pref 5\"", "lab:1:17: \"5: lookup main pref 5\": pref: stands twice; allowed: once\n" },
	{ "rule", "\"99999999999: lookup main\"",
	  "lab:1:2: \"99999999999: lookup main\": 99999999999: out of range; allowed: an integer from 0 to 4294967295\n" },
	{ "address", "\"ip address add 10.0.0.1/24 dev tun0\"",
	  "lab:1:2: \"ip address add 10.0.0.1/24 dev tun0\": ip: is not part of the line; allowed: what follows `ip address`\n" },
	{ "address", "5", "lab:1:1: is an integer; allowed: a string as after `ip address`, or an object as in `ip -j address`\n" },
};
/* clang-format on */

static const struct object *object_of(const char *name)
{
	for (const struct object *const *object = objects; *object; object++)
		if (!strcmp((*object)->name, name))
			return *object;
	abort();
}

/* The entry as ip takes it, or what is told of the line. */
static const char *read_and_printed(struct desk *desk, const char *object)
{
	static struct table vpn = { .name = "vpn", .number = 100 };
	struct entry entry;

	desk->lab.tables = &vpn;
	desk->lab.table_count = 1;
	if (!entry_read(&desk->reading, object_of(object), desk->json, NULL, &entry))
		return desk_told(desk);
	return entry_print(desk->arena, &entry);
}

static void rows_are(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct desk desk;

		desk_open(&desk, rows[i].json);
		tap_is(read_and_printed(&desk, rows[i].object), rows[i].printed, "%s %s", rows[i].object,
			rows[i].json);
		desk_close(&desk);
	}
}

/* What is printed can be read, and is printed so again: "ip" itself takes both, which tests/plan shows. */
static void printed_lines_are_read_again(void)
{
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		const char *printed = lines[i].printed, *rest;
		struct desk desk;

		/* "-6 OBJECT VERB ..." is what a line says as "-6 VERB ..." */
		rest = strstr(printed, lines[i].object) + strlen(lines[i].object) + 1;
		desk_open(&desk, "null");
		json_decref(desk.json);
		desk.json = json_string(arena_printf(desk.arena, "%s%s", *printed == '-' ? "-6 " : "", rest));
		tap_is(read_and_printed(&desk, lines[i].object), printed, "again: %s", printed);
		desk_close(&desk);
	}
}

/* The entry as JSON, read again, is printed as before. */
static void json_is_read_again(void)
{
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct desk desk, again;
		struct entry entry;
		json_t *json;

		desk_open(&desk, lines[i].json);
		desk_open(&again, "null");
		json = NULL;
		read_and_printed(&desk, lines[i].object);
		if (entry_read(&desk.reading, object_of(lines[i].object), desk.json, NULL, &entry))
			json = entry_json(desk.arena, &entry);
		json_decref(again.json);
		again.json = json ? json : json_null();
		tap_is(read_and_printed(&again, lines[i].object), lines[i].printed, "as JSON: %s %s",
			lines[i].object, lines[i].json);
		desk_close(&again);
		desk_close(&desk);
	}
}

/* A detached rule names a device that need not exist; the entry tells it. */
static void detached(void)
{
	static const char *const json[] = { "\"from all iif gone [detached] lookup main\"",
		"{ \"iif\": \"gone\", \"iif_detached\": null, \"table\": \"main\" }",
		"{ \"oif\": \"gone\", \"oif_detached\": null, \"table\": \"main\" }",
		"\"from all iif gone lookup main\"" };

	for (size_t i = 0; i < sizeof json / sizeof *json; i++) {
		struct desk desk;
		struct entry entry;

		desk_open(&desk, json[i]);
		tap_ok(entry_read(&desk.reading, object_of("rule"), desk.json, NULL, &entry) &&
				entry.detached == (i < 3),
			"%s %s detached", json[i], i < 3 ? "is" : "is not");
		desk_close(&desk);
	}
}

int main(void)
{
	rows_are(lines, sizeof lines / sizeof *lines);
	rows_are(wrong, sizeof wrong / sizeof *wrong);
	printed_lines_are_read_again();
	json_is_read_again();
	detached();
	return tap_done();
}
