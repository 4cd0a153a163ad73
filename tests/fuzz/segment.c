/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any packet with any offload: what forwarder/segment.c makes of it is compared, byte by byte, with what is
 * made here of the same bytes by other means, straight from the RFCs and slowly. What is to be refused is
 * refused, and nothing else.
 */
#include "forwarder/segment.h"
#include "tests/fuzz/fuzz.h"

enum { NEEDS = VIRTIO_NET_HDR_F_NEEDS_CSUM, ECN = VIRTIO_NET_HDR_GSO_ECN, TCP = 6, UDP = 17 };
enum { TYPE_TCP4 = 1, TYPE_TCP6 = 4, TYPE_UDP = 5 }; /* of gso_type */
enum { MODULUS = 65535 };			     /* sums in ones' complement are sums modulo that */

/* What the bytes say. */
struct view {
	const struct packet *packet;
	unsigned protocol;
	size_t network, transport, headers, payload; /* the last: bytes, of all packets together */
	unsigned count;
};

/* Where a header ends that is asked for but not there. */
static const size_t nowhere = SIZE_MAX;

static int byte_at(const struct packet *packet, size_t at)
{
	return at < packet->length ? packet->bytes[at] : -1;
}

static int word_at(const struct packet *packet, size_t at)
{
	return at + 1 < packet->length ? packet->bytes[at] << 8 | packet->bytes[at + 1] : -1;
}

static void put(uint8_t *at, unsigned size, uint64_t number)
{
	while (size--) {
		at[size] = (uint8_t)number;
		number >>= 8;
	}
}

static uint64_t get(const uint8_t *at, unsigned size)
{
	uint64_t number = 0;

	while (size--)
		number = number << 8 | *at++;
	return number;
}

static unsigned sum(const uint8_t *bytes, size_t size)
{
	uint64_t all = 0;

	for (size_t i = 0; i < size; i++)
		all += (uint64_t)bytes[i] << (i % 2 ? 0 : 8);
	return (unsigned)(all % MODULUS);
}

static size_t end_of_ethernet(const struct packet *packet, int *type)
{
	size_t at = 12;

	for (*type = word_at(packet, at); *type == 0x8100 || *type == 0x88a8; *type = word_at(packet, at))
		at += 4;
	return at + 2 < packet->length ? at + 2 : packet->length;
}

static size_t end_of_ip4(const struct view *view)
{
	const struct packet *packet = view->packet;
	size_t words = (size_t)byte_at(packet, view->network) & 15;

	if (byte_at(packet, view->network + 9) != (int)view->protocol || words < 5 ||
		packet->length - view->network > 65535)
		return nowhere;
	return view->network + 4 * words;
}

static size_t end_of_ip6(const struct view *view)
{
	const struct packet *packet = view->packet;
	size_t at = view->network + 40;
	int next = byte_at(packet, view->network + 6);

	while (next == 0 || next == 43 || next == 60) {
		int units = byte_at(packet, at + 1);

		if (units < 0)
			return nowhere;
		next = byte_at(packet, at);
		at += 8 + 8 * (size_t)units;
	}
	return next == (int)view->protocol && packet->length - view->network <= 40 + 65535 ? at : nowhere;
}

static size_t end_of_ip(const struct view *view, unsigned type)
{
	int version = byte_at(view->packet, view->network);

	if (version < 0)
		return nowhere;
	if (version >> 4 == 4 && type != TYPE_TCP6)
		return end_of_ip4(view);
	return version >> 4 == 6 && type != TYPE_TCP4 ? end_of_ip6(view) : nowhere;
}

static size_t end_of_tcp(const struct view *view)
{
	int words = byte_at(view->packet, view->transport + 12);

	return words >> 4 >= 5 ? view->transport + 4 * (size_t)(words >> 4) : nowhere;
}

static size_t end_of_udp(const struct view *view)
{
	int length = word_at(view->packet, view->transport + 4);

	return length >= 0 && (size_t)length == view->packet->length - view->transport ? view->transport + 8
										       : nowhere;
}

