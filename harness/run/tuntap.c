/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/tuntap.h"

#include <linux/if_tun.h>
#include <unistd.h>

#include "lab/tuntap.h"
#include "run/capture.h"

static const struct link *standing(const struct link *link)
{
	return link->stands ? link->stands : link;
}

/* NULL: somebody else made it. */
static struct site_port *port_of(const struct site *site, const struct link *link)
{
	for (size_t i = 0; i < site->port_count; i++)
		if (site->ports[i].link == standing(link))
			return &site->ports[i];
	return NULL;
}

static bool is_open(const struct site_port *port)
{
	return port->queues[0].fd >= 0;
}

static void close_queues(struct site_port *port)
{
	for (unsigned i = 0; i < port->queue_count; i++) {
		struct site_queue *queue = &port->queues[i];

		if (queue->fd >= 0)
			close(queue->fd);
		*queue = (struct site_queue) { .fd = -1 };
	}
}

/* Behind the first, which has made or opened the device. */
static struct error *open_further_queues(struct site_port *port)
{
	struct error *error = NULL;

	for (unsigned i = 1; i < port->queue_count && !error; i++)
		error = tun_add_queue(&port->tun, &port->queues[i].fd);
	return error;
}

static struct tun tun_of(const struct link *link)
{
	const struct value *owner = tuntap_owner(link), *group = tuntap_group(link);

	return (struct tun) {
		.name = link->name,
		.flags = tuntap_flags(link),
		.vanishes = !tuntap_persists(link),
		.owned = owner,
		.owner = owner ? (uint32_t)owner->number : 0,
		.grouped = group,
		.group = group ? (uint32_t)group->number : 0,
	};
}

struct error *tuntap_make(struct site *site, const struct link *link)
{
	struct site_port *port, new = {
		.link = link,
		.tun = tun_of(link),
		.queue_count = tuntap_queues(link),
	};
	struct error *error = site_enter(site, link->in);

	new.queues = arena_take(site->arena, new.queue_count * sizeof *new.queues);
	for (unsigned i = 0; i < new.queue_count; i++)
		new.queues[i] = (struct site_queue) { .fd = -1 };
	port = arena_append(site->arena, &site->ports, &site->port_count, &new, sizeof new);
	if (!error)
		error = tun_make(&port->tun, &port->queues[0].fd);
	if (!error)
		error = open_further_queues(port);
	rtnl_forget(site_of(site, link->in)->rtnl);
	return error;
}

static struct error *hand_over_queue(struct site *site, const struct site_port *port, unsigned number)
{
	const struct relay_queue queue = {
		.frame = port->link->kind->ethernet ? RELAY_ETHERNET : RELAY_IP,
		.mtu = port->mtu,
		.packet_info = !(port->tun.flags & IFF_NO_PI),
		.offload = port->tun.flags & IFF_VNET_HDR,
		.number = number,
		.queues = port->queue_count,
	};

	return relay_add_port(site->relay, port->link->port, port->queues[number].fd, &queue);
}

static struct error *hand_over_queues(struct site *site, const struct site_port *port)
{
	struct error *error = NULL;

	for (unsigned i = 0; i < port->queue_count && !error; i++)
		if (!port->queues[i].detached)
			error = hand_over_queue(site, port, i);
	return error;
}

struct error *tuntap_hand_over(struct site *site, const struct link *link)
{
	struct error *error = site_start_relay(site);
	struct site_port *port = port_of(site, link);

	if (error)
		return error;
	if (port)
		port->mtu = link_mtu(link);
	if (port && port->relayed)
		return relay_set_mtu(site->relay, port->link->port, port->mtu);
	if (!port || !is_open(port)) /* it was made by hand, or a change has closed it */
		return error_new(STATUS_WRONG, 0, "%s/%s: %s, and no wire can end at it", link->in->name,
			link->name, port ? "it is closed" : "somebody else made it");
	error = hand_over_queues(site, port);
	port->relayed = !error;
	return error ? error : capture_port(site, port->link);
}

/* The kernel tells of a carrier up to a second after it came or went, but since Linux 6.6 at once where
 * somebody asks for the one device. */
