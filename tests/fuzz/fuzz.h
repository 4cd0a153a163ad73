/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share. Each is one function that takes any bytes, as one of the structs below, and
 * ends the program where something does not hold. libFuzzer calls it ("make fuzz"), or replay/main.c with
 * what the files hold that are kept.
 */
#ifndef TUNLAB_TESTS_FUZZ_H
#define TUNLAB_TESTS_FUZZ_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The target "segment": one packet, whose bytes follow. */
struct fuzz_segment {
	uint8_t form;	 /* enum fuzz_segment_form */
	uint8_t more[2]; /* where FUZZ_LONG: so many bytes, the low ones first, are put behind what follows */
	uint8_t offload[sizeof(struct virtio_net_hdr)];
};

enum fuzz_segment_form {
	FUZZ_FRAME = 1, /* it begins with an Ethernet header */
	FUZZ_LONG = 2,
};

/*
 * The target "reader": two ports and what is between them. It is followed by the instructions of a filter, a
 * struct fuzz_impairment for each impairment that is set, and struct fuzz_packet until the end.
 */
struct fuzz_reader {
	uint8_t form;	/* enum fuzz_reader_form */
	uint8_t queues; /* of the port that is read: the lowest two bits, and one; and of the other: the next
			   two */
	uint8_t mtu[2]; /* of the other port, the low bits first */
	uint8_t impairments;  /* a bit for each, in the order of impairments[] */
	uint8_t instructions; /* the lowest four bits */
};

enum fuzz_reader_form {
	FUZZ_FRAMES = 1,       /* TAPs */
	FUZZ_FROM_INFO = 2,    /* the port that is read has packet information */
	FUZZ_FROM_OFFLOAD = 4, /* and offloads */
	FUZZ_TO_INFO = 8,      /* the other has */
	FUZZ_TO_OFFLOAD = 16,
	FUZZ_CAPTURED = 32,
	FUZZ_WATCHED = 64,
	FUZZ_SLOW = 128, /* what is written is read only at the end */
};

/* Its settings: so many struct fuzz_number follow. */
struct fuzz_impairment {
	uint8_t form; /* enum fuzz_impairment_form */
};

enum fuzz_impairment_form {
	FUZZ_NUMBERS = 7, /* these three bits: how many */
	FUZZ_NONE = 64,	  /* it is taken away */
	FUZZ_FILTER = 128,
};

struct fuzz_number {
	uint8_t index, value, shift; /* the setting of the index is the value, shifted left */
};

/* What the device gives, with what it puts before a packet; its bytes follow. */
struct fuzz_packet {
	uint8_t turn;	   /* enum fuzz_turn */
	uint8_t length[2]; /* the low bits first */
	uint8_t more[2];   /* as above */
};

enum fuzz_turn {
	FUZZ_BY = 3,   /* these two bits: the queue */
	FUZZ_TIME = 4, /* times n, of three bits: 16 to the power of n nanoseconds pass before it; 0: none */
	FUZZ_CHANGED = 32, /* before it, an impairment is set: its number, a byte, and then what is above */
	FUZZ_LENGTHENED = 64, /* "more" counts */
	FUZZ_TOGGLED = 128,   /* the other port's queue of that number is closed, or opened again */
};

/*
 * The target "control": messages to a relay that has two ports and a wire, one behind the other; where the
 * first byte is FUZZ_UNTOLD, to one that has nothing.
 */
enum { FUZZ_UNTOLD = 255 };

struct fuzz_message {
	uint8_t type;	      /* enum relay_message_type, or beyond */
	uint8_t form;	      /* enum fuzz_message_form */
	uint8_t words;	      /* the lowest four bits: so many struct fuzz_word follow */
	uint8_t impairment;   /* from 1: its number in impairments[]; 0: what the words say */
	uint8_t instructions; /* the lowest four bits: so many follow */
};

enum fuzz_message_form {
	FUZZ_FD = 7,	   /* enum fuzz_fd */
	FUZZ_SHORT = 8,	   /* a byte is missing */
	FUZZ_LONGER = 16,  /* there is one more */
	FUZZ_LYING = 32,   /* it has fewer instructions than it says */
	FUZZ_TRAFFIC = 64, /* before it, both devices send a packet */
};

/* What it carries. */
enum fuzz_fd {
	FUZZ_NOTHING,
	FUZZ_QUEUE, /* a socket */
	FUZZ_OTHER_QUEUE,
	FUZZ_MEMORY,
	FUZZ_FILE,
	FUZZ_SINK, /* /dev/null, which cannot be waited for */
	FUZZ_TWO,
	FUZZ_MANY,
};

/* A number of a message. */
struct fuzz_word {
	uint8_t at; /* which of its 32-bit words */
	uint8_t value[4];
};

/* The target "router": one with two TUNs and two TAPs. It is followed by struct fuzz_arrival until the end.
 */
struct fuzz_router {
	uint8_t form; /* enum fuzz_router_form */
	uint8_t mtu;  /* two bits for each port, the first one's the lowest: which of those in equipped.h */
};

enum fuzz_router_form {
	FUZZ_BARE = 1,	      /* the last two ports have no addresses */
	FUZZ_ROUTELESS = 2,   /* there is no default route */
	FUZZ_ADVERTISING = 4, /* the TAPs' */
	FUZZ_UNKNOWN = 8,     /* no neighbour is stated */
	FUZZ_UNLIMITED = 16,  /* errors */
};

/* What comes; its bytes follow, and where FUZZ_OFFLOADED, a struct virtio_net_hdr before them. Where it has
 * no bytes, what the router knows of the port changes: the first of "more" says what. */
struct fuzz_arrival {
	uint8_t turn;	   /* enum fuzz_arrival_turn */
	uint8_t length[2]; /* of its bytes, the low bits first */
	uint8_t more[2];   /* as above */
};

enum fuzz_arrival_turn {
	FUZZ_PORT = 3,	     /* these two bits: by which it comes */
	FUZZ_WHEN = 4,	     /* times n, of three bits: how long after the one before, as router.c says */
	FUZZ_MENDED = 32,    /* its checksums are set right */
	FUZZ_STRETCHED = 64, /* "more" counts */
	FUZZ_OFFLOADED = 128,
};

static inline void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

/* What is left of the bytes that a target was given. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

/* The next SIZE bytes, or what is left of them and zeros. */
static inline void fuzz_take(struct fuzz_input *input, void *to, size_t size)
{
	size_t there = size < input->left ? size : input->left;

	memset(to, 0, size);
	memcpy(to, input->at, there);
	input->at += there;
	input->left -= there;
}

#endif
