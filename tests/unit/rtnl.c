/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own answers, in a namespace that the test makes. */
#include "kernel/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <unistd.h>

#include "kernel/capability.h"
#include "kernel/netns.h"
#include "tests/unit/tap.h"

static struct arena *arena;
static struct rtnl *rtnl;

static void expect(struct error *error, const char *what)
{
	tap_is(error ? error->text : NULL, NULL, "%s", what);
	error_free(error);
}

static void expect_error(
	struct error *error, int number, enum status status, const char *text, const char *what)
{
	tap_is(error ? error->text : NULL, text, "%s", what);
	tap_ok(error && error->number == number && error->status == status &&
			error->skip == (status == STATUS_UNABLE),
		"%s: errno, status, skip", what);
	error_free(error);
}

static struct request new_link(const char *name, const char *kind)
{
	struct ifinfomsg header = { 0 };
	struct request request = { .type = RTM_NEWLINK, .flags = NLM_F_CREATE | NLM_F_EXCL };
	struct attributes *attributes = &request.body.attributes;

	body_header(&request.body, &header, sizeof header);
	attribute_string(arena, attributes, IFLA_IFNAME, name);
	attribute_string(arena, attribute_nest(arena, attributes, IFLA_LINKINFO), IFLA_INFO_KIND, kind);
	return request;
}

static struct request new_veth(void)
{
	struct request request = new_link("left", "veth");
	struct attributes *info = attribute_nest(arena, &request.body.attributes, IFLA_LINKINFO);
	struct ifinfomsg header = { 0 };
	struct body peer = { 0 };

	body_header(&peer, &header, sizeof header);
	attribute_string(arena, &peer.attributes, IFLA_IFNAME, "right");
	attribute_body(arena, attribute_nest(arena, info, IFLA_INFO_DATA), VETH_INFO_PEER, &peer);
	return request;
}

static struct request up(const char *device)
{
	struct ifinfomsg header = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct request request = { .type = RTM_NEWLINK };

	body_header(&request.body, &header, sizeof header);
	request.body.device = device;
	request.body.device_at = offsetof(struct ifinfomsg, ifi_index);
	return request;
}

static struct request new_address(const char *device, const char *address)
{
	struct ifaddrmsg header = { .ifa_family = AF_INET, .ifa_prefixlen = 24 };
	struct request request = { .type = RTM_NEWADDR, .flags = NLM_F_CREATE | NLM_F_EXCL };
	struct in_addr bytes;

	inet_pton(AF_INET, address, &bytes);
	body_header(&request.body, &header, sizeof header);
	request.body.device = device;
	request.body.device_at = offsetof(struct ifaddrmsg, ifa_index);
	attribute_bytes(arena, &request.body.attributes, IFA_LOCAL, &bytes, sizeof bytes);
	return request;
}

static bool same_address(const void *wanted, const void *seen)
{
	const struct ifaddrmsg *left = wanted, *right = seen;

	return left->ifa_family == right->ifa_family && left->ifa_prefixlen == right->ifa_prefixlen &&
	       left->ifa_index == right->ifa_index;
}

static bool stands(
	const struct request *request, uint16_t get_type, bool (*same)(const void *wanted, const void *seen))
{
	const struct object object = { .get_type = get_type, .same = same };
	bool result = false;
	struct error *error = rtnl_stands(rtnl, request, &object, NULL, &result);

	if (error)
		printf("# %s\n", error->text);
	error_free(error);
	return result;
}

static void links(void)
{
	struct request veth = new_veth(), unknown = new_link("nosuch", "nosuchkind"), left = up("left"),
		       right = up("right");
	struct request absent = up("absent");
	uint32_t index;

	expect(rtnl_do(rtnl, &veth, NULL), "a veth pair is made");
	index = rtnl_index(rtnl, "left");
	tap_ok(index && rtnl_index(rtnl, "right") && index != rtnl_index(rtnl, "right"),
		"both ends have an index");
	tap_ok(rtnl_index(rtnl, "absent") == 0 && rtnl_index(rtnl, "a-name-far-too-long") == 0,
		"no other name has one");
	expect(rtnl_do(rtnl, &left, NULL), "one comes up");
	expect(rtnl_do(rtnl, &right, NULL), "and so does the other");
	expect_error(rtnl_do(rtnl, &veth, NULL), EEXIST, STATUS_WRONG, "RTNETLINK answers: File exists",
		"a name taken");
	expect_error(rtnl_do(rtnl, &unknown, NULL), EOPNOTSUPP, STATUS_UNABLE,
		"RTNETLINK answers: Operation not supported: Unknown device type",
		"a kind that the kernel lacks");
	expect_error(rtnl_do(rtnl, &absent, NULL), ENODEV, STATUS_WRONG, "Cannot find device \"absent\"",
		"a device that is not there");
}

