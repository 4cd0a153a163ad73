/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The door to rtnetlink(7), by libmnl: one socket for each namespace, extended acks always on. */
#ifndef TUNLAB_RTNL_H
#define TUNLAB_RTNL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/error.h"
#include "lab/object.h"

struct rtnl;
struct nlmsghdr;
struct nlattr;

/*
 * Whom to ask for the index of a device and the descriptor of a namespace that a request names. Where a
 * function is given none (NULL), devices are those of the socket's namespace.
 */
struct resolver {
	/* The index of the device (name, or namespace/name) as seen from the namespace asked of; 0 if there
	 * is none. */
	uint32_t (*device)(void *context, const char *name);
	/* The descriptor of the namespace, -1 if there is none. */
	int (*netns)(void *context, const char *name);
	void *context;
};

/* Opens a socket in the calling thread's namespace. */
struct error *rtnl_open(struct rtnl **out);

/* Closes it; NULL is allowed. */
void rtnl_close(struct rtnl *rtnl);

/*
 * Asks the kernel and waits for its answer. An error has the kernel's errno and what its extended ack said,
 * and status STATUS_WRONG; a lost or late answer (after 5 s) is STATUS_UNABLE; so are, with "skip" set,
 * EOPNOTSUPP and its like where the kernel lacks the kind of link asked for ("Unknown device type"). A device
 * that the resolver does not know is ENODEV, "Cannot find device \"...\"", before anything is sent.
 */
struct error *rtnl_do(struct rtnl *rtnl, const struct request *request, const struct resolver *resolver);

/* Like rtnl_do, for a request with one answer (RTM_GETROUTE, RTM_GETLINK of one device, ...); ANSWER is
 * called with it. */
struct error *rtnl_ask(struct rtnl *rtnl, const struct request *request, const struct resolver *resolver,
	void (*answer)(void *context, const struct nlmsghdr *message), void *context);

/*
 * Dumps all objects that REQUEST (of an RTM_GET... type; NLM_F_DUMP goes without saying) asks for. A dump
 * that the kernel says was interrupted is drained and begun anew, ten times at most. EACH may be called again
 * for the same object then; BEGIN, which may be NULL, is called before each beginning.
 */
struct error *rtnl_dump(struct rtnl *rtnl, const struct request *request, void (*begin)(void *context),
	void (*each)(void *context, const struct nlmsghdr *message), void *context);

/*
 * Whether one stands that says all that REQUEST (of type RTM_NEW...) says of OBJECT: its "same" compares the
 * headers, each attribute of the request must be in the dumped one with the same bytes, nested ones likewise,
 * and none of its "decisive" ones, nor others in a nest that stands in both, may be there alone. What is zero
 * is the same as what isn't there.
 */
struct error *rtnl_stands(struct rtnl *rtnl, const struct request *request, const struct object *object,
	const struct resolver *resolver, bool *stands);

/*
 * Does the flush ENTRY, whose request for the dump is REQUEST: all that it selects is deleted, until a dump
 * has none left. Nothing to delete is no error, nor is what has gone meanwhile. After ten rounds what is left
 * is STATUS_WRONG.
 */
struct error *rtnl_flush(struct rtnl *rtnl, const struct request *request, const struct entry *entry,
	const struct resolver *resolver);

/* Sends MESSAGE as it stands, with a sequence number and NLM_F_ACK, and waits for the acknowledgement. */
struct error *rtnl_do_message(struct rtnl *rtnl, struct nlmsghdr *message);

/* The index of the device in the socket's namespace (remembered until rtnl_forget); 0 if there is none. */
uint32_t rtnl_index(struct rtnl *rtnl, const char *name);

/* Forgets all remembered indexes: links were made, deleted or renamed. */
void rtnl_forget(struct rtnl *rtnl);

/*
 * Reading messages: the header behind struct nlmsghdr, and the attributes behind a header of HEADER bytes.
 * rtnl_attribute gives the first attribute of TYPE, NULL if there is none; nested_attribute the same inside a
 * nest.
 */
const void *rtnl_header(const struct nlmsghdr *message);
const struct nlattr *rtnl_attribute(const struct nlmsghdr *message, size_t header, uint16_t type);
const struct nlattr *nested_attribute(const struct nlattr *nest, uint16_t type);

/* An attribute's data: OTHERWISE, NULL or 0 where it is NULL or too short. */
uint32_t attribute_number(const struct nlattr *attribute, uint32_t otherwise); /* of 1, 2, 4 or 8 bytes */
const char *attribute_text(const struct nlattr *attribute);
const void *attribute_data(const struct nlattr *attribute, size_t *size);

/* Calls EACH for every attribute in the nest. */
void attribute_each(const struct nlattr *nest, void (*each)(void *context, const struct nlattr *attribute),
	void *context);

/* The attribute's type, without flags. */
uint16_t attribute_type(const struct nlattr *attribute);

#endif
