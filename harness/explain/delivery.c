/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request that reached its host, which did not answer. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "explain/cause.h"
#include "explain/rulesets.h"
#include "forwarder/protocol.h"

static bool is_ignored(
	const struct evidence *evidence, const struct stop *stop, const char *type, struct cause *out)
{
	bool six = stop->flow->protocol == IPPROTO_ICMPV6;
	const char *name = six ? "net.ipv6.icmp.echo_ignore_all" : "net.ipv4.icmp_echo_ignore_all";

	if (!six && strcmp(type, "local") != 0 && setting_of(evidence, stop->in, 0, "%s", name) <= 0)
		name = "net.ipv4.icmp_echo_ignore_broadcasts";
	if ((!six && stop->flow->protocol != IPPROTO_ICMP) ||
		setting_of(evidence, stop->in, 0, "%s", name) <= 0)
		return false;
	cause_note(evidence, out, "%s: %s is 1", stop->in->name, name);
	return cause_is(out, stop->in, stop->device, CAUSE_IGNORED,
		arena_printf(evidence->arena, "echo requests are not answered (%s=1)", name));
}

/* Whether the sender was told that nobody has the port; a ruleset may say so, too. */
static bool is_told(const struct evidence *evidence, const struct stop *stop)
{
	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];
		const struct flow *flow = &sighting->flow;
		const char *name = icmp_error_name(flow->family, flow->type, flow->code);

		if (sighting->role == ROLE_ERROR && sighting->in == stop->in &&
			sighting->direction == RELAY_OUT && name && !strcmp(name, "port-unreachable"))
			return !rulesets_say(evidence, stop->in, "reject");
	}
	return false;
}

/* Whether that COUNTER moved comes of the request. */
static bool is_nobodys(const struct evidence *evidence, const struct stop *stop, const char *counter)
{
	const struct dropped *drop = drop_of(evidence, stop->in, stop->role);

	if (drop && drop->reason)
		return !strcmp(drop->reason, "NO_SOCKET");
	if (stop->flow->protocol == IPPROTO_TCP) /* who closes in a hurry resets, too */
		return is_alone(evidence, stop);
	return moved_surely(evidence, stop, counter, ALIKE_PROTOCOL) || is_told(evidence, stop);
}

bool judge_closed(const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	bool tcp = stop->flow->protocol == IPPROTO_TCP, six = stop->flow->family == AF_INET6;
	const char *counter = tcp ? "TcpOutRsts" : six ? "Udp6NoPorts" : "UdpNoPorts";

	if ((!tcp && stop->flow->protocol != IPPROTO_UDP) || !moved_by(evidence, stop->in, counter) ||
		!is_nobodys(evidence, stop, counter))
		return false;
	out->observed = true;
	cause_note(evidence, out, "%s: %s moved", stop->in->name, counter);
	return cause_is(out, stop->in, stop->device, CAUSE_CLOSED,
		arena_printf(
			evidence->arena, "no socket has %s port %u", tcp ? "TCP" : "UDP", stop->flow->dport));
}

static bool moved(const struct evidence *evidence, const struct stop *stop, const char *counter, bool surely)
{
	return surely ? moved_surely(evidence, stop, counter, ALIKE_PROTOCOL)
		      : moved_by(evidence, stop->in, counter);
}

/* Whether TCP, which answers whatever it is given but a reset, has sent anything after the last answer. */
static bool has_gone_on(const struct evidence *evidence, const struct stop *stop)
{
	bool went_on = false;

	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];

		if (sighting->in != stop->in || sighting->wire)
			continue;
		if (sighting->role == ROLE_ANSWER)
			went_on = false;
		else if (sighting->role == ROLE_REQUEST)
			went_on |= sighting->flow.flags & (TH_ACK | TH_RST);
	}
	return went_on;
}

bool was_taken(const struct evidence *evidence, const struct stop *stop, bool surely)
{
	bool six = stop->flow->family == AF_INET6, answers = stop->role == ROLE_ANSWER;
	const char *counter = NULL;

	switch (stop->flow->protocol) {
	case IPPROTO_TCP:
		if (answers)
			return has_gone_on(evidence, stop);
		counter = "TcpInSegs";
		break;
	case IPPROTO_UDP:
		if (moved(evidence, stop, six ? "Udp6NoPorts" : "UdpNoPorts", surely))
			return true;
		counter = six ? "Udp6InDatagrams" : "UdpInDatagrams";
		break;
	case IPPROTO_ICMP: counter = answers ? "IcmpInEchoReps" : "IcmpInEchos"; break;
	case IPPROTO_ICMPV6: counter = answers ? "Icmp6InEchoReplies" : "Icmp6InEchos"; break;
	default: return true;
	}
	return moved(evidence, stop, counter, surely);
}

/* The type of the route by which it is for this host; NULL: it is not. */
static const char *type_of(const struct evidence *evidence, const struct stop *stop)
{
	static const char *const own[] = { "local", "broadcast", "multicast" };
	const struct question question = { .flow = stop->flow, .iif = stop->device };
	struct decision way = { 0 };
	const struct oracle *oracle = evidence->oracle;

	if (!strcmp(stop->device, "lo")) /* it was looked up as it was sent */
		return oracle->owns(oracle->context, evidence->arena, stop->in, &stop->flow->to, NULL)
			       ? own[0]
			       : NULL;
	if (!oracle->decide(oracle->context, evidence->arena, stop->in, &question, false, &way) ||
		way.number || !way.type)
		return NULL;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (!strcmp(way.type, own[i]))
			return own[i];
	return NULL;
}

/* Whether the ruleset may have dropped the request before its protocol got it, and nobody can tell. */
static bool is_in_doubt(const struct evidence *evidence, const struct stop *stop)
{
	return stop->in->uses_nft && !evidence->sees_drops && rulesets_guard(evidence, stop->in) &&
	       !was_taken(evidence, stop, true);
}

/* What keeps the answer from being sent. Where a reset may have been the answer that a ruleset dropped, that
 * is not sure to be the cause. */
static bool judge_back(const struct evidence *evidence, const struct stop *back, struct cause *out)
{
	return judge_sending(evidence, back, out) &&
	       (out->mechanism != CAUSE_FIREWALL || back->flow->protocol != IPPROTO_TCP ||
		       evidence->sees_drops || !moved_by(evidence, back->in, "TcpOutRsts"));
}

/* Where nothing else stands in the way of an answer it was the ruleset, before or behind the protocol. */
static bool judge_doubt(
	const struct evidence *evidence, const struct stop *stop, const struct stop *back, struct cause *out)
{
	if (is_ignored(evidence, stop, "local", out) || !judge_back(evidence, back, out) ||
		out->mechanism != CAUSE_FIREWALL)
		return false;
	out->observed = false;
	out->text = "the firewall (nftables) dropped the request as it came in, or the answer to it";
	return true;
}

bool judge_delivery(const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	struct flow answer = flow_turned(stop->flow);
	const struct stop back = { .in = stop->in, .role = ROLE_ANSWER, .flow = &answer };
	const char *type = type_of(evidence, stop);

	if (!type || (stop->in->uses_nft && !was_taken(evidence, stop, false)))
		return false;
	if (is_in_doubt(evidence, stop))
		return !strcmp(type, "local") && judge_doubt(evidence, stop, &back, out);
	if (is_ignored(evidence, stop, type, out) || judge_closed(evidence, stop, out))
		return true;
	return !strcmp(type, "local") && judge_back(evidence, &back, out);
}