static void addresses(void)
{
	struct request here = new_address("left", "192.0.2.1"), other = new_address("left", "192.0.2.2");
	struct request elsewhere = new_address("right", "192.0.2.1");

	tap_ok(!stands(&here, RTM_GETADDR, same_address), "an address does not stand before it is added");
	expect(rtnl_do(rtnl, &here, NULL), "it is added");
	tap_ok(stands(&here, RTM_GETADDR, same_address), "then it stands");
	tap_ok(!stands(&other, RTM_GETADDR, same_address), "another does not");
	tap_ok(!stands(&elsewhere, RTM_GETADDR, same_address), "nor does it on another device");
}

static struct request new_route(const char *to)
{
	struct rtmsg header = { .rtm_family = AF_INET,
		.rtm_dst_len = 24,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_type = RTN_UNICAST };
	struct request request = { .type = RTM_NEWROUTE, .flags = NLM_F_CREATE | NLM_F_EXCL };
	struct in_addr bytes;

	inet_pton(AF_INET, to, &bytes);
	body_header(&request.body, &header, sizeof header);
	attribute_bytes(arena, &request.body.attributes, RTA_DST, &bytes, sizeof bytes);
	return request;
}

static void via(struct attributes *to, const char *gateway)
{
	struct in_addr bytes;

	inet_pton(AF_INET, gateway, &bytes);
	attribute_bytes(arena, to, RTA_GATEWAY, &bytes, sizeof bytes);
}

static bool same_route(const void *wanted, const void *seen)
{
	const struct rtmsg *left = wanted, *right = seen;

	return left->rtm_dst_len == right->rtm_dst_len && left->rtm_table == right->rtm_table &&
	       left->rtm_type == right->rtm_type;
}

static void routes(void)
{
	struct request metric = new_route("198.51.100.0"), other = new_route("198.51.100.0");
	struct request nowhere = new_route("203.0.113.0");

	via(&metric.body.attributes, "192.0.2.7");
	via(&other.body.attributes, "192.0.2.7");
	attribute_u32(arena, attribute_nest(arena, &metric.body.attributes, RTA_METRICS), RTAX_MTU, 1400);
	attribute_u32(arena, attribute_nest(arena, &other.body.attributes, RTA_METRICS), RTAX_MTU, 1300);
	tap_ok(!stands(&metric, RTM_GETROUTE, same_route), "a route does not stand before it is added");
	expect(rtnl_do(rtnl, &metric, NULL), "it is added");
	tap_ok(stands(&metric, RTM_GETROUTE, same_route), "then it stands, with what is nested in it");
	tap_ok(!stands(&other, RTM_GETROUTE, same_route), "one that differs in a nest does not");
	via(&nowhere.body.attributes, "203.0.113.1");
	expect_error(rtnl_do(rtnl, &nowhere, NULL), ENETUNREACH, STATUS_WRONG,
		"RTNETLINK answers: Network is unreachable: Nexthop has invalid gateway",
		"a gateway out of reach");
}

/* A route over several next hops; the weights of the two are WEIGHTS. */
static struct request new_multipath(const char *const gateways[2], const uint8_t weights[2])
{
	struct request request = new_route("203.0.113.0");
	struct attribute multipath = { .type = RTA_MULTIPATH, .kind = ATTRIBUTE_BODIES };
	struct body *hops = arena_take(arena, 2 * sizeof *hops);

	for (int i = 0; i < 2; i++) {
		struct rtnexthop header = { .rtnh_hops = weights[i] };

		body_header(&hops[i], &header, sizeof header);
		hops[i].device = "left";
		hops[i].device_at = offsetof(struct rtnexthop, rtnh_ifindex);
		via(&hops[i].attributes, gateways[i]);
	}
	multipath.bodies = hops;
	multipath.count = 2;
	arena_append(arena, &request.body.attributes.at, &request.body.attributes.count, &multipath,
		sizeof multipath);
	return request;
}

