/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules as `ip -d -j rule` prints them. */
#ifndef TUNLAB_RUN_RULE_H
#define TUNLAB_RUN_RULE_H

#include "run/shown.h"

/* The rule in MESSAGE (RTM_NEWRULE) as an object with the keys and forms of `ip -d -j rule`; the caller owns
 * it. What is null where it is so is false where it isn't. */
json_t *rule_json(struct shown *shown, const struct nlmsghdr *message);

/* The same as `ip rule show` prints it, without its number: "from all lookup main". */
const char *rule_print(struct arena *arena, const json_t *rule);

#endif
