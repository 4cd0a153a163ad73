/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The labs that are up, as files: for each a record, locked (flock(2)) for as long as its keeper lives, and
 * the socket on which the keeper listens. They stand in /run/tunlab, or, for who may not write to /run, in
 * $XDG_RUNTIME_DIR/tunlab or /tmp/tunlab-UID; the folder goes with the last of them. The record names the
 * links in /run/netns by which `ip netns` knows the lab's namespaces: links to what the keeper holds, so that
 * they lead nowhere once it is gone. No mount pins a namespace.
 */
#ifndef TUNLAB_REGISTRY_H
#define TUNLAB_REGISTRY_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "lab/arena.h"
#include "lab/error.h"

/* Of a lab's name, so that it can begin the name of a namespace, and a socket's path. */
enum { LAB_NAME_MOST = 40 };

/* What is wrong with NAME as that of a lab that is up; NULL if nothing is. */
const char *lab_name_wrong(const char *name);

/* FILE's name as a lab's: without folder and ".json", and - for what a name may not have (taken from ARENA).
 */
const char *lab_name_of(struct arena *arena, const char *file);

/* One's own record. */
struct registration {
	char name[LAB_NAME_MOST + 1];
	int record; /* its descriptor, locked; -1: none */
	bool named; /* links in /run/netns were made */
};

/* A name that `ip netns` is to know, without the lab's, and the descriptor that the calling process has of
 * it. */
struct registered_name {
	const char *name;
	int fd;
};

/*
 * Takes NAME for the calling process. With OTHERWISE, where it is taken, NAME-2 or the next that is free. The
 * registration holds for as long as the process, and whoever inherits its descriptor, lives. STATUS_WRONG
 * where the name is taken.
 */
struct error *registry_claim(const char *name, bool otherwise, struct registration *out);

/*
 * Makes the links NAME.name in /run/netns. Where one may not write there, "named" stays false. STATUS_WRONG
 * where one of them is somebody else's.
 */
struct error *registry_name(
	struct registration *registration, const struct registered_name *names, size_t count);

/* Takes back all that was made for it. */
void registry_release(struct registration *registration);

/* The names of the labs that are up, sorted, ending with NULL (taken from ARENA). */
const char *const *registry_labs(struct arena *arena);

/* Whether root has labs that are up, of which the caller, not being root, is told nothing. */
bool registry_hides(void);

/* The path of the socket of the lab NAME: false where it would be too long for sun_path. */
bool registry_socket(const char *name, char *out, size_t size);

/*
 * Removes what dead labs left, and says so on TO, a line for each. Never what belongs to a lab whose keeper
 * lives, nor a link in /run/netns that is not the very one that the record names.
 */
void registry_clean(FILE *to);

#endif
