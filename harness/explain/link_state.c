/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/link_state.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "kernel/rtnl.h"
#include "run/shown.h"

/* What is found, and for whom. */
struct search {
	struct link_state *out;
	bool found;
	uint32_t master;
};

static void see(void *context, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = rtnl_header(message);
	struct search *search = context;

	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	search->found = true;
	search->master = attribute_number(rtnl_attribute(message, sizeof *header, IFLA_MASTER), 0);
	search->out->up = header->ifi_flags & IFF_UP;
	search->out->carrier = header->ifi_flags & IFF_LOWER_UP;
	search->out->mtu = attribute_number(rtnl_attribute(message, sizeof *header, IFLA_MTU), 0);
}

bool link_state_ask(struct arena *arena, struct site_netns *in, const char *device, struct link_state *out)
{
	struct attribute name = { .type = IFLA_IFNAME, .bytes = device, .size = strlen(device) + 1 };
	struct request request = {
		.type = RTM_GETLINK,
		.body = { .size = sizeof(struct ifinfomsg), .attributes = { &name, 1 } },
	};
	struct search search = { .out = out };
	struct shown shown = { .arena = arena, .in = in };

	*out = (struct link_state) { 0 };
	error_free(rtnl_ask(in->rtnl, &request, NULL, see, &search));
	if (search.master)
		out->master = shown_device(&shown, search.master).name;
	error_free(shown.error);
	return search.found;
}

static void see_neighbour(void *context, const struct nlmsghdr *message)
{
	const struct ndmsg *header = rtnl_header(message);
	uint16_t *state = context;

	if (message->nlmsg_type == RTM_NEWNEIGH)
		*state = header->ndm_state;
}

uint16_t neighbour_state_ask(struct site_netns *in, const char *device, const char *hop)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	bool six = strchr(hop, ':');
	struct ndmsg header = { .ndm_family = six ? AF_INET6 : AF_INET };
	struct attribute address = { .type = NDA_DST, .bytes = bytes, .size = six ? 16 : 4 };
	struct request request = { .type = RTM_GETNEIGH, .body.attributes = { &address, 1 } };
	uint16_t state = 0;

	if (inet_pton(header.ndm_family, hop, bytes) != 1)
		return 0;
	header.ndm_ifindex = (int)rtnl_index(in->rtnl, device);
	body_header(&request.body, &header, sizeof header);
	error_free(rtnl_ask(in->rtnl, &request, NULL, see_neighbour, &state));
	return state;
}
