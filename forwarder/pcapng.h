/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The blocks of a pcapng file (draft-ietf-opsawg-pcapng, "PCAP Next Generation Capture File Format"), put
 * into memory and found there again. Relay and harness both append blocks to one file: interfaces are
 * numbered from 0 in the order of their blocks, which the harness alone writes; a packet names its interface.
 * All is in the byte order of this machine, which the file's first block tells. Nothing here makes a system
 * call.
 */
#ifndef TUNLAB_PCAPNG_H
#define TUNLAB_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PCAPNG_SNAPLEN = 256 * 1024,		   /* bytes of a packet that are kept; longer ones are cut */
	PCAPNG_BLOCK = PCAPNG_SNAPLEN + 16 * 1024, /* no block is longer */
};

enum pcapng_type {
	PCAPNG_SECTION = 0x0A0D0D0A,
	PCAPNG_INTERFACE = 1,
	PCAPNG_STATISTICS = 5,
	PCAPNG_PACKET = 6, /* "enhanced packet" */
};

/* What a packet begins with, by tcpdump's registry of link types. */
enum pcapng_link {
	PCAPNG_ETHERNET = 1,
	PCAPNG_RAW_IP = 101,
	PCAPNG_COOKED = 113, /* Linux's: 16 bytes that tell what packet(7) knows of it */
};

/* Of struct pcapng_packet's flags: the device's own direction, and whom the link header was for. */
enum pcapng_flag {
	PCAPNG_IN = 1,
	PCAPNG_OUT = 2,
	PCAPNG_UNICAST = 1 << 2,
	PCAPNG_MULTICAST = 2 << 2,
	PCAPNG_BROADCAST = 3 << 2,
	PCAPNG_PROMISCUOUS = 4 << 2, /* for somebody else */
};

/* Where blocks are put, one behind the other. */
struct pcapng {
	uint8_t *bytes;
	size_t room;
	size_t length;
};

struct pcapng_packet {
	uint32_t interface;
	uint64_t time;	       /* nanoseconds since 1970 */
	const uint8_t *header; /* NULL: none; what stands before the bytes */
	size_t header_size;
	const uint8_t *bytes;
	size_t size;	     /* of what is there */
	size_t length;	     /* of the packet as it passed */
	unsigned flags;	     /* enum pcapng_flag */
	const char *comment; /* NULL: none */
};

/*
 * Each puts one block behind what is there, and returns false, with nothing changed, where there is no room
 * for it. Texts may be NULL or "", for none; they are UTF-8, and cut after some 4000 bytes.
 */
bool pcapng_add_section(struct pcapng *to, const char *application, const char *system, const char *comment);
bool pcapng_add_interface(
	struct pcapng *to, enum pcapng_link link, const char *name, const char *description);
bool pcapng_add_packet(struct pcapng *to, const struct pcapng_packet *packet);

/* How many packets of an interface were seen until TIME (nanoseconds since 1970), and how many more were
 * lost. */
bool pcapng_add_statistics(struct pcapng *to, uint32_t interface, uint64_t time, uint64_t seen, uint64_t lost,
	const char *comment);

/* A block that is there. */
struct pcapng_block {
	uint32_t type; /* enum pcapng_type, or another */
	const uint8_t *bytes;
	size_t size;
	uint64_t time; /* of a packet: nanoseconds since 1970, as the files of tunlab have it */
};

/* Finds the block that begins SIZE bytes of memory; false where there is no whole one. */
bool pcapng_read(const uint8_t *bytes, size_t size, struct pcapng_block *out);

#endif
