/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysctls of a namespace: below net. only, never through a link, never one that is not the namespace's own.
 */
#ifndef TUNLAB_SYSCTL_H
#define TUNLAB_SYSCTL_H

#include <stddef.h>

#include "lab/error.h"

/*
 * Sets NAME in the namespace that the descriptor NAMESPACE is of; a thread that is elsewhere goes there and
 * comes back. NAME has dots, as net.ipv4.conf.tun0.rp_filter; a device's name with dots in it is written with
 * slashes (net/ipv4/conf/eth0.5/rp_filter), or its dots are (net.ipv4.conf.eth0/5.rp_filter). STATUS_WRONG
 * where it is unknown, is not of the namespace (the same file stands in the initial one: it is not there in
 * others), or the kernel refuses VALUE.
 */
struct error *sysctl_write(int namespace, const char *name, const char *value);

/*
 * Sets to VALUE whatever GLOB means: a path below /proc/sys/net in which parts are patterns of glob(7), as
 * ipv4/conf/eth?/rp_filter. The COUNT paths BUT are left alone. Switches of forwarding come
 * first, since they reset others. STATUS_WRONG where it means nothing in that namespace; else as sysctl_write
 * for the first of them that fails.
 */
struct error *sysctl_write_glob(
	int namespace, const char *glob, const char *const *but, size_t count, const char *value);

/* Reads it into TEXT, SIZE bytes, without the newline at the end; tabs become blanks. */
struct error *sysctl_read(int namespace, const char *name, char *text, size_t size);

#endif