/* Whether a device would send what asks to be cut. */
static bool see_segment(struct view *view, int ethernet_type)
{
	const struct virtio_net_hdr *offload = &view->packet->offload;
	unsigned type = offload->gso_type & ~(unsigned)ECN, size = offload->gso_size;

	if ((type != TYPE_TCP4 && type != TYPE_TCP6 && type != TYPE_UDP) || !size ||
		!(offload->flags & NEEDS) || (ethernet_type != 0x0800 && ethernet_type != 0x86dd))
		return false;
	view->protocol = type == TYPE_UDP ? UDP : TCP;
	view->transport = end_of_ip(view, type);
	if (view->transport == nowhere || view->transport != offload->csum_start ||
		offload->csum_offset != (view->protocol == TCP ? 16 : 6))
		return false;
	view->headers = view->protocol == TCP ? end_of_tcp(view) : end_of_udp(view);
	if (view->headers > view->packet->length)
		return false;
	view->payload = view->packet->length - view->headers;
	if (view->payload > size)
		view->count = (unsigned)((view->payload + size - 1) / size);
	return true;
}

/* Whether a device would send it. */
static bool see(const struct packet *packet, enum relay_frame frame, struct view *view)
{
	const struct virtio_net_hdr *offload = &packet->offload;
	int type = 0x0800;

	*view = (struct view) { .packet = packet, .count = 1 };
	if (frame == RELAY_ETHERNET)
		view->network = end_of_ethernet(packet, &type);
	if (offload->flags & NEEDS && (size_t)offload->csum_start + offload->csum_offset + 2 > packet->length)
		return false;
	return offload->gso_type == 0 || see_segment(view, type);
}

static void number_ip(const struct view *view, uint8_t *bytes, size_t length, unsigned first)
{
	uint8_t *ip = bytes + view->network;
	size_t header = 4 * (size_t)(ip[0] & 15), size = length - view->network;

	if (ip[0] >> 4 == 6) {
		must(size - 40 <= 65535, "IPv6 can say the length of a run");
		put(ip + 4, 2, size - 40);
		return;
	}
	must(size <= 65535, "IPv4 can say the length of a run");
	put(ip + 2, 2, size);
	put(ip + 4, 2, get(ip + 4, 2) + first);
	put(ip + 10, 2, 0);
	put(ip + 10, 2, (MODULUS - sum(ip, header)) % MODULUS);
}

static void number_tcp(const struct view *view, uint8_t *bytes, unsigned first, bool ends)
{
	uint8_t *tcp = bytes + view->transport;

	put(tcp + 4, 4, get(tcp + 4, 4) + (uint64_t)first * view->packet->offload.gso_size);
	tcp[13] &= first ? 0x7f : 0xff;
	tcp[13] &= ends ? 0xff : 0xf6;
}

/* COUNT packets from FIRST on, as they are to be before their checksum is made. Returns how long they are. */
static size_t expect_run(const struct view *view, unsigned first, unsigned count, uint8_t *bytes)
{
	const struct packet *packet = view->packet;
	size_t begin = (size_t)first * packet->offload.gso_size,
	       end = begin + (size_t)count * packet->offload.gso_size, length, pseudo;
	uint8_t *field = bytes + packet->offload.csum_start + packet->offload.csum_offset;

	if (end > view->payload)
		end = view->payload;
	length = view->headers + end - begin;
	memcpy(bytes, packet->bytes, view->headers);
	memcpy(bytes + view->headers, packet->bytes + view->headers + begin, end - begin);
	number_ip(view, bytes, length, first);
	if (view->protocol == TCP)
		number_tcp(view, bytes, first, first + count == view->count);
	else
		put(bytes + view->transport + 4, 2, length - view->transport);
	/* The length is part of what is summed up already. */
	pseudo = get(field, 2) + length + (size_t)2 * MODULUS - packet->length;
	put(field, 2, pseudo % MODULUS);
	return length;
}

