/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Doing a plan's operations. */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/baseline_table.h"
#include "kernel/generic.h"
#include "kernel/netns.h"
#include "kernel/nft.h"
#include "kernel/sysctl.h"
#include "lab/flush.h"
#include "run/capture.h"
#include "run/impair.h"
#include "run/router.h"
#include "run/tuntap.h"

enum { IPV6_LEAST_MTU = 1280 };

/* IPv6 may be missing from a kernel; that matters only to a lab that uses it. */
static struct error *ipv6_sysctl(struct site_netns *there, const char *name, const char *value)
{
	struct error *error = sysctl_write(there->fd, name, value);

	if (error && !there->site->lab->uses_ipv6) {
		error_free(error);
		return NULL;
	}
	if (error) {
		error->status = STATUS_UNABLE;
		error->skip = true;
		return error_wrap(error, "the lab uses IPv6");
	}
	return NULL;
}

/*
 * No duplicate detection, by sysctl rather than by address, so that dumps look ordinary. Where the lab never
 * speaks of IPv6, devices get no link-local address, and so send nothing by themselves: wires are silent.
 */
static struct error *set_up_ipv6(struct site_netns *there)
{
	if (there->site->lab->uses_ipv6)
		return ipv6_sysctl(there, "net.ipv6.conf.default.accept_dad", "0");
	return ipv6_sysctl(there, "net.ipv6.conf.default.addr_gen_mode", "1");
}

static struct error *set_baseline(struct site *site, struct site_netns *there)
{
	struct error *error = NULL;

	if (site->lab->baseline->inherited)
		return NULL;
	if (!site->baseline_found)
		error = baseline_find(
			site->arena, there->fd, there->rtnl, site->lab->uses_ipv6, &site->baseline);
	site->baseline_found = true;
	if (!error)
		error = baseline_apply(site->arena, &site->baseline, there->fd);
	return error ? error : baseline_apply_device(&site->baseline, there->fd, "lo");
}

static bool has_bridge(const struct netns *in)
{
	for (size_t i = 0; i < in->link_count; i++)
		if (in->links[i]->kind && !strcmp(in->links[i]->kind->name, "bridge"))
			return true;
	return false;
}

/* A lab that wants its bridges to call the IP firewall says so, and then requires it. */
static struct error *set_bridges_free(struct site_netns *there)
{
	struct error *error = NULL;

	for (const char *const *name = baseline_bridges; *name && !error; name++)
		error = sysctl_write(there->fd, *name, "0");
	if (!error || error->number != ENOENT)
		return error;
	error_free(error);
	return NULL;
}

static struct error *make_netns(struct site *site, const struct netns *in)
{
	struct site_netns *there = site_of(site, in);
	struct error *error = netns_new(&there->fd);

	if (error)
		return error;
	site->inside = there;
	error = capture_netns(site, in);
	if (!error)
		error = rtnl_open(&there->rtnl);
	if (!error)
		error = set_baseline(site, there);
	if (!error && !site->lab->baseline->inherited && has_bridge(in))
		error = set_bridges_free(there);
	return error ? error : set_up_ipv6(there);
}

static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9;
	h = (h ^ h >> 27) * 0x94d049bb133111eb;
	return h ^ h >> 31;
}

/* The link-local address of a TUN, which has no MAC address, comes from a secret (RFC 7217): the lab's seed
 * decides it. */
static struct error *set_secret(struct site *site, struct site_netns *there, const struct link *link)
{
	const char *name = arena_printf(site->arena, "net/ipv6/conf/%s/stable_secret", link->name);
	uint64_t h = site->lab->seed, low;

	for (const char *c = there->described->name; *c; c++)
		h = mix(h + (unsigned char)*c);
	h = mix(h + '/');
	for (const char *c = link->name; *c; c++)
		h = mix(h + (unsigned char)*c);
	low = mix(h + 1);
	return ipv6_sysctl(there, name,
		arena_printf(site->arena, "%x:%x:%x:%x:%x:%x:%x:%x", (unsigned)(h >> 48),
			(unsigned)(h >> 32 & 0xffff), (unsigned)(h >> 16 & 0xffff), (unsigned)(h & 0xffff),
			(unsigned)(low >> 48), (unsigned)(low >> 32 & 0xffff), (unsigned)(low >> 16 & 0xffff),
			(unsigned)(low & 0xffff)));
}

/* Whether its link-local address comes from a secret: it is said so, or there is no other address that it
 * could come from. */
static bool has_secret(const struct link *link)
{
	const struct value *mode = value_of(&link->values, "addrgenmode");

	if (mode)
		return mode->number == IN6_ADDR_GEN_MODE_STABLE_PRIVACY;
	return !link->kind->ethernet && !link->kind->inherits;
}

static struct error *set_up_device(struct site *site, const struct link *link)
{
	struct site_netns *there = site_of(site, link->in);
	struct error *error = NULL;

	rtnl_forget(there->rtnl);
	if (!site->lab->baseline->inherited)
		error = baseline_apply_device(&site->baseline, there->fd, link->name);
	/* IPv6 is not spoken where less fits (RFC 8200). */
	if (!error && site->lab->uses_ipv6 && has_secret(link) && link_mtu(link) >= IPV6_LEAST_MTU)
		error = set_secret(site, there, link);
	return error;
}

