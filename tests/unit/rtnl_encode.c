/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests as bytes: nothing is sent, and no privilege is needed. */
#include "kernel/rtnl_encode.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "tests/unit/tap.h"

static uint32_t device(void *context, const char *name)
{
	(void)context;
	return !strcmp(name, "tun0") ? 7 : 0;
}

static int netns(void *context, const char *name)
{
	(void)context;
	return !strcmp(name, "left") ? 5 : -1;
}

static const struct resolver resolver = { .device = device, .netns = netns };

static struct request route(struct arena *arena)
{
	struct rtmsg header = { .rtm_family = AF_INET, .rtm_dst_len = 24 };
	struct request request = { .type = RTM_NEWROUTE, .flags = NLM_F_CREATE };

	body_header(&request.body, &header, sizeof header);
	attribute_bytes(arena, &request.body.attributes, RTA_DST, "\xc0\x00\x02", 4);
	return request;
}

/* The numbers in an attribute's nest and header. */
static void nests(struct arena *arena)
{
	struct request request = route(arena);
	struct nlmsghdr *message = NULL;
	struct error *error;
	const struct nlattr *metrics;

	attribute_name(arena, &request.body.attributes, RTA_OIF, ATTRIBUTE_DEVICE, "tun0");
	attribute_u32(arena, attribute_nest(arena, &request.body.attributes, RTA_METRICS), RTAX_MTU, 1400);
	error = rtnl_encode(NULL, &request, &resolver, &message);
	if (!tap_ok(!error, "a route is encoded"))
		return;
	metrics = rtnl_attribute(message, sizeof(struct rtmsg), RTA_METRICS);
	tap_ok(message->nlmsg_type == RTM_NEWROUTE && message->nlmsg_flags == (NLM_F_REQUEST | NLM_F_CREATE),
		"with its type and flags");
	tap_ok(attribute_number(rtnl_attribute(message, sizeof(struct rtmsg), RTA_OIF), 0) == 7,
		"the device's index is put in");
	tap_ok(metrics && metrics->nla_type == (RTA_METRICS | NLA_F_NESTED), "a nest is flagged as one");
	tap_ok(attribute_number(nested_attribute(metrics, RTAX_MTU), 0) == 1400, "and holds its attribute");
	tap_ok(!nested_attribute(metrics, RTAX_HOPLIMIT), "and no other");
	free(message);
}

/* A body in an attribute (a veth's peer), and several with lengths (next hops). */
static void bodies(struct arena *arena)
{
	struct ifinfomsg peer_header = { .ifi_flags = 3 };
	struct rtnexthop hop_header = { .rtnh_hops = 9 };
	struct body peer = { 0 }, hops[2] = { 0 };
	struct attribute multipath = { .type = RTA_MULTIPATH, .kind = ATTRIBUTE_BODIES };
	struct request request = { .type = RTM_NEWROUTE, .body.size = sizeof(struct rtmsg) };
	struct nlmsghdr *message = NULL;
	struct error *error;
	const struct rtnexthop *hop;
	const char *bytes;
	size_t size;

	body_header(&peer, &peer_header, sizeof peer_header);
	attribute_string(arena, &peer.attributes, IFLA_IFNAME, "b");
	attribute_body(arena, &request.body.attributes, VETH_INFO_PEER, &peer);
	for (int i = 0; i < 2; i++) {
		body_header(&hops[i], &hop_header, sizeof hop_header);
		hops[i].device = "tun0";
		hops[i].device_at = offsetof(struct rtnexthop, rtnh_ifindex);
	}
	attribute_u32(arena, &hops[0].attributes, RTA_GATEWAY, 0x01020304);
	multipath.bodies = hops;
	multipath.count = 2;
	arena_append(arena, &request.body.attributes.at, &request.body.attributes.count, &multipath,
		sizeof multipath);
	error = rtnl_encode(NULL, &request, &resolver, &message);
	if (!tap_ok(!error, "bodies are encoded"))
		return;
	bytes = attribute_data(rtnl_attribute(message, sizeof(struct rtmsg), VETH_INFO_PEER), &size);
	tap_ok(size == sizeof peer_header + 8 && !memcmp(bytes, &peer_header, sizeof peer_header) &&
			!memcmp(bytes + sizeof peer_header + 4, "b", 2),
		"a peer's header stands before its attributes");
	hop = attribute_data(rtnl_attribute(message, sizeof(struct rtmsg), RTA_MULTIPATH), &size);
	tap_ok(size == 16 + 8 && hop->rtnh_len == 16 && hop->rtnh_ifindex == 7 && hop->rtnh_hops == 9,
		"a next hop has its length and the device's index");
	tap_ok(hop[2].rtnh_len == 8 && hop[2].rtnh_ifindex == 7, "and so has the one behind it");
	free(message);
}

