/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lab says it cannot do without ("requires"): where a machine lacks it, the lab is skipped. */
#ifndef TUNLAB_REQUIREMENT_H
#define TUNLAB_REQUIREMENT_H

#include "lab/link.h"

enum { VERSION_PARTS = 3 };

struct requirement {
	const struct place *where;
	const char *text; /* as it was written */
	enum requirement_kind {
		REQUIRES_IPV6,
		REQUIRES_KERNEL, /* of a version */
		REQUIRES_LINK,	 /* of a kind */
		REQUIRES_NFT,
		REQUIRES_SYSCTL, /* of a namespace, named as in "sysctls" */
	} kind;
	const char *sysctl;
	const struct link_kind *link;
	enum comparison {
		AT_LEAST,
		AT_MOST,
		EXACTLY,
		ABOVE,
		BELOW,
	} comparison;
	uint32_t version[VERSION_PARTS];
	size_t parts; /* how many of them were given */
};

/* Reads TEXT; returns NULL, or what is wrong with it. */
const char *requirement_read(struct arena *arena, const char *text, struct requirement *out);

/* Whether RELEASE, as uname(2) has it, is of the version that is required: parts not given may be any. */
bool requirement_holds(const struct requirement *requirement, const char *release);

extern const struct type type_requirement; /* text */

#endif