/* The first two ends are a wire, which each further one enters. */
static struct error *join_ports(struct site *site, const struct wire *wire)
{
	struct error *error;

	if (wire->kind->router)
		return router_make(site, wire);
	error = relay_add_wire(site->relay, wire->ends[0]->port, wire->ends[1]->port);

	for (size_t i = 2; i < wire->count && !error; i++)
		error = relay_add_hub(site->relay, wire->ends[i]->port, wire->ends[0]->port);
	return error;
}

static struct error *look(struct site_netns *there, const struct operation *operation, bool *stands)
{
	return rtnl_stands(
		there->rtnl, operation->request, operation->entry->object, &there->resolver, stands);
}

/*
 * "File exists" is content where exactly this stands already. IPv6 makes routes of its own a moment after a
 * carrier comes, a bridge's for one; while it is at it one may be in the way and not be shown yet, so that it
 * is asked again, as long as that may take.
 */
static struct error *add_or_accept(struct site_netns *there, const struct operation *operation)
{
	const uint64_t deadline = loop_now() + 100000000;
	struct error *error, *other;
	bool stands = false;

	while (true) {
		error = rtnl_do(there->rtnl, operation->request, &there->resolver);
		if (!error || error->number != EEXIST)
			return error;
		other = look(there, operation, &stands);
		if (!other && !stands && (operation->entry->family == AF_INET || loop_now() > deadline))
			return error;
		error_free(error);
		if (other || stands)
			return other;
		poll(NULL, 0, 1);
	}
}

static struct error *flush(struct site_netns *there, const struct operation *operation)
{
	const struct flush *how = operation->entry->object->flush;
	const char *sysctl = how->sysctl ? how->sysctl(operation->entry) : NULL;

	if (sysctl)
		return sysctl_write(there->fd, sysctl, "-1");
	return rtnl_flush(there->rtnl, operation->request, operation->entry, &there->resolver);
}

/* What is stated without a verb: it may stand already. */
static struct error *state(struct site_netns *there, const struct operation *operation)
{
	const struct object *object = operation->entry->object;
	bool stands = false;
	struct error *error = NULL;

	if (object->doubles && object->doubles(operation->entry))
		error = look(there, operation, &stands);
	if (error || stands)
		return error;
	return add_or_accept(there, operation);
}

static struct error *ask(struct site *site, const struct operation *operation)
{
	struct site_netns *there = site_of(site, operation->in);
	struct error *error;

	if (operation->entry && operation->entry->command == COMMAND_FLUSH)
		return flush(there, operation);
	if (operation->request->generic) {
		error = site_enter(site, operation->in);
		return error ? error : generic_do(operation->request);
	}
	if (operation->entry && operation->entry->command == COMMAND_STATE)
		return state(there, operation);
	error = rtnl_do(there->rtnl, operation->request, &there->resolver);
	if (operation->link)
		rtnl_forget(there->rtnl);
	return error;
}

/* WHERE becomes the line of the ruleset that is refused. */
static struct error *load_ruleset(
	struct site *site, const struct operation *operation, const struct place **where)
{
	struct error *error = site_enter(site, operation->in);
	struct ruleset_wrong wrong = { 0 };

	if (!error)
		error = nft_apply(site->arena, operation->ruleset, &wrong);
	*where = ruleset_place(site->arena, operation->ruleset, &wrong);
	return error;
}

static struct error *set_row(struct site *site, const struct operation *operation)
{
	const struct baseline_row *row = operation->row;

	return baseline_set(
		site->arena, &site->baseline, site_of(site, operation->in)->fd, row->name, row->value);
}

static struct error *set_sysctl(struct site_netns *there, const struct sysctl *sysctl)
{
	if (sysctl->glob)
		return sysctl_write_glob(
			there->fd, sysctl->path, sysctl->but, sysctl->but_count, sysctl->value);
	return sysctl_write(there->fd, sysctl->name, sysctl->value);
}

static struct error *do_operation(
	struct site *site, const struct operation *operation, const struct place **where)
{
	switch (operation->kind) {
	case OPERATION_NAMESPACE: return make_netns(site, operation->in);
	case OPERATION_BASELINE: return set_row(site, operation);
	case OPERATION_TUN: return tuntap_make(site, operation->link);
	case OPERATION_CLOSE: return tuntap_close(site, operation->link);
	case OPERATION_OPEN: return tuntap_reopen(site, operation->link);
	case OPERATION_DETACH: return tuntap_set_queues(site, operation->link);
	case OPERATION_REQUEST: return ask(site, operation);
	case OPERATION_DEVICE: return set_up_device(site, operation->link);
	case OPERATION_PORT: return tuntap_hand_over(site, operation->link);
	case OPERATION_WIRE: return join_ports(site, operation->wire);
	case OPERATION_SYSCTL: return set_sysctl(site_of(site, operation->in), operation->sysctl);
	case OPERATION_NFT: return load_ruleset(site, operation, where);
	case OPERATION_ROUTER:
	case OPERATION_RATELIMIT:
	case OPERATION_ADVERTISE: return router_do(site, operation);
	case OPERATION_IMPAIR: return impair(site, operation->imposition);
	}
	return NULL;
}

