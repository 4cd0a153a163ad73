/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet that waits for the link-layer address of its next hop: by ARP (RFC 826) or neighbour discovery
 * (RFC 4861). */
#include <linux/neighbour.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>

#include "explain/cause.h"
#include "explain/rulesets.h"
#include "forwarder/protocol.h"
#include "lab/lab.h"

/* Who waits, by which device, and for whom. */
struct wait {
	const struct evidence *evidence;
	const struct stop *stop;
	const char *device, *hop;
	struct cause *out;
};

static bool is(const struct wait *wait, enum mechanism mechanism, const char *text)
{
	return cause_is(wait->out, wait->stop->in, wait->device, mechanism, text);
}

/* Whether it is a question for the neighbour that is waited for, or its answer. */
static bool is_meant(const struct wait *wait, const struct flow *flow, bool answer)
{
	struct address address;

	return flow_neighbour(flow, answer, &address) &&
	       !strcmp(address_print(wait->evidence->arena, &address), wait->hop);
}

/* How often the device asked for the neighbour, or was answered; with ELSEWHERE by frames that were not for
 * it.
 */
static size_t count(const struct wait *wait, bool answer, bool elsewhere)
{
	const struct evidence *evidence = wait->evidence;
	unsigned direction = answer ? RELAY_IN : RELAY_OUT;
	size_t number = 0;

	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];

		number += sighting->in == wait->stop->in && !sighting->wire &&
			  sighting->direction == direction && sighting->elsewhere == elsewhere &&
			  !strcmp(sighting->device, wait->device) && is_meant(wait, &sighting->flow, answer);
	}
	return number;
}

/* The ruleset of a namespace dropped a question or an answer, and the kernel said so. */
static const struct dropped *dropped_in(const struct wait *wait, const struct netns *in, bool answer)
{
	const struct evidence *evidence = wait->evidence;

	for (size_t i = 0; i < evidence->drop_count; i++) {
		const struct dropped *drop = &evidence->drops[i];

		if (drop->in == in && dropped_for(drop, "NETFILTER_DROP") &&
			flow_neighbour(&drop->flow, answer, NULL))
			return drop;
	}
	return NULL;
}

static bool is_firewalled(const struct wait *wait, const struct netns *in, bool answer)
{
	const struct dropped *drop = dropped_in(wait, in, answer);

	if (!drop)
		return false;
	cause_note_drop(wait->evidence, wait->out, drop);
	return cause_is(wait->out, in, in == wait->stop->in ? wait->device : NULL, CAUSE_FIREWALL,
		arena_printf(wait->evidence->arena,
			"the firewall (nftables) dropped the %s for the link-layer address of %s",
			answer ? "answer" : "question", wait->hop));
}

/* Whether the namespace itself says that the neighbour is not to be had: "host-unreachable". */
static bool gives_up(const struct wait *wait)
{
	const struct evidence *evidence = wait->evidence;

	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];
		const struct flow *flow = &sighting->flow;

		if (sighting->role != ROLE_ERROR || sighting->in != wait->stop->in || sighting->wire ||
			(sighting->direction != RELAY_OUT && strcmp(sighting->device, "lo") != 0))
			continue;
		if (flow->family == AF_INET
				? flow->type == ICMP_DEST_UNREACH && flow->code == ICMP_HOST_UNREACH
				: flow->type == ICMP6_DST_UNREACH && flow->code == ICMP6_DST_UNREACH_ADDR)
			return true;
	}
	return false;
}

/* Why a device has no carrier. */
static const char *carrier_print(const struct netns *in, const char *device)
{
	const struct link *link = namespace_link(in, device);

	if (link && link->kind && link->kind->made == LINK_BY_TUN)
		return "has no carrier: no program has it open";
	return "has no carrier: what is at its other end is down";
}

/* A device without a carrier, or which is down itself. */
static bool is_without_carrier(const struct wait *wait, const struct netns *in, const char *device)
{
	const struct oracle *oracle = wait->evidence->oracle;
	struct link_state state;

	if (!oracle->link_state ||
		!oracle->link_state(oracle->context, wait->evidence->arena, in, device, &state) ||
		(state.up && state.carrier))
		return false;
	cause_note(wait->evidence, wait->out, "%s: %s %s", in->name, device,
		state.up ? "has no carrier" : "is down");
	wait->out->observed = true;
	return cause_is(wait->out, in, device, CAUSE_DEVICE_DOWN,
		arena_printf(wait->evidence->arena, "the %s does not leave by %s, which %s",
			role_name(wait->stop->role), device,
			state.up ? carrier_print(in, device) : "is down"));
}

/* The device, or one of those that it stands on. */
static bool is_down(const struct wait *wait)
{
	const struct link *link = namespace_link(wait->stop->in, wait->device);

	if (is_without_carrier(wait, wait->stop->in, wait->device))
		return true;
	for (; link && link->lower; link = link->lower)
		if (is_without_carrier(wait, link->lower->in, link->lower->name))
			return true;
	return false;
}

