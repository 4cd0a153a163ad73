/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The named counters of nftables, from the kernel itself: libnftables is not needed for them. */
#ifndef TUNLAB_NFT_COUNTERS_H
#define TUNLAB_NFT_COUNTERS_H

#include "kernel/counters.h"

/* Opens a socket to the calling thread's namespace. *OUT stays NULL where the kernel has no netfilter. */
struct error *nft_counters_open(struct rtnl **out);

/*
 * Appends the packets of each named counter, as "nft FAMILY TABLE NAME". Names are taken from ARENA;
 * characters that nft's own words cannot have (names made by JSON can) are told as '?'. NFTABLES may be NULL.
 */
struct error *nft_counters_read(struct arena *arena, struct rtnl *nftables, struct counts *out);

#endif