/* What a device or an address lacks before a step may begin. */
struct readiness {
	bool carriers; /* some have come or gone */
	bool waiting;
};

static void forget_waiting(void *context)
{
	((struct readiness *)context)->waiting = false;
}

static void see_link(void *context, const struct nlmsghdr *message)
{
	const struct ifinfomsg *link = rtnl_header(message);
	struct readiness *readiness = context;

	/* There is a carrier, but the kernel's link watch has not yet said so to everybody; or there is none
	 * any more. */
	if (link->ifi_flags & IFF_UP && link->ifi_flags & IFF_LOWER_UP && !(link->ifi_flags & IFF_RUNNING))
		readiness->waiting = true;
	if (readiness->carriers && link->ifi_flags & IFF_UP && !(link->ifi_flags & IFF_LOWER_UP) &&
		link->ifi_flags & IFF_RUNNING)
		readiness->waiting = true;
}

static void see_address(void *context, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *address = rtnl_header(message);
	uint32_t flags =
		attribute_number(rtnl_attribute(message, sizeof *address, IFA_FLAGS), address->ifa_flags);
	struct readiness *readiness = context;

	if (flags & IFA_F_TENTATIVE && !(flags & IFA_F_DADFAILED))
		readiness->waiting = true;
}

static struct error *is_ready(struct site *site, struct site_netns *there, bool *ready)
{
	struct ifinfomsg links = { .ifi_family = AF_UNSPEC };
	struct ifaddrmsg addresses = { .ifa_family = AF_INET6 };
	struct request request = { .type = RTM_GETLINK };
	struct readiness readiness = { .carriers = site->carriers };
	struct error *error;

	body_header(&request.body, &links, sizeof links);
	error = rtnl_dump(there->rtnl, &request, forget_waiting, see_link, &readiness);
	*ready = !readiness.waiting;
	if (error || !*ready || !site->lab->uses_ipv6)
		return error;
	request.type = RTM_GETADDR;
	body_header(&request.body, &addresses, sizeof addresses);
	error = rtnl_dump(there->rtnl, &request, forget_waiting, see_address, &readiness);
	*ready = !readiness.waiting;
	return error;
}

static bool has_request_links(const struct netns *in)
{
	for (size_t i = 0; i < in->link_count; i++)
		if (in->links[i]->kind->made == LINK_BY_REQUEST)
			return true;
	return false;
}

/* What does not become ready within two seconds (a device whose peer stays down) is what the lab wants. */
static struct error *wait_until_ready(struct site *site)
{
	const uint64_t deadline = loop_now() + 2000000000;
	struct error *error = NULL;

	for (size_t i = 0; i < site->lab->namespace_count && !error; i++) {
		bool ready = !site->lab->uses_ipv6 && !site->carriers &&
			     !has_request_links(site->lab->namespaces[i]);

		while (!error && !ready && !loop_signal(site->loop)) {
			error = is_ready(site, &site->namespaces[i], &ready);
			if (loop_now() > deadline)
				break;
			if (!error && !ready)
				poll(NULL, 0, 1);
		}
	}
	site->carriers = false;
	return error;
}

static struct error *tell_where(
	struct site *site, const struct plan *plan, size_t i, const struct place *where, struct error *error)
{
	return error_wrap(error, "%s: operation %zu of %zu: %s",
		place_print(site->arena, &site->lab->text, where), i + 1, plan->count,
		operation_name(site->arena, &plan->at[i]));
}

/* Waits until all that was asked for is done and ready. */
static struct error *stand(struct site *site)
{
	struct error *error = site_leave(site);

	if (!error && site->relay)
		error = relay_barrier(site->relay);
	return error ? error : wait_until_ready(site);
}

struct error *site_apply(struct site *site, const struct plan *plan)
{
	struct error *error = NULL, *left;

	for (size_t i = 0; i < plan->count && !error; i++) {
		const struct place *where = plan->at[i].where;
		bool begins = !i || plan->at[i].phase != plan->at[i - 1].phase;

		if (begins)
			stop_at(phase_name(plan->at[i].phase));
		/* A route's source must be an address that can be used already (IPv6). */
		if (begins && plan->at[i].phase == PHASE_ROUTES && site->lab->uses_ipv6)
			error = wait_until_ready(site);
		/* Nothing is impaired while the lab comes up, and what is scheduled counts from when it
		 * stands. */
		if (begins && plan->at[i].phase == PHASE_IMPAIRMENTS) {
			error = stand(site);
			impair_begin(site);
		}
		if (!error && loop_signal(site->loop))
			error = error_new(STATUS_UNABLE, EINTR, "building was interrupted");
		if (!error)
			error = do_operation(site, &plan->at[i], &where);
		if (error)
			error = tell_where(site, plan, i, where, error);
	}
	if (!error)
		error = stand(site);
	left = site_leave(site);
	capture_drain(site);
	if (!error)
		return left;
	error_free(left);
	return error;
}