/* What stands behind a short attribute goes to the kernel, too: not what was in memory before. */
static void padding(struct arena *arena)
{
	struct request request = route(arena);
	const uint8_t one = 1;
	struct nlmsghdr *message = NULL;
	const char *end;

	mallopt(M_PERTURB, 0xa5);
	attribute_bytes(arena, &request.body.attributes, RTA_PREF, &one, sizeof one);
	error_free(rtnl_encode(NULL, &request, &resolver, &message));
	end = (const char *)message + message->nlmsg_len;
	tap_ok(end[-4] == 1 && !end[-3] && !end[-2] && !end[-1], "a byte is padded with zeros");
	free(message);
	mallopt(M_PERTURB, 0);
}

static void expect_error(const struct request *request, int number, const char *text, const char *what)
{
	struct nlmsghdr *message = NULL;
	struct error *error = rtnl_encode(NULL, request, &resolver, &message);

	tap_ok(error && error->number == number && error->status == STATUS_WRONG && !message, "%s is refused",
		what);
	tap_is(error ? error->text : NULL, text, "and %s is said so", what);
	free(message);
	error_free(error);
}

static void refusals(struct arena *arena)
{
	static const char zeros[70000];
	struct request request = route(arena);
	struct nlmsghdr *message = NULL;
	struct error *error;

	attribute_name(arena, &request.body.attributes, RTA_OIF, ATTRIBUTE_DEVICE, "tun1");
	expect_error(&request, ENODEV, "Cannot find device \"tun1\"", "an unknown device");
	request = route(arena);
	attribute_name(arena, &request.body.attributes, IFLA_NET_NS_FD, ATTRIBUTE_NAMESPACE, "right");
	expect_error(&request, ENOENT, "Cannot find namespace \"right\"", "an unknown namespace");
	request = route(arena);
	attribute_bytes(arena, &request.body.attributes, RTA_ENCAP, zeros, 65532);
	expect_error(&request, EMSGSIZE, "an attribute of 65532 bytes: Message too long", "a long attribute");
	request = route(arena);
	attribute_bytes(arena, attribute_nest(arena, &request.body.attributes, RTA_ENCAP), 1, zeros, 65528);
	expect_error(&request, EMSGSIZE, "an attribute of 65536 bytes: Message too long", "a long nest");
	request = route(arena);
	for (int i = 0; i < 2; i++)
		attribute_bytes(arena, &request.body.attributes, RTA_ENCAP, zeros, 65531);
	expect_error(&request, EMSGSIZE, "a request of more than 131072 bytes: Message too long",
		"a long request");
	request = route(arena);
	attribute_bytes(arena, &request.body.attributes, RTA_ENCAP, zeros, 65531);
	error = rtnl_encode(NULL, &request, &resolver, &message);
	tap_ok(!error && message->nlmsg_len == 16 + 12 + 8 + 65536, "what is just short enough is encoded");
	free(message);
	error_free(error);
}

int main(void)
{
	struct arena *arena = arena_open();

	nests(arena);
	bodies(arena);
	padding(arena);
	refusals(arena);
	arena_close(arena);
	return tap_done();
}
