/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is asked of rtnetlink, as data: a header and attributes (rtnetlink(7)). Whoever makes one needs no
 * socket and no namespace: devices and namespaces are named, and kernel/ puts their indexes and descriptors
 * in as it encodes.
 */
#ifndef TUNLAB_REQUEST_H
#define TUNLAB_REQUEST_H

#include "lab/value.h"

enum { REQUEST_HEADER = 32 };

struct attributes {
	struct attribute *at;
	size_t count;
};

/* A fixed header with attributes behind it: a whole message, or a piece inside an attribute. */
struct body {
	unsigned char header[REQUEST_HEADER];
	size_t size;	    /* of the header, in bytes */
	const char *device; /* whose index goes into the header, NULL: none's */
	size_t device_at;   /* at this offset, as 32 bits */
	struct attributes attributes;
};

enum attribute_kind {
	ATTRIBUTE_BYTES,
	ATTRIBUTE_BITS,	     /* 32 of them */
	ATTRIBUTE_DEVICE,    /* 32 bits: the index of device "name" */
	ATTRIBUTE_NAMESPACE, /* 32 bits: a descriptor of namespace "name" */
	ATTRIBUTE_NEST,	     /* attributes, flagged NLA_F_NESTED */
	ATTRIBUTE_BODY,	     /* a header with attributes, such as the peer of a veth */
	ATTRIBUTE_BODIES,    /* several, each with its length in its first two bytes: struct rtnexthop */
};

/* What is sent, and which of a mask must be set in what stands: the kernel adds some of its own. */
struct bits {
	uint32_t sent, stands, mask;
};

struct attribute {
	uint16_t type;
	enum attribute_kind kind;
	union {
		struct {
			const void *bytes;
			size_t size;
		};
		struct bits bits;
		const char *name; /* of a device, or namespace/device, or a namespace */
		struct attributes nest;
		struct {
			struct body *bodies;
			size_t count;
		};
	};
};

struct request {
	const char *generic; /* the family of generic netlink that is asked, whose number is the type; NULL:
				rtnetlink */
	uint16_t type;	     /* RTM_NEWLINK, ... */
	uint16_t flags;	     /* NLM_F_CREATE, ...; NLM_F_REQUEST and NLM_F_ACK go without saying */
	struct body body;
};

/* Sets the header of BODY to the SIZE bytes at HEADER (at most REQUEST_HEADER). */
void body_header(struct body *body, const void *header, size_t size);

/* Appends an attribute to TO; data are copied into ARENA. Returns it, valid until the next is appended. */
struct attribute *attribute_bytes(
	struct arena *arena, struct attributes *to, uint16_t type, const void *bytes, size_t size);
struct attribute *attribute_u32(struct arena *arena, struct attributes *to, uint16_t type, uint32_t number);
struct attribute *attribute_string(
	struct arena *arena, struct attributes *to, uint16_t type, const char *text);
struct attribute *attribute_name(struct arena *arena, struct attributes *to, uint16_t type,
	enum attribute_kind kind, const char *name);
struct attribute *attribute_body(
	struct arena *arena, struct attributes *to, uint16_t type, const struct body *body);

/* The attributes of the nest of this type in TO, which is made if it isn't there. */
struct attributes *attribute_nest(struct arena *arena, struct attributes *to, uint16_t type);

/* A further nest of this type: an element of a list. */
struct attributes *attribute_element(struct arena *arena, struct attributes *to, uint16_t type);

/* Appends all VALUES whose fields have an attribute, each as its type says, nested as its field says. */
void attributes_from(struct arena *arena, struct attributes *to, const struct values *values);

#endif
