/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's defaults of what a new namespace inherits, and the comparison of what was read with them. */
#ifndef TUNLAB_BASELINE_TABLE_H
#define TUNLAB_BASELINE_TABLE_H

#include <stdint.h>

#include "kernel/baseline.h"

/* A value that this kernel does not have, or that nobody looks at: not compared. */
#define ABSENT INT64_MIN

enum { FAMILIES = 2, DEVICE_SETTINGS = 64, NEIGHBOUR_SETTINGS = 16, VALUES = 3 };

/* net.FAMILY.conf.{all,default,DEVICE}.NAME */
struct device_setting {
	const char *name;  /* NULL ends the table */
	uint16_t index;	   /* in the array that a device's IFLA_INET_CONF or IFLA_INET6_CONF is, from 0 */
	int64_t all;	   /* the kernel's default; ABSENT: the kernel looks only at the device's */
	int64_t initially; /* the kernel's default of "default" */
	bool own_on_lo;	   /* lo has a value of its own, which no namespace inherits */
};

/* net.FAMILY.neigh.DEVICE.NAME */
struct neighbour_setting {
	const char *name;   /* NULL ends the table */
	uint16_t attribute; /* NDTPA_... */
	uint32_t unit;	    /* how many of the attribute's units (ms, bytes, ...) are one of the sysctl's */
	int64_t value[FAMILIES]; /* the kernel's default, in the attribute's unit */
};

/* A sysctl of text. */
struct text_setting {
	const char *name;
	const char *value;
};

struct baseline_family {
	const char *name; /* "ipv4", "ipv6" */
	const struct device_setting *devices;
};

extern const struct baseline_family baseline_families[FAMILIES];
extern const struct neighbour_setting baseline_neighbours[];
extern const struct text_setting baseline_texts[VALUES];

/*
 * Which of a bridge's packets the IP firewall is called for, in namespaces that have a bridge: for none.
 * Where br_netfilter happens to be loaded every new namespace begins with 1, elsewhere the names do not
 * exist. Ends with NULL.
 */
extern const char *const baseline_bridges[];

/* What a new namespace has: each array in the order of its table. */
struct baseline_seen {
	struct {
		int64_t all[DEVICE_SETTINGS], initially[DEVICE_SETTINGS];
		int64_t neighbours[NEIGHBOUR_SETTINGS];
	} family[FAMILIES];
	char texts[VALUES][64]; /* "": absent */
};

/* Makes everything in SEEN absent. */
void baseline_nothing_seen(struct baseline_seen *seen);

/* Adds to OUT, which began as zeros, what must be set for SEEN to become the kernel's defaults, in the order
 * of setting. */
void baseline_compare(struct arena *arena, const struct baseline_seen *seen, struct baseline_plan *out);

#endif
