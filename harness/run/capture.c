/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/capture.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kernel/packet_socket.h"
#include "kernel/stamps.h"
#include "run/capture_file.h"

#ifndef ARPHRD_RAWIP
#define ARPHRD_RAWIP 519 /* Linux 4.15 */
#endif

enum { UNDER_WAY = 1000000000 }; /* nanoseconds: so long packets may be under way as a capture ends */

/* A device that was seen; another of the same name has another index. */
struct captured_device {
	uint32_t index;
	uint32_t interface;
	enum pcapng_link link;
	bool loopback;
	uint64_t packets;
};

struct captured_netns {
	struct capture *capture;
	const struct netns *described;
	struct packet_socket *socket; /* NULL: the namespace is not made yet, or reading failed */
	struct watch watch;
	struct captured_device *devices;
	size_t count;
	uint64_t lost;
};

struct capture {
	struct site *site;
	struct capture_file *file;
	uint32_t interfaces;
	int stamps;			   /* of kernel/stamps.h */
	struct captured_netns *namespaces; /* by the namespace's index */
	bool relayed;			   /* the relay has the file */
};

static const char *file_name(const struct site *site)
{
	const char *file = site->lab->text.file;

	if (site->name)
		return site->name;
	return !strcmp(file, "-") ? "lab" : lab_base_name(site->arena, file);
}

/* The file, and the times of packets. */
static void begin(struct capture *capture)
{
	struct utsname system = { 0 };
	const struct site *site = capture->site;

	uname(&system);
	pcapng_add_section(capture_file_room(capture->file), "tunlab " TUNLAB_VERSION,
		arena_printf(site->arena, "%s %s", system.sysname, system.release), site->lab->name);
	capture_file_flush(capture->file);
	capture->stamps = stamps_open();
}

static struct capture *make_capture(struct site *site)
{
	struct capture *capture = arena_take(site->arena, sizeof *capture);

	*capture = (struct capture) { .site = site };
	capture->namespaces =
		arena_take(site->arena, site->lab->namespace_count * sizeof *capture->namespaces);
	return capture;
}

struct error *capture_open(struct site *site, const char *directory)
{
	struct capture *capture = make_capture(site);
	struct error *error = capture_file_open(directory, file_name(site), &capture->file);

	if (error)
		return error;
	begin(capture);
	site->capture = capture;
	return NULL;
}

/* It is in the file before anybody writes a packet of it. */
static uint32_t add_interface(
	struct capture *capture, enum pcapng_link link, const char *name, const char *description)
{
	pcapng_add_interface(capture_file_room(capture->file), link, name, description);
	capture_file_flush(capture->file);
	return capture->interfaces++;
}

/* As libpcap has it (map_arphrd_to_dlt() in pcap-linux.c). */
static enum pcapng_link link_of(uint16_t type)
{
	switch (type) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK: return PCAPNG_ETHERNET;
	case ARPHRD_NONE:
	case ARPHRD_RAWIP:
	case ARPHRD_TUNNEL:
	case ARPHRD_SIT: return PCAPNG_RAW_IP;
	default: return PCAPNG_COOKED;
	}
}

/* The kind of a link that the lab knows; NULL for one that came otherwise. */
static const char *kind_of(const struct netns *in, const char *name)
{
	const struct link *link = namespace_link(in, name);

	return link && link->kind ? link->kind->name : NULL;
}

static struct captured_device *add_device(
	struct captured_netns *there, uint32_t index, const char *name, uint16_t type)
{
	struct arena *arena = there->capture->site->arena;
	const struct netns *in = there->described;
	struct captured_device device = {
		.index = index, .link = link_of(type), .loopback = type == ARPHRD_LOOPBACK
	};

	device.interface = add_interface(
		there->capture, device.link, arena_printf(arena, "%s/%s", in->name, name), kind_of(in, name));
	return arena_append(arena, &there->devices, &there->count, &device, sizeof device);
}

static struct captured_device *find_device(const struct captured_netns *there, uint32_t index)
{
	for (size_t i = 0; i < there->count; i++)
		if (there->devices[i].index == index)
			return &there->devices[i];
	return NULL;
}

/* The device of a packet; one that has gone already has no name any more. */
static struct captured_device *device_of(struct captured_netns *there, const struct sockaddr_ll *from)
{
	uint32_t index = (uint32_t)from->sll_ifindex;
	struct captured_device *device = find_device(there, index);
	char name[IFNAMSIZ];
	uint16_t type = from->sll_hatype;