/* What there is nothing of but zeros has 65535, as csum_fold() gives it. */
static unsigned checksum_of(const uint8_t *bytes, size_t size, bool udp)
{
	unsigned checksum = MODULUS - sum(bytes, size);
	size_t zeros = 0;

	while (zeros < size && !bytes[zeros])
		zeros++;
	return udp || zeros == size ? checksum : checksum % MODULUS;
}

/* The packet numbered so as it is to be on the wire. A checksum of UDP is not 0, which says that there is
 * none. */
static size_t expect_piece(const struct view *view, unsigned number, uint8_t *bytes)
{
	const struct packet *packet = view->packet;
	size_t start = packet->offload.csum_start, length = packet->length;

	if (view->count > 1)
		length = expect_run(view, number, 1, bytes);
	else
		memcpy(bytes, packet->bytes, length);
	if (packet->offload.flags & NEEDS)
		put(bytes + start + packet->offload.csum_offset, 2,
			checksum_of(bytes + start, length - start, packet->offload.csum_offset == 6));
	return length;
}

static bool is_empty(const struct virtio_net_hdr *offload)
{
	static const struct virtio_net_hdr empty;

	return !memcmp(offload, &empty, sizeof(empty));
}

/* A checksum may be asked for anywhere, even where the frame says what it has in it. */
static bool is_summed_before(const struct view *view)
{
	const struct virtio_net_hdr *offload = &view->packet->offload;

	return offload->flags & NEEDS && (size_t)offload->csum_start + offload->csum_offset < view->network;
}

static void check_piece(const struct view *view, const struct packet *of, const struct segment *form,
	unsigned at, unsigned number)
{
	static uint8_t buffer[SEGMENT_LONGEST], wanted[SEGMENT_LONGEST];
	size_t length = expect_piece(view, number, wanted);
	enum relay_frame frame = view->packet->frame;
	struct packet piece;
	struct segment again;

	segment_complete(of, form, at, buffer, &piece);
	must(piece.length == length, "a packet has its length");
	must(segment_length(of, form, at) == length, "and is said to have it");
	must(length == 0 || !memcmp(piece.bytes, wanted, length), "a packet has its bytes");
	must(is_empty(&piece.offload), "nothing is left to a device");
	must(segment_read(&piece, frame, &again) && again.count == 1, "a packet is one");
	must(again.network == form->network || is_summed_before(view), "and its IP header is where it was");
	must(segment_lengths(&piece, &again) == length, "and its lengths are its length");
}

static void check_offload(const struct view *view, const struct packet *run, unsigned first, unsigned count)
{
	const struct virtio_net_hdr *of = &view->packet->offload, *is = &run->offload;
	unsigned type = count == 1 ? 0 : first ? of->gso_type & ~(unsigned)ECN : of->gso_type;

	must(is->gso_type == type && is->gso_size == (count == 1 ? 0 : of->gso_size),
		"what is left to be cut");
	must(is->flags == of->flags && is->csum_start == of->csum_start && is->csum_offset == of->csum_offset,
		"and to be summed up");
	must(is->hdr_len <= run->length, "no header is longer than its packet");
}

static void check_run(const struct view *view, const struct packet *packet, const struct segment *form,
	unsigned first, unsigned count)
{
	static uint8_t buffer[SEGMENT_LONGEST], wanted[SEGMENT_LONGEST];
	size_t length = expect_run(view, first, count, wanted),
	       field = (size_t)packet->offload.csum_start + packet->offload.csum_offset;
	struct packet run;
	struct segment again;

	segment_cut(packet, form, first, count, buffer, &run);
	must(run.length == length, "a run has its length");
	must(get(run.bytes + field, 2) % MODULUS == get(wanted + field, 2) % MODULUS, "a run's sum so far");
	memcpy(wanted + field, run.bytes + field, 2);
	must(!memcmp(run.bytes, wanted, length), "a run has its bytes");
	check_offload(view, &run, first, count);
	must(segment_read(&run, packet->frame, &again) && again.count == count, "a run has its packets");
	must(count == 1 || (again.headers == form->headers && again.payload == form->payload),
		"which are of one form");
	check_piece(view, &run, &again, 0, first);
	check_piece(view, &run, &again, count - 1, first + count - 1);
}

