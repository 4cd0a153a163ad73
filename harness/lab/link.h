/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of links: each is one file in links/ with a descriptor. */
#ifndef TUNLAB_LINK_H
#define TUNLAB_LINK_H

#include <linux/if.h>

#include "lab/request.h"

struct link;
struct netns;

/* How a link comes to be. */
enum link_made {
	LINK_BY_REQUEST, /* RTM_NEWLINK with IFLA_INFO_KIND */
	LINK_BY_TUN,	 /* TUNSETIFF on /dev/net/tun, which gives a descriptor
			    (Documentation/networking/tuntap.rst) */
	LINK_IS_THERE,	 /* every namespace has it: lo */
};

/* Whether a kind of link stands on another, which "link" names. */
enum link_lower {
	LOWER_NONE,
	LOWER_OPTIONAL,
	LOWER_REQUIRED,
};

struct link_kind {
	const char *name; /* as `ip link add type` has it */
	const char *what; /* for the manual */
	enum link_made made;
	uint16_t tun_flags; /* of LINK_BY_TUN: IFF_TUN or IFF_TAP */
	bool ethernet;	    /* it has a MAC address, which the lab's seed decides unless one is given */
	/* Its MAC or link-local address comes from the link below it, or from the tunnel's own addresses, and
	 * not from the lab's seed. */
	bool inherits;
	enum link_lower lower;
	uint16_t lower_attribute; /* inside IFLA_INFO_DATA, which has the lower link; 0: IFLA_LINK has it */
	/* In another namespace than its lower link it must be made there, and moved: the kernel takes the
	 * namespace that it is made in for the one that it sends in. */
	bool moved;
	bool whole; /* a change of one must say again what shall stay, or the kernel forgets it */
	const struct field *fields; /* attributes inside IFLA_INFO_DATA, and the kind's own settings */
	/* Checks what no field can check alone, the link's values being read. NULL, or what is wrong. */
	const char *(*settle)(const struct reading *reading, struct link *link);
	/* What the kernel does not take by RTM_NEWLINK, once the link is made: the request of this number,
	 * from 0; NULL: there are no more. PRINT says it as a command in the link's namespace. */
	struct request *(*request)(struct arena *arena, const struct link *link, size_t number);
	const char *(*print)(struct arena *arena, const struct link *link, size_t number);
};

/* Made from the files of links/; ends with NULL. In the order of their names. */
extern const struct link_kind *const link_kinds[];

/* What every kind takes. */
extern const struct field link_fields[];

/* What a port of a bridge takes, in "bridge_slave". */
extern const struct field port_fields[];

struct link {
	const char *name;
	struct netns *in;
	const struct place *where;
	const struct link_kind *kind; /* NULL until known: what a wire names without declaring it */
	const json_t *json;	      /* what "links" says of it; NULL: nothing */
	struct values values;	      /* of link_fields */
	struct values own;	      /* of the kind's fields */
	struct values bridge_port;    /* of port_fields */
	struct link *lower;	      /* that it stands on, maybe in another namespace; NULL: none */
	unsigned rank;		      /* above that of its lower link, which must be made and come up first */
	struct link *raised_by;	      /* what its rank comes from, NULL: it has nothing below it */
	struct wire *wire;	      /* whose end it is, NULL: none's */
	size_t end;		      /* which of the wire's ends */
	const char *peer;	      /* a veth's other end, as name or namespace/name; NULL: none */
	bool read;		      /* link_read has been here */
	bool made_by_peer;	      /* the other end of a veth makes this one */
	uint8_t mac[6];		      /* decided, where the kind has one */
	const struct place *birth;    /* of the change that makes it; NULL: it stands from the beginning */
	bool numbered;		      /* the relay carries its wire, and knows it by: */
	uint32_t port;
	bool late;		   /* it stood before its wire was read: the wire's change hands it over */
	struct link *stands;	   /* of a change: the link that it changes; NULL: it makes one */
	const struct link *before; /* of a change: what was said of it last */
	const struct link *last;   /* of what stands: the last change of it; NULL: none was read */
	struct values impaired;	   /* what impairs packets to it on its wire, as was read last */
	uint32_t scheduled;	   /* bits of the kinds of impairments that are scheduled for it */
	uint64_t delay;		   /* nanoseconds for which such packets are held up at most, whenever */
};

/* Adds a link to those that stand in a namespace, which must not have one of that name. */
struct link *link_add(
	const struct reading *reading, struct netns *in, const char *name, const struct place *where);

/* Reads what "links" says of it by the tables of its kind, which must be known by now; a second call does
 * nothing. */
void link_read(const struct reading *reading, struct link *link);

/* "namespace/device", as wires name their ends. */
const char *link_path(struct arena *arena, const struct link *link);

/* The kind of that name, NULL if there is none. */
const struct link_kind *link_kind(const char *name);

/* Whether the link comes up when it is made. */
bool link_up(const struct link *link);

/* The link's MTU as far as the lab says: the default is 1500, of lo 65536. */
uint32_t link_mtu(const struct link *link);

/* The namespace in which the link is asked for: that of its lower link, or its own. */
const struct netns *link_made_in(const struct link *link);

/* The request, in that namespace, that moves it to its own; NULL: it is made there. */
struct request *link_move_request(struct arena *arena, const struct link *link);

/* The request that makes the link, or with STANDS changes what is given of one that stands. */
struct request *link_request(struct arena *arena, const struct link *link, bool stands);

/* The request that says how its IPv6 link-local address is made, which the kernel takes of what stands
 * already only; NULL: nothing was said. */
struct request *link_mode_request(struct arena *arena, const struct link *link);

/* The request that enslaves it or takes it from its master ("" in "master"); NULL: nothing was said. */
struct request *link_master_request(struct arena *arena, const struct link *link);

/* The request that sets what it is as a bridge's port; NULL: nothing was said. */
struct request *link_port_request(struct arena *arena, const struct link *link);

/* The request that sets the link up or down. */
struct request *link_up_request(struct arena *arena, const struct link *link, bool up);

/* The same as words after `ip`. */
const char *link_print(struct arena *arena, const struct link *link, bool stands);
const char *link_port_print(struct arena *arena, const struct link *link);

/*
 * Gives ranks to all links of the lab. Links that stand on themselves, by way of others that they stand on or
 * that are enslaved to them, are a problem.
 */
void links_rank(const struct reading *reading);

#endif
