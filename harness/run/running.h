/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs under way in a lab, driven by its event loop. */
#ifndef TUNLAB_RUNNING_H
#define TUNLAB_RUNNING_H

#include "run/site.h"

enum {
	STREAM_KEPT = 64 * 1024, /* so much of what a program prints is kept; the rest is read and dropped */
	STREAM_LAST = 512,	 /* beside the last of it, of which people are told */
};

/* What a program has printed: its standard output, or its standard error. */
struct stream {
	struct running *of;
	struct watch watch; /* of the pipe */
	char *bytes; /* the first STREAM_KEPT of them, as a text, in which a byte of 0 is a blank; NULL: none
		      */
	size_t size, all; /* that are kept, and that were printed */
	char last[STREAM_LAST];
	size_t last_size;
};

struct running {
	struct site *site;
	struct running *next; /* of the site's; the newest is the first */
	pid_t process;	      /* it leads a session and a process group; 0: it has ended, and been reaped */
	int status;	      /* as waitpid(2) has it, once it has ended */
	struct watch end;     /* of its pidfd */
	struct stream streams[2];
	/* It has printed something, or has ended; NULL: nobody wants to know. */
	void (*changed)(struct running *running);
	void *owner;
};

/* What to run. */
struct errand {
	const struct netns *in;
	const char *const *arguments, *const *environment; /* end with NULL */
	const char *directory;				   /* in which it starts */
};

/*
 * Starts a program, with standard input from /dev/null, in the lab's enclosure (see run/enclosure.h). *OUT is
 * the site's, and NULL where the program cannot be executed: *NUMBER is why. ARENA is for the time of the
 * call.
 */
struct error *running_start(struct site *site, const struct errand *errand, struct arena *arena,
	struct running **out, int *number);

/* Whether it has ended. */
bool running_ended(const struct running *running);

/* Kills the program and all in its process group, and reaps it. */
void running_kill(struct running *running);

/*
 * Nobody wants to know any more. The program, if it has not ended, or whatever it has left behind, may go on
 * until the lab ends: what it prints is read and dropped, so that it never waits.
 */
void running_leave(struct running *running);

/* Kills and frees all programs of the site. */
void running_end_all(struct site *site);

#endif
