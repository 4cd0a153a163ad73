/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of what `ip -d -j` prints of rtnetlink's messages. */
#ifndef TUNLAB_SHOWN_H
#define TUNLAB_SHOWN_H

#include "run/site.h"

struct nlattr;
struct nlmsghdr;

/* A device by its index; "if7" where it has gone. */
struct shown_device {
	uint32_t index;
	const char *name;
	uint16_t type;	/* ARPHRD_... */
	uint32_t flags; /* IFF_... */
};

/* Whoever puts messages into JSON, and whom to ask for what messages have only numbers of. */
struct shown {
	struct arena *arena;
	struct site_netns *in;
	struct shown_device *devices; /* those asked for up to now */
	size_t device_count;
	struct error *error; /* the first; the caller's in the end */
};

/* Asks for the device once; it may ask rtnetlink, so no message in a socket's buffer may be used behind it.
 */
struct shown_device shown_device(struct shown *shown, uint32_t index);

/* Asks for all devices at once, where many will be asked for. */
void shown_devices(struct shown *shown);

/* Puts the name of the device into OBJECT. */
void shown_put_device(struct shown *shown, json_t *object, const char *key, uint32_t index);

/* The name of NUMBER, or the number in digits. */
void shown_put_name(json_t *object, const char *key, const struct name *names, uint32_t number);

/* The names of the bits that are set, as an array. */
void shown_put_flags(json_t *object, const char *key, const struct name *names, uint32_t set);

/* What ip prints as null where it is so; where it isn't, this has false, so that a lab can ask for either. */
void shown_put_null(json_t *object, const char *key, bool set);

void shown_put_true(json_t *object, const char *key);

/* A number, where there is such an attribute. */
void shown_put_number(json_t *object, const char *key, const struct nlattr *attribute);

/* The address or prefix (LENGTH bits, or the whole address) in an attribute, where there is one that is long
 * enough. */
void shown_put_address(struct shown *shown, json_t *object, const char *key, int family,
	const struct nlattr *attribute, uint8_t length);
void shown_put_bytes(struct shown *shown, json_t *object, const char *key, int family, const void *bytes,
	size_t size, uint8_t length);

/* A link layer's address, as that of a device of this type (ARPHRD_...): some have IP addresses for it. */
void shown_put_link_address(
	struct shown *shown, json_t *object, const char *key, uint16_t type, const struct nlattr *attribute);

/* A table, by the lab's name where it has one. */
void shown_put_table(struct shown *shown, json_t *object, const char *key, uint32_t number);

/* Encapsulation into OBJECT; nothing where there is none. */
void shown_put_encap(
	struct shown *shown, json_t *object, const struct nlattr *type, const struct nlattr *encap);

/* The address in an attribute of this family; family AF_UNSPEC: there is none. */
struct address shown_address(int family, const struct nlattr *attribute);

/* The prefix of LENGTH bits in an attribute of a route (struct rtmsg); without one it is the family's
 * default. */
struct address shown_prefix(const struct nlmsghdr *route, uint16_t type, uint8_t length);

/* Whether ADDRESS is within PREFIX. */
bool prefix_contains(const struct address *prefix, const struct address *address);

#endif
