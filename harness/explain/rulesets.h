/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lab's rulesets of nftables may do to packets, as far as their words tell. */
#ifndef TUNLAB_RULESETS_H
#define TUNLAB_RULESETS_H

#include "explain/evidence.h"
#include "lab/lab.h"

/*
 * Whether a ruleset that the namespace got before the evidence's step has these words; it may have been
 * flushed since. One in JSON is taken to have any.
 */
bool rulesets_say(const struct evidence *evidence, const struct netns *in, const char *words);

/* Whether one may drop a packet. */
bool rulesets_drop(const struct evidence *evidence, const struct netns *in);

/* Whether one may drop a packet before the kernel has looked where it goes. */
bool rulesets_drop_early(const struct evidence *evidence, const struct netns *in);

/* Whether one may drop what comes in before its protocol is given it. */
bool rulesets_guard(const struct evidence *evidence, const struct netns *in);

/* Whether one may give a packet a mark by which it goes elsewhere. */
bool rulesets_mark(const struct evidence *evidence, const struct netns *in);

/* Whether one may change the target of a packet of the role: that of answers is changed back where sources
 * are translated. */
bool rulesets_translate(const struct evidence *evidence, const struct netns *in, enum role role);

/* Either: then a lookup of the packet as it was seen tells little. */
bool rulesets_lead(const struct evidence *evidence, const struct netns *in, enum role role);

#endif
