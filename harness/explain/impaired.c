/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a wire delivered, but too late, or spoilt. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "explain/cause.h"
#include "explain/late.h"
#include "explain/sightings.h"
#include "forwarder/protocol.h"

static bool same_packet(const struct sighting *one, const struct sighting *other)
{
	return one->role == other->role && one->flow.sequence == other->flow.sequence &&
	       one->flow.flags == other->flow.flags && one->flow.sport == other->flow.sport;
}

/* Whether what came late had been there before: then it was sent again, and ended for another reason. */
static bool was_there(const struct evidence *evidence, const struct sighting *late)
{
	for (const struct sighting *then = evidence->sightings; then < late; then++)
		if (same_packet(then, late) && sighting_same_place(then, late) && !then->dropped)
			return true;
	return false;
}

/* Whether a wire delayed it on its way up to LATE, or what it answers. */
static bool was_delayed(const struct sighting *then, const struct sighting *late)
{
	return then->befell.delay && then->role != ROLE_OTHER && then->flow.sequence == late->flow.sequence;
}

/* What came late for them would have come in time without the wires' delays; if it would also have come in
 * time had the relay not been late itself, that is the machine's fault, and no wire's. */
static bool by_delay(
	const struct evidence *evidence, const struct patience *patience, const struct sighting *late)
{
	struct sighting sooner = *late, prompt = *late;

	for (const struct sighting *then = evidence->sightings; then <= late; then++)
		if (then == late || was_delayed(then, late)) {
			sooner.time -= then->befell.delay < sooner.time ? then->befell.delay : sooner.time;
			prompt.time -= then->befell.late < prompt.time ? then->befell.late : prompt.time;
		}
	return !came_late(patience, &sooner) && came_late(patience, &prompt);
}

static void note_delays(const struct evidence *evidence, const struct sighting *late, struct cause *out)
{
	for (const struct sighting *then = evidence->sightings; then <= late; then++)
		if (was_delayed(then, late))
			cause_note(evidence, out, "%s: the relay's end of %s: the %s came after %.3f ms",
				then->in->name, then->device, role_name(then->role),
				(double)then->befell.delay / 1e6);
}

bool judge_late(const struct evidence *evidence, struct cause *out)
{
	struct patience *patience = patience_of(evidence);

	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *late = &evidence->sightings[i];

		if (!late->befell.delay || late->dropped || !came_late(patience, late) ||
			was_there(evidence, late) || !by_delay(evidence, patience, late))
			continue;
		note_delays(evidence, late, out);
		out->observed = true;
		return cause_is(out, late->in, late->device, CAUSE_WIRE,
			arena_printf(evidence->arena,
				"the wire to %s delayed the %s by %.1f ms: it came when the time for an "
				"answer "
				"was over",
				late->device, role_name(late->role), (double)late->befell.delay / 1e6));
	}
	return false;
}

/* Where the packet that ended at LAST came out of a wire corrupted; NULL: nowhere. Routers look at its IP
 * header only, and send on what is spoilt behind that. */
static const struct sighting *where_spoilt(const struct evidence *evidence, const struct sighting *last)
{
	const struct netns *origin = NULL;

	for (const struct sighting *then = evidence->sightings; then <= last && !origin; then++)
		origin = same_packet(then, last) ? then->in : NULL;
	for (const struct sighting *then = last; then >= evidence->sightings; then--) {
		if (!same_packet(then, last))
			continue;
		if (then->wire && then->befell.corrupted)
			return then;
		if (then != last && !then->wire && then->direction == RELAY_OUT && then->in == origin)
			return NULL; /* before it was sent again */
	}
	return NULL;
}

static bool says(const char *text, const char *what)
{
	return text && strstr(text, what);
}

static bool is_refusal(const char *reason)
{
	return says(reason, "CSUM") || says(reason, "INHDR");
}

static bool same_before(const struct dropped *drops, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (drops[i].in == drops[at].in && drops[i].reason &&
			!strcmp(drops[i].reason, drops[at].reason))
			return true;
	return false;
}

/* Whether the kernel says that something was wrong with what came there. */
static bool note_refusals(const struct evidence *evidence, const struct netns *in, struct cause *out)
{
	static const char *const counters[] = { "IpInHdrErrors", "IpInTruncatedPkts", "IpInAddrErrors",
		"IpInUnknownProtos", "IcmpInErrors", "IcmpInCsumErrors", "TcpInErrs", "TcpInCsumErrors",
		"UdpInErrors", "UdpInCsumErrors", "UdpNoPorts", "Ip6InHdrErrors", "Ip6InTruncatedPkts",
		"Ip6InAddrErrors", "Ip6InUnknownProtos", "Icmp6InErrors", "Icmp6InCsumErrors", "Udp6InErrors",
		"Udp6InCsumErrors", "Udp6NoPorts" };
	size_t before = out->evidence_count;

	for (size_t i = 0; i < evidence->drop_count; i++)
		if (evidence->drops[i].in == in && is_refusal(evidence->drops[i].reason) &&
			!same_before(evidence->drops, i))
			cause_note_drop(evidence, out, &evidence->drops[i]);
	for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
		if (moved_by(evidence, in, counters[i]))
			cause_note(evidence, out, "%s: %s moved", in->name, counters[i]);
	return out->evidence_count > before;
}

/* IPv6 has fields that no checksum covers: what was changed there, and is known as what it is, may have been
 * taken. */
bool judge_spoilt(const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	const struct sighting *spoilt = where_spoilt(evidence, last);
	struct cause found = { 0 };

	if (!spoilt)
		return false;
	cause_note(evidence, &found, "%s: the relay's end of %s: the %s came with bit %u changed",
		spoilt->in->name, spoilt->device, role_name(spoilt->role), spoilt->befell.bit);
	found.observed = note_refusals(evidence, last->in, &found) || spoilt->dropped;
	if (!found.observed && last != spoilt && spoilt->flow.family != AF_INET)
		return false;
	*out = found;
	return cause_is(out, spoilt->in, spoilt->device, CAUSE_WIRE,
		arena_printf(evidence->arena, "the wire to %s corrupted the %s (bit %u), and %s",
			spoilt->device, role_name(spoilt->role), spoilt->befell.bit,
			spoilt->dropped ? "the device refused it" : "so nobody took it"));
}
