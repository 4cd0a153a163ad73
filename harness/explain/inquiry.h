/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One lookup: what the kernel is asked, what it answers, and what rules and tables say of it. */
#ifndef TUNLAB_INQUIRY_H
#define TUNLAB_INQUIRY_H

#include "explain/decision.h"
#include "explain/rules.h"
#include "run/lookup.h"

/* A question, and what is needed to answer it. */
struct inquiry {
	struct shown shown;
	struct arena *arena;
	const struct question *question;
	struct tables tables;
	struct rules rules;
	struct asked asked;
	struct lookup lookup;
	const struct nlmsghdr *answer, *match; /* the kernel's; NULL: none */
	int number;			       /* its refusal */
	struct ruling ruling; /* what rules and tables say, where that explains what it said */
	bool explained;
	struct decision *out;
};

/* Reads rules and tables and asks the kernel; its refusal is an answer. The error is the harness's own. */
struct error *inquiry_ask(struct inquiry *inquiry);

/* Whether one of IPv4's settings is set for all devices or for this one ("src_valid_mark", ...). */
bool inquiry_is_set(const struct inquiry *inquiry, const char *device, const char *setting);

/* Puts into the decision what the answer says, and what rules and tables say where that agrees. */
struct error *inquiry_conclude(struct inquiry *inquiry);

#endif
