/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The relay, seen from the harness: a process of its own that carries packets (forwarder/protocol.h). */
#ifndef TUNLAB_RELAY_CLIENT_H
#define TUNLAB_RELAY_CLIENT_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "forwarder/protocol.h"
#include "forwarder/router/memory.h"
#include "lab/error.h"

struct relay;

/*
 * Starts the relay: tunlab-relay beside the running program, or in ../libexec/tunlab beside it. It inherits
 * ERRORS (-1: standard error) as its standard error and its control socket, nothing else, and is killed
 * should the harness die. Returns before it is ready.
 */
struct error *relay_start(int errors, struct relay **out);

/* A queue of a port, as RELAY_PORT has it. */
struct relay_queue {
	enum relay_frame frame;
	uint32_t mtu;
	bool packet_info;	 /* its packets have a struct tun_pi before them */
	bool offload;		 /* and, behind that, a struct virtio_net_hdr */
	uint32_t number, queues; /* which it is of how many; both 0: the only one */
};

/* Hands it a port, or one queue of several; FD is duplicated, not taken. Message after message is sent
 * without waiting. */
struct error *relay_add_port(struct relay *relay, uint32_t port, int fd, const struct relay_queue *queue);
/* Has it close its descriptor of a queue; it has done so when the next barrier is answered. */
struct error *relay_remove_queue(struct relay *relay, uint32_t port, uint32_t queue);
struct error *relay_add_wire(struct relay *relay, uint32_t port, uint32_t peer);
/* PORT becomes one more end of the wire of PEER, which carries every packet to all others. */
struct error *relay_add_hub(struct relay *relay, uint32_t port, uint32_t peer);
struct error *relay_set_mtu(struct relay *relay, uint32_t port, uint32_t mtu);

/*
 * Impairs what PORT receives, as MESSAGE says (RELAY_IMPAIR; its type and "index" are set here); its filter
 * of COUNT instructions, which "instructions" need not say, is at FILTER.
 */
struct error *relay_impair(struct relay *relay, uint32_t port, const struct relay_message *message,
	const struct sock_filter *filter, uint32_t count);

/* Makes a router, of a number that none has; what it counts is shared. */
struct error *relay_add_router(struct relay *relay, uint32_t router, uint64_t seed);

/* Sends a message about a router, or about a port of one, as forwarder/protocol.h has it. */
struct error *relay_tell_router(struct relay *relay, const struct relay_message *message);

/* What a router has counted, and its neighbours; NULL: there is no such router. The memory is shared: values
 * move while one looks. */
const struct relay_router *relay_router(const struct relay *relay, uint32_t router);

/* Has PORT's counter "latest" begin anew, from 0. */
struct error *relay_prompt(struct relay *relay, uint32_t port);

/* Begins to count the packets that pass PORT in DIRECTION and match the filter (COUNT 0: all); gives the
 * watch's number. */
struct error *relay_add_watch(struct relay *relay, uint32_t port, enum relay_direction direction,
	const struct sock_filter *filter, uint32_t count, uint32_t *watch);
struct error *relay_remove_watch(struct relay *relay, uint32_t watch);

/*
 * Has the relay append what passes ports to the file behind FD (duplicated, not taken), as blocks of pcapng;
 * of which ports, and as packets of which interface; and no longer: after the next barrier it writes nothing
 * any more. What it said of a write that failed, and so ended the capture, is an errno; 0: none did.
 */
struct error *relay_capture(struct relay *relay, int fd);
struct error *relay_capture_port(struct relay *relay, uint32_t port, uint32_t interface);
struct error *relay_uncapture(struct relay *relay);
int relay_capture_failure(const struct relay *relay);

/*
 * Waits until the relay has done all that it was told and found nothing left to carry (RELAY_BARRIER); 5 s at
 * most. A relay that died meanwhile is the error "the relay died (signal 9)", or "the relay died (signal 31,
 * SIGSYS): forbidden call openat" where its cage ended it, STATUS_UNABLE.
 */
struct error *relay_barrier(struct relay *relay);

/*
 * The same, and waits besides until nothing is under way that is due later, such as on wires with a delay;
 * until UNTIL (nanoseconds of loop_now()) at most, which is no error.
 */
struct error *relay_settle(struct relay *relay, uint64_t until);

/* What it has counted. The memory is shared: values move while one looks. */
const struct relay_counters *relay_counters(const struct relay *relay, uint32_t port);
uint64_t relay_watch_count(const struct relay *relay, uint32_t watch);

/* Why packets for a port were not handed over to it, each with a counter of its own; the last has no name. */
struct relay_drop {
	const char *name; /* as in struct relay_counters */
	size_t at;	  /* bytes from where these begin */
};

extern const struct relay_drop relay_drops[];
uint64_t relay_dropped(const struct relay_counters *counters, const struct relay_drop *drop);

/* The descriptor that becomes readable (EPOLLHUP) when the relay dies, and the error that says how it did. */
int relay_descriptor(const struct relay *relay);
struct error *relay_death(struct relay *relay);

/* Its process, for tests and `tunlab list`. */
pid_t relay_process(const struct relay *relay);

/* Closes the control socket, so that the relay ends while the caller does something else. NULL is allowed. */
void relay_end(struct relay *relay);

/* Closes the control socket, which ends the relay, and waits for it (2 s, then SIGKILL). NULL is allowed. */
struct error *relay_stop(struct relay *relay);

#endif
