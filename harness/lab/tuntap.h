/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What only TUN and TAP devices have (Documentation/networking/tuntap.rst): the form of what a program reads
 * from them, how many queues they have, to whom they belong, and whether they outlive the program. A change
 * says which queues are detached, and closes the device as if the program had ended, or opens it again.
 */
#ifndef TUNLAB_TUNTAP_H
#define TUNLAB_TUNTAP_H

#include "lab/link.h"

enum { TUNTAP_QUEUES = 256 }; /* of one device: the kernel's MAX_TAP_QUEUES */

/* The kind's own settings, and what checks them (struct link_kind). */
extern const struct field tuntap_fields[];
const char *tuntap_settle(const struct reading *reading, struct link *link);

/* The flags of TUNSETIFF. Something is left to the link (IFF_VNET_HDR) where that is said of it, else where
 * the relay carries its wire. */
uint16_t tuntap_flags(const struct link *link);

/* How many queues it has. */
unsigned tuntap_queues(const struct link *link);

/* Whether it stays when nobody has it open. */
bool tuntap_persists(const struct link *link);

/* The number of its owner, and of its owners' group, in "number"; NULL: there is none. */
const struct value *tuntap_owner(const struct link *link);
const struct value *tuntap_group(const struct link *link);

/* What a change does: nothing, close its queues, or open them; what is so already stays so. */
enum tuntap_open {
	TUNTAP_STAYS,
	TUNTAP_CLOSES,
	TUNTAP_OPENS,
};
enum tuntap_open tuntap_opening(const struct link *link);

/* Whether a change opens one that went when it was closed, and so makes it anew. */
bool tuntap_returns(const struct link *link);

/* Whether a change says which queues are detached; and whether it says so of this one. */
bool tuntap_detaches(const struct link *link);
bool tuntap_detached(const struct link *link, unsigned queue);

/* The device as the words of `ip tuntap` that follow its mode, each with a blank before it. */
const char *tuntap_print(struct arena *arena, const struct link *link);

#endif
