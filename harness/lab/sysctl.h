/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sysctls of a namespace, as sysctl.d(5) writes their names: with dots, with slashes, with globs. */
#ifndef TUNLAB_LAB_SYSCTL_H
#define TUNLAB_LAB_SYSCTL_H

#include "lab/value.h"

struct content;

struct sysctl {
	const struct place *where;
	const char *name;  /* as it was written: net.ipv4.ip_forward, net/ipv4/conf/eth0.5/rp_filter */
	const char *path;  /* below /proc/sys/net: ipv4/conf/eth0.5/rp_filter */
	const char *value; /* NULL: globs leave it alone, and nothing else is done */
	bool glob;	   /* of PATH's parts one is a pattern of glob(7) */
	bool matched;	   /* a glob beside it means it, or it is one */
	const char **but;  /* of a glob: the paths that are spoken of by name, which it leaves alone */
	size_t but_count;
	const struct sysctl *before; /* of a glob: the first of these that was written before it, if any */
};

/* What is wrong with NAME as a sysctl's, or as a glob; NULL if nothing is. */
const char *sysctl_name_wrong(const char *name);

/* Reads the member "sysctls" of a namespace, which stands at WHERE, into CONTENT. */
void sysctls_read(const struct reading *reading, struct content *content, const json_t *json,
	const struct place *where);

/* Whether it is, or may be, a switch of forwarding, which resets others and so is set before them. */
bool sysctl_is_forwarding(const struct sysctl *sysctl);

/* Whether it is, or may be, one of IPv6. */
bool sysctl_is_ipv6(const struct sysctl *sysctl);

/*
 * What PATH says of a device: the part of net.FAMILY.conf.DEVICE... or net.FAMILY.neigh.DEVICE..., which may
 * be a pattern, or "all", or "default"; NULL where it is none of these.
 */
const char *sysctl_device(struct arena *arena, const struct sysctl *sysctl);

/* As a shell command for the namespace IN; a loop for a glob, since sysctl -w knows none. */
const char *sysctl_print(struct arena *arena, const char *in, const struct sysctl *sysctl);

#endif
