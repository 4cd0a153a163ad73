/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/partial.h"

#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/extension.h"

/* What there is of a unit. Fragments are a run where each came when all that was there ended where it begins.
 */
enum unit {
	UNIT_MISSING,
	UNIT_BEGINS, /* a run */
	UNIT_FOLLOWS,
};

enum {
	IP4_DF = 0x4000,
	/* The two bits of RFC 3168. */
	ECN_NOT_ECT = 0,
	ECN_CE = 3,
	ECN_MASK = 3,
};

static bool is_of_link(const struct ip *target)
{
	return target->family == AF_INET6 && (ip_is_multicast(target) || ip_is_link_local(target));
}

void partial_begin(struct partial *partial, const struct datagram *fragment)
{
	struct partial new = { .used = true, .bytes = partial->bytes, .units = partial->units };

	new.source = fragment->source;
	new.target = fragment->target;
	new.identification = fragment->identification;
	new.protocol = fragment->source.family == AF_INET ? fragment->protocol : 0;
	new.port = is_of_link(&fragment->target) ? fragment->from : NULL;
	*partial = new;
	memset(partial->units, UNIT_MISSING, PARTIAL_UNITS);
}

bool partial_has(const struct partial *partial, const struct datagram *fragment)
{
	return partial->identification == fragment->identification &&
	       ip_equal(&partial->source, &fragment->source) &&
	       ip_equal(&partial->target, &fragment->target) &&
	       (fragment->source.family == AF_INET6 || partial->protocol == fragment->protocol) &&
	       (!partial->port || partial->port == fragment->from);
}

/* Where the two bits of RFC 3168 are in the second byte of a header. */
static unsigned mark_shift(const uint8_t *ip)
{
	return ip[0] >> 4 == 4 ? 0 : 4;
}

/* Whether a fragment ends where it cannot. */
static bool fit_end(struct partial *partial, const struct part_taken *part, bool more)
{
	if (!more) {
		if (part->end < partial->length || (partial->ended && part->end != partial->length))
			return false;
		partial->ended = true;
		partial->length = part->end;
	} else if (part->end > partial->length) {
		if (partial->ended)
			return false;
		partial->length = part->end;
	}
	return true;
}

/* Whether none of its units are there; else *COPY: whether all are, and in one run. */
static bool is_new(const struct partial *partial, size_t first, size_t behind, bool *copy)
{
	size_t there = 0, runs = 0;

	for (size_t i = first; i < behind; i++) {
		there += partial->units[i] != UNIT_MISSING;
		runs += i > first && partial->units[i] == UNIT_BEGINS;
	}
	*copy = there == behind - first && runs == 0;
	return there == 0;
}

/* Keeps the headers of the fragment with offset 0, before its data. */
static void keep_first(struct partial *partial, const struct datagram *fragment, size_t header, size_t size)
{
	struct datagram *first = &partial->first;

	partial->begins = true;
	*first = *fragment;
	first->bytes = partial->bytes + PARTIAL_DATA - header;
	memcpy(first->bytes, fragment->bytes, header);
	first->packet.bytes = first->packet.roomy = first->bytes;
	first->packet.length = header + size;
	first->packet.frame = RELAY_IP;
	first->came = first->packet;
}

static void note(struct partial *partial, const struct datagram *fragment, size_t length)
{
	unsigned mark = fragment->bytes[1] >> mark_shift(fragment->bytes) & ECN_MASK;

	partial->marked |= (uint8_t)(1 << mark);
	if (length > partial->longest)
		partial->longest = length;
	if (fragment->fixed && length > partial->fixed)
		partial->fixed = length;
}

enum partial_state partial_add(
	struct partial *partial, const struct datagram *fragment, const struct part_taken *part)
{
	size_t first = part->begin / PARTIAL_UNIT, behind = (part->end + PARTIAL_UNIT - 1) / PARTIAL_UNIT,
	       size = part->end - part->begin, was = partial->length;
	bool copy;

	if (!fit_end(partial, part, fragment->more))
		return PARTIAL_WRONG;
	if (!is_new(partial, first, behind, &copy))
		return copy ? PARTIAL_MISSING : PARTIAL_WRONG;
	memset(partial->units + first, UNIT_FOLLOWS, behind - first);
	if (partial->got == 0 || part->begin != was)
		partial->units[first] = UNIT_BEGINS;
	memcpy(partial->bytes + PARTIAL_DATA + part->begin, fragment->bytes + part->header, size);
	if (part->begin == 0)
		keep_first(partial, fragment, part->header, size);
	note(partial, fragment, part->header + size);
	partial->got += size;
	return partial->begins && partial->ended && partial->got == partial->length ? PARTIAL_COMPLETE
										    : PARTIAL_MISSING;
}

/* RFC 3168 5.3: that one fragment met congestion is what the packet says; unless one of them says that its
 * sender knows nothing of it. */
static bool join_marks(const struct partial *partial, uint8_t *ip)
{
	unsigned marked = partial->marked;

	if (marked & 1 << ECN_NOT_ECT)
		return marked == 1 << ECN_NOT_ECT;
	if (marked & 1 << ECN_CE)
		ip[1] = (uint8_t)(ip[1] | ECN_CE << mark_shift(ip));
	return true;
}

static void join4(const struct partial *partial, uint8_t *ip, size_t header, size_t length)
{
	store16(ip + IP4_LENGTH, (uint16_t)length);
	store16(ip + IP4_FRAGMENT, partial->fixed == partial->longest ? IP4_DF : 0);
	store16(ip + IP4_CHECKSUM, 0);
	store16(ip + IP4_CHECKSUM, checksum_finish(checksum_add(0, ip, header)));
}

/* Without its fragment header; returns where it begins now. */
static uint8_t *join6(uint8_t *ip, size_t header, size_t length)
{
	size_t front = header - FRAGMENT6_SIZE;

	ip[extension_next_at(ip, front)] = ip[front];
	ip = memmove(ip + FRAGMENT6_SIZE, ip, front);
	store16(ip + IP6_LENGTH, (uint16_t)(length - IP6_HEADER));
	return ip;
}

bool partial_join(struct partial *partial, const struct datagram *last, struct datagram *out)
{
	bool ip4 = partial->source.family == AF_INET;
	uint8_t *ip = partial->first.bytes;
	size_t header = (size_t)(partial->bytes + PARTIAL_DATA - ip);
	size_t length = header + partial->length - (ip4 ? 0 : FRAGMENT6_SIZE);

	if (length > ROUTER_LONGEST + (ip4 ? 0 : (size_t)IP6_HEADER) || !join_marks(partial, ip))
		return false;
	if (ip4)
		join4(partial, ip, header, length);
	else
		ip = join6(ip, header, length);
	datagram_made(ip, length, out);
	out->from = last->from;
	out->came = last->came;
	out->to_several = last->to_several || partial->first.to_several;
	memcpy(out->hardware, last->hardware, sizeof(out->hardware));
	return true;
}
