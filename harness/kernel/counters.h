/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters of a namespace by nstat's names (IpInReceives, TcpExtIPReversePathFilter, Icmp6InEchos, ...), from
 * /proc/net/snmp, netstat, snmp6 and sctp/snmp, those of its devices (rx packets, rx dropped, ...) as
 * DEVICE.rx_packets, from rtnetlink, and the packets of nftables' named counters as "nft FAMILY TABLE NAME".
 */
#ifndef TUNLAB_COUNTERS_H
#define TUNLAB_COUNTERS_H

#include <stdbool.h>

#include "kernel/rtnl.h"
#include "lab/arena.h"

/* What one namespace's counters are read from. */
struct counter_files {
	int snmp, netstat, snmp6, sctp; /* -1: not there */
	struct rtnl *nftables;		/* NULL: none */
};

/* All counters at one moment, in the order in which the kernel prints them. */
struct counts {
	struct count {
		const char *name;
		uint64_t number;
	} * at;
	size_t count;
};

/*
 * Opens the files of the calling thread's namespace; kept open, they stay that namespace's. Without IPV6
 * snmp6 is left out, which takes a third of the time of reading them all; without NFTABLES its counters.
 */
struct error *counters_open(struct counter_files *out, bool ipv6, bool nftables);
void counters_close(struct counter_files *files);

/* Reads all of them anew; names and numbers are taken from ARENA. RTNL (NULL: without devices) is of the same
 * namespace. */
struct error *counters_read(
	struct arena *arena, const struct counter_files *files, struct rtnl *rtnl, struct counts *out);

/*
 * The text of a /proc/net/snmp- or netstat-like file (pairs of lines) or snmp6-like (name, number) as
 * counters, which are appended to OUT (to begin with, { 0 }). Names are taken from ARENA: the text need not
 * be kept.
 */
void counters_parse(struct arena *arena, const char *text, struct counts *out);
void counters_parse_snmp6(struct arena *arena, const char *text, struct counts *out);

/* The number of that name; false if there is none. Types of ICMP messages are listed only once one has come:
 * until then it is 0. */
bool counts_get(const struct counts *counts, const char *name, uint64_t *number);

/*
 * What moved from BEFORE to AFTER: the counters that differ, with the difference; one that was not there
 * before, or that fell, has begun anew from 0 (its device was made anew). Gauges (forwarding, CurrEstab, ...)
 * are left out. The names are AFTER's.
 */
struct counts counts_moved(struct arena *arena, const struct counts *before, const struct counts *after);

#endif
