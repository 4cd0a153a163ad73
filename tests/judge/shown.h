/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `ip -j ... show` prints, made comparable. Left out:
 *   valid_life_time, preferred_life_time, expires, and of nexthops idle_time and unbalanced_time, but for
 *     "forever": what is left of a time is less with every second
 *   of addresses, all of the link but its name: the link is made anew; its index, its counters and its timers
 *     are its own
 *   neighbours that the kernel made for multicast, when it joined a group
 *   the order of a device's IPv6 addresses: the kernel has the newest first
 *   neighbours of link-local addresses, but permanent ones: what devices send by themselves makes them, at
 *     any time
 *   the order of neighbours: their hash depends on the device's address in memory
 *   the order of the routes fe80::/64 and ff00::/8 among each other: devices get ready in any order
 */
#ifndef TUNLAB_TESTS_JUDGE_SHOWN_H
#define TUNLAB_TESTS_JUDGE_SHOWN_H

#include <stdbool.h>
#include <stdio.h>

/* The elements of the array in TEXT, one a line; to be freed. */
char *shown_normal(const char *text);

/* Prints the lines of ONE that are not in OTHER as comments: "#   only WHO: ...". */
void shown_missing(FILE *to, const char *one, const char *other, const char *who);

#endif
