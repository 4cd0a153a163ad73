/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nft_counters.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/rtnl_socket.h"
#include "lab/value.h"

enum { PATIENCE = 5000 }; /* milliseconds */

static const struct name families[] = { { "ip", NFPROTO_IPV4 }, { "ip6", NFPROTO_IPV6 },
	{ "inet", NFPROTO_INET }, { "arp", NFPROTO_ARP }, { "bridge", NFPROTO_BRIDGE },
	{ "netdev", NFPROTO_NETDEV }, { 0 } };

/* What a dump of objects is collected into. */
struct collection {
	struct arena *arena;
	struct counts *counts;
	size_t others; /* how many counts were there before it */
};

struct error *nft_counters_open(struct rtnl **out)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	*out = NULL;
	if (fd >= 0)
		return rtnl_over(fd, PATIENCE, out);
	return errno == EPROTONOSUPPORT ? NULL
					: error_new(STATUS_UNABLE, errno, "cannot open a netlink socket");
}

static void begin(void *context)
{
	struct collection *collection = context;

	collection->counts->count = collection->others;
}

static char *plain(char *name)
{
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_.-/\\ ", *c))
			*c = '?';
	return name;
}

static void collect(void *context, const struct nlmsghdr *message)
{
	enum { HEADER = sizeof(struct nfgenmsg) };
	struct collection *collection = context;
	const struct nfgenmsg *header = rtnl_header(message);
	const char *table = attribute_text(rtnl_attribute(message, HEADER, NFTA_OBJ_TABLE));
	const char *name = attribute_text(rtnl_attribute(message, HEADER, NFTA_OBJ_NAME));
	const struct nlattr *counter = rtnl_attribute(message, HEADER, NFTA_OBJ_DATA);
	const void *packets;
	struct count count;
	uint64_t number;
	size_t size = 0;

	if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWOBJ) ||
		message->nlmsg_len < NLMSG_LENGTH(HEADER) || !table || !name || !counter)
		return;
	packets = attribute_data(nested_attribute(counter, NFTA_COUNTER_PACKETS), &size);
	if (!packets || size != sizeof number || !name_of(families, header->nfgen_family))
		return;
	memcpy(&number, packets, sizeof number);
	count.name = plain(arena_printf(
		collection->arena, "nft %s %s %s", name_of(families, header->nfgen_family), table, name));
	count.number = be64toh(number);
	arena_append(
		collection->arena, &collection->counts->at, &collection->counts->count, &count, sizeof count);
}

struct error *nft_counters_read(struct arena *arena, struct rtnl *nftables, struct counts *out)
{
	static const struct nfgenmsg all = { .nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0 };
	struct request request = { .type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETOBJ };
	struct collection collection = { arena, out, out->count };
	struct error *error;

	if (!nftables)
		return NULL;
	body_header(&request.body, &all, sizeof all);
	attribute_u32(arena, &request.body.attributes, NFTA_OBJ_TYPE, htobe32(NFT_OBJECT_COUNTER));
	error = rtnl_dump(nftables, &request, begin, collect, &collection);
	/* nfnetlink(7) is there and nf_tables is not. */
	if (error && (error->number == EINVAL || error->number == EOPNOTSUPP)) {
		error_free(error);
		return NULL;
	}
	return error;
}