	if (device)
		return device;
	if (!packet_device_name(there->socket, index, name, &type))
		snprintf(name, sizeof name, "if%" PRIu32, index);
	return add_device(there, index, name, type);
}

static void find_devices(struct captured_netns *there)
{
	const struct netns *in = there->described;

	for (size_t i = 0; i < in->link_count; i++) {
		uint32_t index = packet_device(there->socket, in->links[i]->name);
		char name[IFNAMSIZ];
		uint16_t type;

		if (index && !find_device(there, index) &&
			packet_device_name(there->socket, index, name, &type))
			add_device(there, index, name, type);
	}
}

static unsigned flags_of(const struct packet *packet)
{
	static const unsigned receptions[] = {
		[PACKET_HOST] = PCAPNG_UNICAST,
		[PACKET_BROADCAST] = PCAPNG_BROADCAST,
		[PACKET_MULTICAST] = PCAPNG_MULTICAST,
		[PACKET_OTHERHOST] = PCAPNG_PROMISCUOUS,
	};

	if (packet->direction != RELAY_IN)
		return packet->direction == RELAY_OUT ? PCAPNG_OUT : 0;
	return PCAPNG_IN | receptions[packet->from->sll_pkttype];
}

/* The header of PCAPNG_COOKED, in network order. */
struct cooked {
	uint16_t kind, type, address_length;
	uint8_t address[8];
	uint16_t protocol;
};

static struct cooked cook(const struct sockaddr_ll *from)
{
	struct cooked cooked = { htons(from->sll_pkttype), htons(from->sll_hatype), htons(from->sll_halen),
		.protocol = from->sll_protocol };

	memcpy(cooked.address, from->sll_addr, sizeof cooked.address);
	return cooked;
}

/* On lo, what goes out comes in again: only that is shown, as libpcap does. */
static void take_packet(void *context, const struct packet *packet)
{
	struct captured_netns *there = context;
	struct captured_device *device = device_of(there, packet->from);
	struct pcapng_packet block = {
		.interface = device->interface,
		.time = packet->time,
		.bytes = packet->bytes,
		.size = packet->size,
		.length = packet->length,
		.flags = flags_of(packet),
	};
	struct cooked cooked = cook(packet->from);

	if (device->loopback && packet->direction != RELAY_IN)
		return;
	if (device->link == PCAPNG_COOKED) {
		block.header = (const uint8_t *)&cooked;
		block.header_size = sizeof cooked;
	}
	pcapng_add_packet(capture_file_room(there->capture->file), &block);
	device->packets++;
}

static void stop_listening(struct captured_netns *there)
{
	loop_remove(there->capture->site->loop, &there->watch);
	packet_close(there->socket);
	there->socket = NULL;
}

/* Where reading fails the lab goes on, and its results count: the capture is of this namespace no more. */
static void take_packets(struct captured_netns *there)
{
	struct error *error = packet_each(there->socket, take_packet, there);

	capture_file_flush(there->capture->file);
	if (!error)
		return;
	fprintf(stderr, "tunlab: %s\n", error->text);
	capture_file_fail(there->capture->file, error->number);
	error_free(error);
	stop_listening(there);
}

static void packets_came(struct watch *watch, uint32_t events)
{
	(void)events;
	take_packets(watch->owner);
}

struct error *capture_netns(struct site *site, const struct netns *in)
{
	struct captured_netns *there = site->capture ? &site->capture->namespaces[in->index] : NULL;
	struct error *error;

	if (!there)
		return NULL;
	*there = (struct captured_netns) { .capture = site->capture, .described = in };
	error = packet_socket_open(PACKET_CAPTURED, &there->socket);
	if (error)
		return error;
	there->watch = (struct watch) { .fd = packet_descriptor(there->socket),
		.events = EPOLLIN,
		.ready = packets_came,
		.owner = there };
	return loop_add(site->loop, &there->watch);
}

static struct error *hand_over(struct capture *capture)
{
	int fd = -1;
	struct error *error = capture_file_share(capture->file, &fd);

	if (!error)
		error = relay_capture(capture->site->relay, fd);
	if (fd >= 0)
		close(fd);
	capture->relayed = !error;
	return error;
}

struct error *capture_port(struct site *site, const struct link *link)
{
	struct capture *capture = site->capture;
	struct error *error = NULL;
	const char *device;
	uint32_t interface;

