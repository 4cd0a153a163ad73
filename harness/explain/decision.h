/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a namespace decides about a packet: the kernel's own lookup (RTM_GETROUTE), and by which rule it came
 * to that, which the kernel does not tell: the rules are gone through in their order, as fib_rules_lookup()
 * does, and the result is compared with the table that the kernel names.
 */
#ifndef TUNLAB_DECISION_H
#define TUNLAB_DECISION_H

#include "explain/flow.h"
#include "run/site.h"

/* What is asked. */
struct question {
	const struct flow *flow;
	const char *iif;     /* the device that it comes in by; NULL: it is sent here */
	const char *oif;     /* that it is bound to; NULL: none */
	bool without_source; /* the source is not chosen yet */
	uint32_t mark, uid;
	bool has_uid; /* else it is the harness's own; of what comes in the kernel takes root */
};

struct decision {
	int number; /* errno of the lookup; 0: there is a route */
	int behind; /* errno of what rules and tables led to, where the lookup says EHOSTUNREACH of all since
		       the device does not forward; 0: none, or there is a route */
	const char *message;	/* what the kernel said beyond it, or NULL */
	const char *type;	/* "unicast", "local", "blackhole", ... ; NULL: no entry was found */
	const char *device;	/* that it leaves by; NULL: none */
	const char *gateway;	/* NULL: on the link */
	const char *source;	/* the preferred one, where it was not chosen; NULL: none */
	uint32_t table;		/* 0: nobody knows */
	const char *table_name; /* by the lab's name; NULL with 0 */
	/* The table's entry, in the words of `ip route show` that tell it from others, "dev" spelled out;
	 * NULL: none. */
	const char *route;
	long long rule;	       /* its priority; -1: nobody knows, or "nothing" */
	const char *rule_text; /* as `ip rule show` has it, without its number; NULL: nobody knows, or
				  "nothing" */
	bool rule_ends;	       /* the rule itself is the end: prohibit, unreachable, blackhole */
	bool nothing;	       /* all rules were gone through, and none led to an entry */
	bool assumed; /* none led to a way, but IPv4 takes what a socket bound to "device" sends to be on that
			 link */
	/*
	 * Only the source is in the way: the source check of IPv4 refuses it, or the namespace may not send
	 * from it. Type, device, table and so on are those of the way without that.
	 */
	bool source_refused;
	/* What the kernel answered agrees with rule and table; else the kernel could not be asked for the way
	 * itself (the source was refused, forwarding is off), and they follow from rules and tables alone. */
	bool confirmed;
	bool not_forwarded; /* IPv4 does not forward what comes in by the device, whatever way there is */
	/* Of a bridge that the device it comes in by is a port of: frames are the bridge's, and are looked up
	 * only where it hands them up. NULL: of none. */
	const char *bridge;
	const uint32_t *marks; /* that rules ask for: another mark may lead elsewhere */
	size_t mark_count;
	bool device_down; /* that which it comes in by, or is bound to, is down */
	bool by_arrival; /* of decision_reverse: one of its next hops is by the device that the packet came in
			    by */
};

/*
 * Asks. Texts are taken from ARENA. The error is the harness's own; a lookup that fails is in OUT. Where it
 * fails although there is an entry (the source is refused; an IPv4 device does not forward, EHOSTUNREACH),
 * the entry is in OUT all the same. Rules are named only where rules and tables, gone through as the kernel
 * does, end as the kernel did, or only one rule leads to the table that the kernel named.
 */
struct error *decision_make(
	struct arena *arena, struct site_netns *in, const struct question *question, struct decision *out);

/*
 * The way back to the source of what comes in by a device, as the source check looks it up
 * (fib_validate_source()): with source and destination exchanged; as if it came in by the device that the
 * packet is to be forwarded by, or were sent here (by "lo"), where it is for this host; with the mark only
 * where src_valid_mark is set. Any device is an answer. The check, if it is made, refuses where the type is
 * not "unicast" (a "local" one: the source is this host's own) or there is an errno; with rp_filter 1 also
 * where "by_arrival" is false, as with 2 where the device has no IPv4 address. For IPv6, which has no such
 * check, it is the way of an answer that is sent here.
 */
struct error *decision_reverse(
	struct arena *arena, struct site_netns *in, const struct question *question, struct decision *out);

/* As one line: "rule 32766 (from all lookup main) → table main → 10.0.0.0/24 dev tun0"; what is refused with
 * the errno behind it. */
const char *decision_print(struct arena *arena, const struct decision *decision);

#endif
