/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The settings that a lab begins with. A new namespace inherits all IPv4 device settings, congestion control
 * and socket buffer sizes from the initial one (Documentation/admin-guide/sysctl/net.rst,
 * devconf_inherit_init_net; inet_init_net() and devinet_init_net() of the kernel); neighbour settings come
 * from the initial namespace's too. So that a lab means the same on every machine, what differs from the
 * kernel's defaults is set back.
 */
#ifndef TUNLAB_BASELINE_H
#define TUNLAB_BASELINE_H

#include "kernel/rtnl.h"
#include "lab/arena.h"

struct setting {
	const char *name; /* for a device's, "%s" stands for its name */
	const char *value;
};

struct baseline_plan {
	struct setting
		*namespace; /* to be set in every namespace, right after it is made, before any device is */
	size_t namespace_count;
	struct setting *device; /* to be set for every device made, and for lo */
	size_t device_count;
	const char **unpinned; /* sentences: what differs and cannot be set on this kernel */
	size_t unpinned_count;
};

/*
 * Finds out, in the calling thread's namespace, which has just been made, what differs there from the
 * kernel's defaults. Done once for a lab: all new namespaces inherit the same. Costs well under a
 * millisecond. NETNS is a descriptor of that namespace, RTNL a socket in it. Without
 * IPV6 the settings of IPv6 are not looked at, which halves the time.
 */
struct error *baseline_find(
	struct arena *arena, int netns, struct rtnl *rtnl, bool ipv6, struct baseline_plan *out);

/* Sets what baseline_find found in one namespace; what cannot be set is added to the plan's unpinned, once.
 */
struct error *baseline_apply(struct arena *arena, struct baseline_plan *plan, int netns);

/* Sets one more, of a lab's profile, in one namespace; where it cannot be set that is noted like those. */
struct error *baseline_set(
	struct arena *arena, struct baseline_plan *plan, int netns, const char *name, const char *value);

/* Sets a device's part. */
struct error *baseline_apply_device(const struct baseline_plan *plan, int netns, const char *device);

#endif