	if (!capture)
		return NULL;
	if (!capture->relayed)
		error = hand_over(capture);
	if (error)
		return error;
	device = link_path(site->arena, link);
	interface = add_interface(capture, link->kind->ethernet ? PCAPNG_ETHERNET : PCAPNG_RAW_IP,
		arena_printf(site->arena, "wire:%s", device),
		arena_printf(site->arena, "the relay's side of %s: out of the device, and into it", device));
	return relay_capture_port(site->relay, link->port, interface);
}

/* Of a site of which nothing is built yet there is nothing. */
static struct error *capture_what_stands(struct site *site)
{
	struct error *error = NULL, *left;

	for (size_t i = 0; i < site->lab->namespace_count && !error; i++) {
		if (site->namespaces[i].fd < 0)
			continue;
		error = site_enter(site, site->lab->namespaces[i]);
		if (!error)
			error = capture_netns(site, site->lab->namespaces[i]);
	}
	left = site_leave(site);
	for (size_t i = 0; i < site->port_count && !error; i++)
		if (site->ports[i].relayed)
			error = capture_port(site, site->ports[i].link);
	if (!error)
		return left;
	error_free(left);
	return error;
}

struct error *capture_open_aside(struct site *site, int fd)
{
	struct capture *capture = make_capture(site);
	struct error *error = capture_file_adopt(fd, &capture->file);

	if (error)
		return error;
	begin(capture);
	site->capture = capture;
	return capture_what_stands(site);
}

void capture_drain(struct site *site)
{
	for (size_t i = 0; site->capture && i < site->lab->namespace_count; i++) {
		struct captured_netns *there = &site->capture->namespaces[i];

		if (!there->socket)
			continue;
		find_devices(there);
		take_packets(there);
	}
}

void capture_settle(struct site *site)
{
	if (!site->capture)
		return;
	if (site->capture->relayed)
		error_free(relay_barrier(site->relay));
	capture_drain(site);
	capture_file_flush(site->capture->file);
}

/*
 * After this it writes nothing any more; a relay that has died does so neither. What is under way belongs to
 * the capture: a relay that had no processor for a while hears that it is over before it looks at its ports,
 * and what a wire delays is waited for, though not for ever.
 */
static void end_relay(struct capture *capture)
{
	struct relay *relay = capture->site->relay;
	struct error *error;

	if (!capture->relayed)
		return;
	error = relay_settle(relay, loop_now() + UNDER_WAY);
	if (!error)
		error = relay_uncapture(relay);
	if (!error)
		error = relay_barrier(relay);
	error_free(error);
	if (relay_capture_failure(relay))
		capture_file_fail(capture->file, relay_capture_failure(relay));
}

/* A socket's losses are of all devices of the namespace. */
static void add_statistics(struct captured_netns *there, FILE *to)
{
	struct capture *capture = there->capture;
	struct arena *arena = capture->site->arena;
	uint64_t lost = packet_lost(there->socket), now = loop_now() + loop_epoch();
	const char *comment =
		lost ? arena_printf(arena, "lost are packets of all devices of %s", there->described->name)
		     : NULL;

	for (size_t i = 0; i < there->count; i++)
		pcapng_add_statistics(capture_file_room(capture->file), there->devices[i].interface, now,
			there->devices[i].packets, lost, comment);
	if (lost)
		fprintf(to,
			"tunlab: %s: this machine was too slow to capture %" PRIu64
			" packets of devices of %s\n",
			capture_file_path(capture->file), lost, there->described->name);
}

struct error *capture_close(struct site *site, FILE *to)
{
	struct capture *capture = site->capture;
	struct error *error, *unsorted = NULL;

	if (!capture)
		return NULL;
	end_relay(capture);
	capture_drain(site);
	for (size_t i = 0; i < site->lab->namespace_count; i++) {
		struct captured_netns *there = &capture->namespaces[i];

		if (!there->socket)
			continue;
		add_statistics(there, to);
		stop_listening(there);
	}
	if (!capture->interfaces)
		capture_file_remove(capture->file);
	error = capture_file_close(capture->file, &unsorted);
	if (unsorted)
		fprintf(to, "tunlab: %s\n", unsorted->text);
	error_free(unsorted);
	stamps_close(capture->stamps);
	site->capture = NULL;
	return error;
}
