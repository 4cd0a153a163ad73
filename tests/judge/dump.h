/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands in both namespaces, compared. After each line the kernel's own dumps are compared byte by byte,
 * which costs little and misses nothing; now and then also what `ip -d -j` prints of them.
 *
 * Left out, since it says when something was done, not what was done:
 *   the messages' sequence numbers and port ids
 *   RTA_CACHEINFO, NDA_CACHEINFO, IFA_CACHEINFO: times and use counts; what is left of lifetimes and of a
 *     route's time ("expires") is compared, to within three seconds
 *   NHA_RES_GROUP_UNBALANCED_TIME, NHA_RES_BUCKET_IDLE_TIME: times of use
 *   neighbours in the state NOARP that the kernel made for multicast, when it joined a group
 *   the order of neighbours: their hash depends on the device's address in memory
 *   the order of the routes fe80::/64 and ff00::/8 among each other: devices get ready in any order
 */
#ifndef TUNLAB_TESTS_JUDGE_DUMP_H
#define TUNLAB_TESTS_JUDGE_DUMP_H

#include "tests/judge/stand.h"

/* Compares the kernel's dumps. NULL, or which object differs; owned by nobody. */
const char *dump_compare(struct stand *stand);

/* Compares what `ip -d -j` prints of all objects. NULL, or the first command whose output differs. */
const char *dump_compare_ip(struct stand *stand);

/* Prints, as comments, what `ip -d` prints of the objects of that name in one namespace and not in the other.
 */
void dump_show(struct stand *stand, const char *name);

#endif
