/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's modules, looked at without loading any: asked for a kind of link or a family of sockets that
 * it lacks, the kernel loads the module that has it by itself (request_module();
 * Documentation/admin-guide/sysctl/kernel.rst, "modprobe").
 */
#ifndef TUNLAB_MODULE_H
#define TUNLAB_MODULE_H

#include "lab/arena.h"

enum module_state {
	MODULE_SETTLED, /* asking loads nothing: it is loaded, built in, or nowhere */
	MODULE_TO_LOAD, /* asking loads it */
	MODULE_UNKNOWN, /* the list of modules is not here, as in a container: nobody can tell */
};

/*
 * What asking the kernel for ALIAS (as in modules.alias: "rtnl-link-veth", "net-pf-17") would do. NAME
 * becomes the module's, taken from ARENA, where it is MODULE_TO_LOAD; else it is left alone.
 */
enum module_state module_look(struct arena *arena, const char *alias, const char **name);

#endif
