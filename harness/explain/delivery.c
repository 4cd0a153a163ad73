/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request that reached its host, which did not answer. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "explain/cause.h"

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
	out->mechanism = CAUSE_IGNORED;
	out->in = stop->in;
	out->device = stop->device;
	out->text = arena_printf(evidence->arena, "echo requests are not answered (%s=1)", name);
	cause_note(evidence, out, "%s: %s is 1", stop->in->name, name);
	return true;
}

/* Whether the host's own TCP refused the request; its reset, by which that is told (answer.c), may have been
 * dropped before it left. */
static bool is_reset(const struct evidence *evidence, const struct stop *stop)
{
	const struct dropped *drop = drop_of(evidence, stop->in, stop->role);

	return (drop && drop->reason && !strcmp(drop->reason, "NO_SOCKET")) ||
	       (!evidence->sees_drops && moved_by(evidence, stop->in, "TcpOutRsts"));
}

bool judge_closed(const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	bool tcp = stop->flow->protocol == IPPROTO_TCP, six = stop->flow->family == AF_INET6;
	const char *counter = tcp ? "TcpOutRsts" : six ? "Udp6NoPorts" : "UdpNoPorts";

	if (tcp ? !is_reset(evidence, stop)
		: stop->flow->protocol != IPPROTO_UDP || !moved_by(evidence, stop->in, counter))
		return false;
	out->mechanism = CAUSE_CLOSED;
	out->in = stop->in;
	out->device = stop->device;
	out->observed = true;
	out->text = arena_printf(
		evidence->arena, "no socket has %s port %u", tcp ? "TCP" : "UDP", stop->flow->dport);
	cause_note(evidence, out, "%s: %s moved", stop->in->name, counter);
	return true;
}

bool was_taken(const struct evidence *evidence, const struct stop *stop)
{
	bool six = stop->flow->family == AF_INET6, answers = stop->role == ROLE_ANSWER;
	const char *counter = NULL;

	switch (stop->flow->protocol) {
	case IPPROTO_TCP: counter = "TcpInSegs"; break;
	case IPPROTO_UDP:
		if (moved_by(evidence, stop->in, six ? "Udp6NoPorts" : "UdpNoPorts"))
			return true;
		counter = six ? "Udp6InDatagrams" : "UdpInDatagrams";
		break;
	case IPPROTO_ICMP: counter = answers ? "IcmpInEchoReps" : "IcmpInEchos"; break;
	case IPPROTO_ICMPV6: counter = answers ? "Icmp6InEchoReplies" : "Icmp6InEchos"; break;
	default: return true;
	}
	return moved_by(evidence, stop->in, counter) > 0;
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

bool judge_delivery(const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	struct flow answer = flow_turned(stop->flow);
	const struct stop back = { .in = stop->in, .role = ROLE_ANSWER, .flow = &answer };
	const char *type = type_of(evidence, stop);

	if (!type || (stop->in->uses_nft && !was_taken(evidence, stop)))
		return false;
	if (is_ignored(evidence, stop, type, out) || judge_closed(evidence, stop, out))
		return true;
	return !strcmp(type, "local") && judge_sending(evidence, &back, out);
}
