/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rulesets of nftables, by libnftables: loaded only where a lab has one, and let loose on what a stranger
 * wrote only in a process of its own. That process has no file but the lists of services and protocols (where
 * the kernel has Landlock; see landlock(7)), no capability but CAP_NET_ADMIN, and five seconds: whatever the
 * library makes of a text, it can do no more than what a namespace's ruleset may do. So names of hosts,
 * users, groups, realms and marks, which are the machine's, mean nothing to it.
 */
#ifndef TUNLAB_NFT_H
#define TUNLAB_NFT_H

#include "lab/error.h"
#include "lab/ruleset.h"

/*
 * What is wrong with the ruleset's words, as far as it can be told without privilege and without a kernel's
 * answer: a ruleset_check for the reading of labs. Where libnftables is missing, nothing is told.
 */
bool nft_wrong(struct arena *arena, const struct ruleset *ruleset, struct ruleset_wrong *wrong);

/*
 * Hands the ruleset to the calling thread's namespace, all of it or nothing. What the kernel or the library
 * refuses is STATUS_WRONG with nft's own words as its message, the errno in them (EINVAL where they have
 * none), and where in the text (see struct ruleset_wrong). Where libnftables or nf_tables are missing it is
 * STATUS_UNABLE, and the lab may be skipped.
 */
struct error *nft_apply(struct arena *arena, const struct ruleset *ruleset, struct ruleset_wrong *wrong);

/*
 * What `nft -s -a list ruleset` prints of the calling thread's namespace: at most 16 KiB of it. NULL: it
 * cannot be asked, or libnftables is not here.
 */
const char *nft_list(struct arena *arena);

/* Whether libnftables is here. */
bool nft_is_here(void);

#endif