/* All at once is what was there. */
static void check_whole(const struct packet *packet, const struct segment *form)
{
	static uint8_t buffer[SEGMENT_LONGEST];
	struct packet out;

	segment_cut(packet, form, 0, form->count, buffer, &out);
	must(out.bytes == packet->bytes && out.length == packet->length && out.frame == packet->frame &&
			!memcmp(&out.offload, &packet->offload, sizeof(out.offload)),
		"all of it is it");
}

static void check_form(const struct view *view, const struct packet *packet, const struct segment *form)
{
	size_t lengths = 0;

	must(form->count == view->count, "how many they are");
	must(form->network == view->network, "where the IP header is");
	must(form->payload >= 1, "a payload is no less than a byte");
	must(form->count == 1 || form->headers == view->headers, "where the payload is");
	for (unsigned i = 0; i < form->count; i++) {
		size_t length = segment_length(packet, form, i);

		must(form->count == 1 || length - form->headers - 1 < packet->offload.gso_size,
			"no payload is longer than was asked for, and none is empty");
		lengths += length;
	}
	must(lengths == segment_lengths(packet, form), "the lengths' sum");
}

/* Any number below a bound, the same for the same packet. */
static unsigned any(uint64_t *state, unsigned bound)
{
	*state = *state * 6364136223846793005 + 1442695040888963407;
	return (unsigned)(*state >> 33) % bound;
}

/* Of few packets all, of many some; and so with runs of them. */
static void check_parts(const struct view *view, const struct packet *packet, const struct segment *form)
{
	enum { FEW = 12, EACH = 4 };
	uint64_t state = packet->length;

	for (unsigned i = 0; i < form->count && i < FEW; i++) {
		check_piece(view, packet, form, i, i);
		check_piece(view, packet, form, form->count - 1 - i, form->count - 1 - i);
	}
	for (unsigned first = 0; form->count <= EACH && first < form->count; first++) {
		for (unsigned count = 1; count <= form->count - first && count < form->count; count++)
			check_run(view, packet, form, first, count);
	}
	for (unsigned i = 0; form->count > EACH && i < EACH; i++) {
		unsigned first = any(&state, form->count),
			 count = 1 + any(&state, form->count - first - (first == 0));

		check_run(view, packet, form, first, count);
	}
}

/* The bytes end where their memory does, so that a sanitizer sees who reads on. */
static uint8_t *make(const struct fuzz_segment *head, const uint8_t *bytes, size_t size, struct packet *out)
{
	size_t more = head->form & FUZZ_LONG ? (size_t)head->more[0] | (size_t)head->more[1] << 8 : 0;
	uint8_t *own;

	if (size > SEGMENT_LONGEST)
		size = SEGMENT_LONGEST;
	if (more > SEGMENT_LONGEST - size)
		more = SEGMENT_LONGEST - size;
	own = malloc(size + more ? size + more : 1);
	must(own, "memory");
	memcpy(own, bytes, size);
	for (size_t i = 0; i < more; i++)
		own[size + i] = (uint8_t)(i * 7 >> 2);
	*out = (struct packet) { .bytes = own,
		.length = size + more,
		.frame = head->form & FUZZ_FRAME ? RELAY_ETHERNET : RELAY_IP };
	memcpy(&out->offload, head->offload, sizeof(out->offload));
	return own;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_segment head;
	struct packet packet;
	struct segment form;
	struct view view;
	uint8_t *bytes;

	if (size < sizeof(head))
		return 0;
	memcpy(&head, data, sizeof(head));
	bytes = make(&head, data + sizeof(head), size - sizeof(head), &packet);
	must(segment_read(&packet, packet.frame, &form) == see(&packet, packet.frame, &view),
		"what no device would send is refused, and nothing else");
	if (see(&packet, packet.frame, &view)) {
		check_form(&view, &packet, &form);
		check_whole(&packet, &form);
		check_parts(&view, &packet, &form);
	}
	free(bytes);
	return 0;
}