/* An entry is there, without an address. */
static bool is_unknown(const struct wait *wait)
{
	const struct oracle *oracle = wait->evidence->oracle;

	return oracle->neighbour &&
	       oracle->neighbour(oracle->context, wait->stop->in, wait->device, wait->hop) &
		       (NUD_INCOMPLETE | NUD_FAILED);
}

/* Nobody was seen to ask: it was asked before, or could not be. */
static bool judge_unasked(const struct wait *wait)
{
	if (is_firewalled(wait, wait->stop->in, false))
		return true;
	if (is_unknown(wait))
		cause_note(wait->evidence, wait->out,
			"%s: what %s knows of %s is that it was asked for in vain", wait->stop->in->name,
			wait->device, wait->hop);
	else if (gives_up(wait))
		cause_note(wait->evidence, wait->out, "%s: it gave up, without a question seen on %s",
			wait->stop->in->name, wait->device);
	else
		return false;
	return is(wait, CAUSE_NEIGHBOUR,
		arena_printf(wait->evidence->arena,
			"the %s waits on %s: the link-layer address of %s is not to be had",
			role_name(wait->stop->role), wait->device, wait->hop));
}

/* The answer came, and was not taken. */
static bool judge_answered(const struct wait *wait)
{
	if (count(wait, true, false)) {
		if (is_firewalled(wait, wait->stop->in, true))
			return true;
		if (!gives_up(wait) || !rulesets_drop(wait->evidence, wait->stop->in))
			return false;
		cause_note(wait->evidence, wait->out, "%s: %s was answered, and yet it gave up",
			wait->stop->in->name, wait->device);
		return is(wait, CAUSE_FIREWALL,
			arena_printf(wait->evidence->arena,
				"the firewall (nftables) dropped the answer for the link-layer address of %s",
				wait->hop));
	}
	cause_note(wait->evidence, wait->out, "%s: %s was answered at another link-layer address",
		wait->stop->in->name, wait->device);
	wait->out->observed = true;
	return is(wait, CAUSE_NEIGHBOUR,
		arena_printf(wait->evidence->arena,
			"the %s waits on %s: what answers for %s sends it to a link-layer address that is "
			"not this device's",
			role_name(wait->stop->role), wait->device, wait->hop));
}

/* The furthest place that the question got to: the last where one was seen for the first time. */
static const struct sighting *furthest_question(const struct wait *wait)
{
	const struct evidence *evidence = wait->evidence;
	const struct sighting *last = NULL;

	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];

		if (is_meant(wait, &sighting->flow, false) && (last || sighting->in == wait->stop->in) &&
			(!last || sighting->in != wait->stop->in || sighting->wire))
			last = sighting;
	}
	return last;
}

/* The wire did not carry the question. */
static bool is_lost(const struct wait *wait, const struct sighting *last)
{
	if (!last->dropped || !judge_departure(wait->evidence, last, wait->out))
		return false;
	wait->out->text = arena_printf(wait->evidence->arena,
		"the wire to %s did not deliver the question for the link-layer address of %s: %s",
		last->device, wait->hop, last->dropped);
	return true;
}

/* IPv6 is off where the question came to. */
static bool is_ipv6_off(const struct wait *wait, const struct sighting *last)
{
	const struct evidence *evidence = wait->evidence;

	if (last->flow.arp || last->wire || last->direction != RELAY_IN || last->in == wait->stop->in ||
		setting_of(evidence, last->in, 0, "net/ipv6/conf/%s/disable_ipv6", last->device) <= 0)
		return false;
	return cause_is(wait->out, last->in, last->device, CAUSE_IPV6_OFF,
		arena_printf(evidence->arena,
			"nobody answers for %s on %s: IPv6 is switched off there "
			"(net.ipv6.conf.%s.disable_ipv6=1)",
			wait->hop, last->device, last->device));
}

static bool judge_unanswered(const struct wait *wait)
{
	const struct sighting *last = furthest_question(wait);

	cause_note(wait->evidence, wait->out, "%s: %s asked for %s and nobody answered", wait->stop->in->name,
		wait->device, wait->hop);
	if (last && (is_lost(wait, last) || is_firewalled(wait, last->in, false) ||
			    is_firewalled(wait, last->in, true) || is_ipv6_off(wait, last)))
		return true;
	wait->out->observed = true;
	return is(wait, CAUSE_NEIGHBOUR,
		arena_printf(wait->evidence->arena,
			"the %s waits on %s: no neighbour there has the address %s",
			role_name(wait->stop->role), wait->device, wait->hop));
}

bool judge_neighbour(const struct evidence *evidence, const struct stop *stop, const struct decision *way,
	struct cause *out)
{
	const struct wait wait = { .evidence = evidence,
		.stop = stop,
		.device = way->device,
		.hop = way->gateway ? way->gateway : address_print(evidence->arena, &stop->flow->to),
		.out = out };

	if (!way->device)
		return false;
	if (is_down(&wait))
		return true;
	if (!count(&wait, false, false))
		return judge_unasked(&wait);
	return count(&wait, true, false) || count(&wait, true, true) ? judge_answered(&wait)
								     : judge_unanswered(&wait);
}