static void multipath(void)
{
	static const char *const gateways[] = { "192.0.2.8", "192.0.2.9" }, *const turned[] = { "192.0.2.9",
		"192.0.2.8" };
	static const uint8_t weights[] = { 1, 2 }, turned_weights[] = { 2, 1 };
	struct request request = new_multipath(gateways, weights);
	struct request swapped = new_multipath(turned, turned_weights),
		       other = new_multipath(gateways, turned_weights);

	tap_ok(!stands(&request, RTM_GETROUTE, same_route),
		"a multipath route does not stand before it is added");
	expect(rtnl_do(rtnl, &request, NULL), "it is added");
	tap_ok(stands(&request, RTM_GETROUTE, same_route), "then it stands");
	tap_ok(stands(&swapped, RTM_GETROUTE, same_route), "whatever the order of its next hops");
	tap_ok(!stands(&other, RTM_GETROUTE, same_route), "but not with other weights");
	request.body.attributes.at[1].count = 1;
	tap_ok(!stands(&request, RTM_GETROUTE, same_route), "nor with fewer next hops");
}

struct looked {
	uint32_t table, device;
};

static void look(void *context, const struct nlmsghdr *message)
{
	struct looked *looked = context;

	looked->table = attribute_number(rtnl_attribute(message, sizeof(struct rtmsg), RTA_TABLE), 0);
	looked->device = attribute_number(rtnl_attribute(message, sizeof(struct rtmsg), RTA_OIF), 0);
}

static void count(void *context, const struct nlmsghdr *message)
{
	int *links = context;

	*links += message->nlmsg_type == RTM_NEWLINK;
}

static void questions(void)
{
	struct rtmsg header = { .rtm_family = AF_INET, .rtm_dst_len = 32 };
	struct request request = { .type = RTM_GETROUTE };
	struct request dump = { .type = RTM_GETLINK, .body.size = sizeof(struct ifinfomsg) };
	struct request wrong = { .type = RTM_GETADDR, .body.size = sizeof(struct ifaddrmsg) };
	struct looked looked = { 0 };
	int links = 0;

	body_header(&request.body, &header, sizeof header);
	attribute_bytes(arena, &request.body.attributes, RTA_DST, "\xc6\x33\x64\x01", 4);
	expect(rtnl_ask(rtnl, &request, NULL, look, &looked), "a route is looked up");
	tap_ok(looked.table == RT_TABLE_MAIN && looked.device == rtnl_index(rtnl, "left"),
		"its table and device");
	request.body.attributes.count = 0;
	attribute_bytes(arena, &request.body.attributes, RTA_DST, "\xcb\x00\x72\x01", 4);
	expect_error(rtnl_ask(rtnl, &request, NULL, look, &looked), ENETUNREACH, STATUS_WRONG,
		"RTNETLINK answers: Network is unreachable", "a lookup that finds nothing");
	expect(rtnl_dump(rtnl, &dump, NULL, count, &links), "links are dumped");
	tap_ok(links == 3, "lo, left and right (%d)", links);
	wrong.body.header[1] = 24; /* a prefix length */
	expect_error(rtnl_dump(rtnl, &wrong, NULL, count, &links), EINVAL, STATUS_WRONG,
		"RTNETLINK answers: Invalid argument: ipv4: Invalid values in header for address dump "
		"request",
		"a dump that strict checking refuses");
}

/* The socket stays in its namespace, whichever the thread is in. */
static void elsewhere(int home)
{
	struct rtnl *outside = NULL;

	expect(netns_enter(home), "back home");
	rtnl_forget(rtnl);
	tap_ok(rtnl_index(rtnl, "left") != 0, "the socket still finds its devices");
	expect(rtnl_open(&outside), "a socket at home");
	tap_ok(outside && rtnl_index(outside, "left") == 0, "does not");
	rtnl_close(outside);
}

int main(void)
{
	struct error *error = capability_check();
	int home = -1, inside = -1;

	if (error) {
		tap_skip("%s", error->text);
		error_free(error);
		return tap_done();
	}
	arena = arena_open();
	expect(netns_self(&home), "the test's own namespace is opened");
	expect(netns_new(&inside), "a namespace is made");
	expect(rtnl_open(&rtnl), "a socket is opened in it");
	if (rtnl) {
		links();
		addresses();
		routes();
		multipath();
		questions();
		elsewhere(home);
	}
	rtnl_close(rtnl);
	close(inside);
	close(home);
	arena_close(arena);
	return tap_done();
}