static void look_again(struct site *site, const struct link *link)
{
	struct rtnl *rtnl = site_of(site, link->in)->rtnl;

	rtnl_forget(rtnl);
	rtnl_index(rtnl, link->name);
	site->carriers = true;
}

/* The relay's descriptors of the queues that WHICH is true of; once this has returned they are closed. */
static struct error *take_back(struct site *site, const struct site_port *port, const struct link *link,
	bool (*which)(const struct link *link, unsigned queue))
{
	struct error *error = NULL;
	bool any = false;

	for (unsigned i = 0; port->relayed && i < port->queue_count && !error; i++) {
		if (port->queues[i].detached || !which(link, i))
			continue;
		error = relay_remove_queue(site->relay, port->link->port, i);
		any = true;
	}
	return error || !any ? error : relay_barrier(site->relay);
}

static bool each(const struct link *link, unsigned queue)
{
	(void)link;
	(void)queue;
	return true;
}

static struct error *made_by_others(const struct link *link)
{
	return error_new(STATUS_WRONG, 0, "%s/%s: somebody else made it", link->in->name, link->name);
}

struct error *tuntap_close(struct site *site, const struct link *link)
{
	struct site_port *port = port_of(site, link);
	struct error *error;

	if (!port)
		return made_by_others(link);
	if (!is_open(port))
		return NULL;
	error = take_back(site, port, link, each);
	if (error)
		return error;
	close_queues(port);
	look_again(site, link);
	return NULL;
}

struct error *tuntap_reopen(struct site *site, const struct link *link)
{
	struct site_port *port = port_of(site, link);
	struct error *error;

	if (!port)
		return made_by_others(link);
	if (is_open(port))
		return NULL;
	error = site_enter(site, link->in);
	if (!error)
		error = tun_open(&port->tun, &port->queues[0].fd);
	if (!error)
		error = open_further_queues(port);
	if (error) {
		close_queues(port);
		return error;
	}
	if (port->tun.vanishes)
		port->mtu = link_mtu(port->link);
	look_again(site, link);
	return port->relayed ? hand_over_queues(site, port) : NULL;
}

bool tuntap_is_closed(const struct site *site, const struct link *link)
{
	const struct site_port *port = port_of(site, link);

	return port && !is_open(port);
}

static struct error *attach(struct site *site, struct site_port *port, unsigned number)
{
	struct site_queue *queue = &port->queues[number];
	struct error *error = tun_detach(&port->tun, queue->fd, false);

	if (error)
		return error;
	queue->detached = false;
	return port->relayed ? hand_over_queue(site, port, number) : NULL;
}

/* What is attached comes first, so that there are always some. */
struct error *tuntap_set_queues(struct site *site, const struct link *link)
{
	struct site_port *port = port_of(site, link);
	struct error *error = NULL;

	if (!port)
		return made_by_others(link);
	if (!is_open(port))
		return error_new(
			STATUS_WRONG, 0, "%s/%s is closed, and so has no queues", link->in->name, link->name);
	for (unsigned i = 0; i < port->queue_count && !error; i++)
		if (port->queues[i].detached && !tuntap_detached(link, i))
			error = attach(site, port, i);
	if (!error)
		error = take_back(site, port, link, tuntap_detached);
	for (unsigned i = 0; i < port->queue_count && !error; i++) {
		if (port->queues[i].detached || !tuntap_detached(link, i))
			continue;
		error = tun_detach(&port->tun, port->queues[i].fd, true);
		port->queues[i].detached = !error;
	}
	return error;
}

void tuntap_leave(struct site *site)
{
	for (size_t i = 0; i < site->port_count; i++) {
		const struct site_port *port = &site->ports[i];

		for (unsigned j = 0; port->tun.vanishes && j < port->queue_count; j++)
			if (port->queues[j].fd >= 0)
				error_free(tun_keep(&port->tun, port->queues[j].fd));
	}
}

void tuntap_close_all(struct site *site)
{
	for (size_t i = 0; i < site->port_count; i++)
		close_queues(&site->ports[i]);
}
