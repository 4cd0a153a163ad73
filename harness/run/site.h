/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab as it stands: what has been built, and everything that is held open for it. Closing it takes the lab
 * down. */
#ifndef TUNLAB_SITE_H
#define TUNLAB_SITE_H

#include "kernel/baseline.h"
#include "kernel/counters.h"
#include "kernel/loop.h"
#include "kernel/packet.h"
#include "kernel/relay.h"
#include "kernel/rtnl.h"
#include "kernel/tun.h"
#include "lab/lab.h"
#include "plan/plan.h"

struct capture;
struct site;

/* A namespace of the lab that stands, at the index of the lab's. */
struct site_netns {
	const struct netns *described;
	struct site *site;
	int fd;
	struct rtnl *rtnl;
	struct counter_files counters;
	bool counters_open;
	struct packet_socket *packets; /* NULL until a step needs it */
	struct resolver resolver;      /* names as seen from here */
};

/* A queue of a TUN or TAP: what the relay reads and writes. */
struct site_queue {
	int fd; /* -1: is closed */
	bool detached;
};

/* A TUN or TAP; all its queues are open, or none is. */
struct site_port {
	const struct link *link;
	struct tun tun;
	struct site_queue *queues;
	unsigned queue_count;
	uint32_t mtu; /* as the relay was told */
	bool relayed; /* the relay knows it */
};

struct site {
	const struct lab *lab;
	const char *name;    /* under which the lab is up; NULL: it is not */
	const char *folder;  /* of the lab's file, absolute, or the one tunlab was started in; NULL: that has
				gone */
	const char *file;    /* of a lab that is up: its whole path, as it was then */
	struct arena *arena; /* what lives as long as the site */
	struct loop *loop;
	int home; /* the namespace that tunlab was started in */
	struct site_netns *namespaces;
	struct site_port *ports;
	size_t port_count;
	int errors;		    /* where the relay's standard error goes; -1: where tunlab's own does */
	struct relay *relay;	    /* NULL: the lab has no wire that it carries */
	struct imposed_on *imposed; /* what the relay was told of impairments (run/impair.h), by port */
	size_t imposed_count;
	struct router_state *routers; /* what each has, by its number */
	size_t router_count;
	uint64_t imposed_from; /* when the newest plan's impairments began, from which its schedule counts */
	struct watch relay_watch;
	struct capture *capture;  /* NULL: what passes is not captured */
	struct pidns *pidns;	  /* of programs that are run in it; NULL until one is */
	struct running *programs; /* those that steps have started (see run/running.h) */
	struct baseline_plan baseline;
	bool baseline_found;
	bool carriers;			 /* some came or went, and not everybody may have been told yet */
	const struct site_netns *inside; /* where the thread is; NULL: at home */
	struct error *failed;		 /* what ended the loop, such as the relay's death; owned */
};

/*
 * Makes what stands before a lab does: the loop, with signals caught, and the relay where the lab has wires
 * for it, whose standard error is ERRORS (-1: tunlab's own; the caller's). The lab stays the caller's and
 * must outlive the site.
 */
struct error *site_open(const struct lab *lab, struct loop *loop, int errors, struct site **out);

/*
 * Takes the lab down: closes what holds it, ends the relay, and moves the thread home. What cannot be taken
 * down is the error. NULL is allowed.
 */
struct error *site_close(struct site *site);

/*
 * Does all operations of a plan, in order, and waits until what they made is ready (carriers are up, IPv6
 * addresses can be used). The first error ends it, with "operation K of N", the command, and the place in the
 * lab; the errno and the kernel's message are kept. A signal ends it with an error of status STATUS_UNABLE;
 * see loop_signal.
 */
struct error *site_apply(struct site *site, const struct plan *plan);

/* Moves the thread into the namespace (3 us), and home again. Sockets opened there stay there. */
struct error *site_enter(struct site *site, const struct netns *in);
struct error *site_leave(struct site *site);

/* Starts the relay where there is none yet; at home, lest it hold a namespace of the lab. */
struct error *site_start_relay(struct site *site);

/* What stands for a namespace of the lab. */
struct site_netns *site_of(struct site *site, const struct netns *in);

/*
 * For tests: where the environment's TUNLAB_STOP_AT is NAME (of a phase, a verb, or "reading", "down"), the
 * process stops itself (SIGSTOP) until it is continued.
 */
void stop_at(const char *name);

#endif
