/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anything that a device could give, read from a port, through impairments, watches and the capture, written
 * to the port at the other end; with a clock that the input turns. Each packet of wire size that came out is
 * accounted for, what arrives is what a device takes, and it is no longer than the MTU allows.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forwarder/filter.h"
#include "forwarder/lane.h"
#include "forwarder/pcapng.h"
#include "forwarder/port.h"
#include "forwarder/watch.h"
#include "tests/fuzz/fuzz.h"

/* Not every compiler has it. */
#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(begin, size)	 ((void)(begin), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(begin, size) ((void)(begin), (void)(size))
#endif

/* PACKETS: of wire size, that a segment may be; more would take long and show nothing new. */
enum { QUEUES = 4, MOST = 70000, TURNS = 16, PACKETS = 40 };
enum { FROM, TO };
enum { WATCH_ALL, WATCH_SOME, WATCH_FILTER, WATCHES };

/* What stays from one input to the next: the sockets that are the queues' ends, and memory that takes long to
 * get. */
static struct {
	bool ready;
	int relay[2][QUEUES], device[2][QUEUES];
	struct transit *transit;
	struct capture *capture;
	int file;
	uint64_t failure;
} kept;

/* The lane's; not among the others, so that a sanitizer sees who leaves it. */
static uint8_t runs[SEGMENT_LONGEST];

/* What one input makes. */
struct stand {
	struct fuzz_reader head;
	struct fuzz_input input;
	struct port *ports[2];
	struct relay_counters counters[2];
	uint64_t watched[2][WATCHES];
	struct watch *watches[2][WATCHES];
	struct relay_message *message; /* with the input's filter, for whoever needs one */
	uint64_t now;
	uint64_t arrived, arrived_bytes; /* at the other device */
	const uint8_t *sent;		 /* the packet on its way */
	size_t sent_length;
};

static void open_kept(void)
{
	for (unsigned i = 0; i < 2 * QUEUES; i++) {
		int pair[2];

		must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair),
			"socketpair");
		kept.relay[i / QUEUES][i % QUEUES] = pair[0];
		kept.device[i / QUEUES][i % QUEUES] = pair[1];
	}
	kept.transit = transit_open();
	kept.file = memfd_create("capture", MFD_CLOEXEC);
	must(kept.file >= 0, "memfd");
	kept.capture = capture_open(fcntl(kept.file, F_DUPFD_CLOEXEC, 0), &kept.failure);
	must(kept.transit && kept.capture, "memory");
	kept.ready = true;
}

static size_t number(const uint8_t *bytes)
{
	return (size_t)bytes[0] | (size_t)bytes[1] << 8;
}

static bool is(const struct stand *stand, enum fuzz_reader_form what)
{
	return stand->head.form & what;
}

static void open_port(struct stand *stand, unsigned which, bool info, bool offload)
{
	unsigned queues = 1 + ((unsigned)stand->head.queues >> 2 * which) % QUEUES;
	struct port *port = port_open(queues, &stand->counters[which]);

	must(port, "memory");
	for (unsigned i = 0; i < queues; i++)
		port->queues[i].fd = kept.relay[which][i];
	port->frame = is(stand, FUZZ_FRAMES) ? RELAY_ETHERNET : RELAY_IP;
	port->packet_info = info;
	port->offload = offload;
	port->mtu = (uint32_t)number(stand->head.mtu);
	port->capture = is(stand, FUZZ_CAPTURED) ? kept.capture : NULL;
	port->interface = which;
	stand->ports[which] = port;
}

/* The sockets are not its own. */
static void close_port(struct port *port)
{
	for (unsigned i = 0; i < port->queue_count; i++)
		port->queues[i].fd = -1;
	port_close(port);
}

/* One that must match each packet, and the input's, if it is one. */
static void open_watches(struct stand *stand)
{
	static const struct sock_filter some[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT, 0, 0, 1),
		BPF_STMT(BPF_RET, 1),
		BPF_STMT(BPF_RET, 0),
	};
	struct relay_message *message = calloc(1, sizeof(*message) + sizeof(some));

	must(message, "memory");
	memcpy(message->filter, some, sizeof(some));
	for (unsigned which = FROM; is(stand, FUZZ_WATCHED) && which <= TO; which++) {
		uint64_t *counters = stand->watched[which];
		struct watch **watches = stand->watches[which];

		message->direction = stand->message->direction = which == FROM ? RELAY_OUT : RELAY_IN;
		message->instructions = 0;
		watches[WATCH_ALL] = watch_add(stand->ports[which], &counters[WATCH_ALL], message);
		message->instructions = 4;
		watches[WATCH_SOME] = watch_add(stand->ports[which], &counters[WATCH_SOME], message);
		if (stand->message->instructions)
			watches[WATCH_FILTER] =
				watch_add(stand->ports[which], &counters[WATCH_FILTER], stand->message);
	}
	free(message);
}

static void close_watches(struct stand *stand)
{
	for (unsigned which = FROM; which <= TO; which++) {
		for (unsigned i = 0; i < WATCHES; i++)
			watch_remove(stand->watches[which][i]);
	}
}

/* What the control socket would not let through stays away here, too. */
static void take_filter(struct stand *stand)
{
	uint32_t count = stand->head.instructions % 16, where;

	stand->message = calloc(1, sizeof(*stand->message) + 16 * sizeof(struct sock_filter));
	must(stand->message, "memory");
	fuzz_take(&stand->input, stand->message->filter, count * sizeof(struct sock_filter));
	if (count && !filter_check(stand->message->filter, count, &where))
		stand->message->instructions = count;
}

static void set_impairment(struct stand *stand, const struct impairment *impairment)
{
	struct relay_message *message = stand->message;
	uint32_t instructions = message->instructions;
	struct fuzz_impairment head;

	fuzz_take(&stand->input, &head, sizeof(head));
	message->set = !(head.form & FUZZ_NONE);
	message->seed = head.form;
	memset(message->numbers, 0, sizeof(message->numbers));
	snprintf(message->impairment, sizeof(message->impairment), "%s", impairment->name);
	for (unsigned i = 0; i < (head.form & FUZZ_NUMBERS); i++) {
		struct fuzz_number setting;

		fuzz_take(&stand->input, &setting, sizeof(setting));
		message->numbers[setting.index % RELAY_NUMBERS] = (uint64_t)setting.value
								  << setting.shift % 64;
	}
	if (!(head.form & FUZZ_FILTER))
		message->instructions = 0;
	if (!lane_check(message))
		must(!lane_set(stand->ports[TO]->lane, message), "what was checked can be set");
	message->instructions = instructions;
}

static void open_lane(struct stand *stand)
{
	if (!stand->head.impairments)
		return;
	stand->ports[TO]->lane = lane_open(stand->ports[TO], kept.transit, runs);
	must(stand->ports[TO]->lane, "memory");
	for (unsigned i = 0; impairments[i]; i++) {
		if (stand->head.impairments & 1 << i)
			set_impairment(stand, impairments[i]);
	}
}

/* Where nothing befalls it, and nothing is to be done for it. */
static bool passes_whole(const struct stand *stand, const struct packet *packet)
{
	return !stand->ports[TO]->lane && is(stand, FUZZ_TO_OFFLOAD) && !is(stand, FUZZ_SLOW) &&
	       packet->length == stand->sent_length;
}

/* What a device accepts: nothing that is left to one without offloads, nothing that makes no sense. */
static void check_arrived(struct stand *stand, const struct packet *packet)
{
	static const struct virtio_net_hdr none;
	size_t room = number(stand->head.mtu);
	struct segment form;
	uint32_t type = 0;

	if (packet->frame == RELAY_ETHERNET) {
		packet_load(packet, 12, 2, &type);
		room += type == 0x8100 || type == 0x88a8 ? 18 : 14;
	}
	must(is(stand, FUZZ_TO_OFFLOAD) || !memcmp(&packet->offload, &none, sizeof(none)), "nothing is left");
	must(segment_read(packet, packet->frame, &form), "a device takes what arrives");
	must(segment_length(packet, &form, 0) <= room, "it is as long as it may be");
	must(segment_length(packet, &form, form.count - 1) <= room, "its last packet, too");
	must(!passes_whole(stand, packet) || !memcmp(packet->bytes, stand->sent, packet->length),
		"it is what was sent");
	stand->arrived += form.count;
	stand->arrived_bytes += segment_lengths(packet, &form);
}

static void receive(struct stand *stand, int device)
{
	static uint8_t bytes[MOST];
	size_t info = is(stand, FUZZ_TO_INFO) ? sizeof(struct tun_pi) : 0,
	       header = info + (is(stand, FUZZ_TO_OFFLOAD) ? sizeof(struct virtio_net_hdr) : 0);
	ssize_t length;

	while ((length = recv(device, bytes, sizeof(bytes), 0)) >= 0) {
		struct packet packet = { .frame = stand->ports[TO]->frame };

		must((size_t)length > header, "a packet is more than its header");
		must(!info || (!bytes[0] && !bytes[1]), "packet information has no flags");
		memcpy(&packet.offload, bytes + info, header - info);
		packet.length = (size_t)length - header;
		packet.bytes = memcpy(malloc(packet.length), bytes + header, packet.length);
		check_arrived(stand, &packet);
		free((void *)packet.bytes);
	}
	must(errno == EAGAIN, "recv");
}

static void receive_all(struct stand *stand)
{
	for (unsigned i = 0; i < stand->ports[TO]->queue_count; i++)
		receive(stand, kept.device[TO][i]);
}

static void deliver(struct stand *stand, uint64_t until)
{
	static uint8_t buffer[SEGMENT_LONGEST] __attribute__((aligned(8)));
	const struct traveller *first;

	while ((first = transit_first(kept.transit)) && first->due <= until) {
		struct traveller traveller = *first;
		struct packet packet;

		if (traveller.due > stand->now)
			stand->now = traveller.due;
		transit_take(kept.transit, buffer, &packet);
		lane_deliver(traveller.lane, stand->now, &traveller, &packet);
		if (!is(stand, FUZZ_SLOW))
			receive_all(stand);
	}
}

/* As the relay does it, with a packet that was read. */
static void carry(struct stand *stand, const struct packet *packet)
{
	struct port *to = stand->ports[TO];

	deliver(stand, stand->now);
	capture_packet(stand->ports[FROM]->capture, FROM, RELAY_OUT, packet);
	if (to->lane)
		lane_take(to->lane, &(struct moment) { .now = stand->now }, packet);
	else
		port_write(to, packet);
	if (!is(stand, FUZZ_SLOW))
		receive_all(stand);
}

static size_t header_of(const struct stand *stand)
{
	return (is(stand, FUZZ_FROM_INFO) ? sizeof(struct tun_pi) : 0) +
	       (is(stand, FUZZ_FROM_OFFLOAD) ? sizeof(struct virtio_net_hdr) : 0);
}

/* Behind the packet, its buffer is no memory of whoever reads it. */
static void read_one(struct stand *stand, struct queue *queue, size_t length)
{
	static uint8_t room[PACKET_ROOM + (SEGMENT_LONGEST + 7) / 8 * 8]
		__attribute__((aligned(PACKET_ROOM)));
	uint8_t *buffer = room + PACKET_ROOM;
	size_t header = header_of(stand), wanted = length <= header ? 0 : length - header;
	struct packet packet;
	ssize_t got;

	if (wanted > SEGMENT_LONGEST)
		wanted = SEGMENT_LONGEST;
	ASAN_POISON_MEMORY_REGION(buffer + wanted, sizeof(room) - PACKET_ROOM - wanted);
	got = port_read(queue, buffer, &packet);
	must(got == (ssize_t)wanted, "a packet has the length that it was sent with");
	if (got > 0) {
		must(packet.bytes == buffer && packet.length == wanted, "it is in the buffer");
		carry(stand, &packet);
	}
	ASAN_UNPOISON_MEMORY_REGION(room, sizeof(room));
}

static void toggle(const struct stand *stand, unsigned queue)
{
	int *fd = &stand->ports[TO]->queues[queue].fd;

	*fd = *fd < 0 ? kept.relay[TO][queue] : -1;
}

/* As a step of a lab does it. */
static void change(struct stand *stand)
{
	unsigned known = 1;
	uint8_t which;

	fuzz_take(&stand->input, &which, sizeof(which));
	while (impairments[known])
		known++;
	if (stand->ports[TO]->lane)
		set_impairment(stand, impairments[which % known]);
}

/* What the device gives; returns its length. */
static size_t make(struct stand *stand, const struct fuzz_packet *head, uint8_t *bytes)
{
	size_t length = number(head->length), more = head->turn & FUZZ_LENGTHENED ? number(head->more) : 0;

	if (length > stand->input.left)
		length = stand->input.left;
	if (more > MOST - length)
		more = MOST - length;
	fuzz_take(&stand->input, bytes, length);
	for (size_t i = 0; i < more; i++)
		bytes[length + i] = (uint8_t)(i * 7 >> 2);
	return length + more;
}

static bool is_quick(const struct stand *stand, const uint8_t *bytes, size_t length)
{
	size_t header = header_of(stand), info = is(stand, FUZZ_FROM_INFO) ? sizeof(struct tun_pi) : 0;
	struct packet packet = { .bytes = bytes + header };
	struct segment form;

	if (length <= header || !is(stand, FUZZ_FROM_OFFLOAD))
		return true;
	packet.length = length - header;
	memcpy(&packet.offload, bytes + info, sizeof(packet.offload));
	segment_read(&packet, stand->ports[FROM]->frame, &form);
	return form.count <= PACKETS;
}

static void take_packet(struct stand *stand)
{
	static uint8_t bytes[MOST];
	struct fuzz_packet head;
	unsigned number_of_queue, time;
	size_t length;

	fuzz_take(&stand->input, &head, sizeof(head));
	if (head.turn & FUZZ_CHANGED)
		change(stand);
	length = make(stand, &head, bytes);
	if (!is_quick(stand, bytes, length))
		return;
	time = head.turn / FUZZ_TIME % 8;
	number_of_queue = head.turn & FUZZ_BY;
	if (time)
		stand->now += 1ULL << 4 * time;
	if (head.turn & FUZZ_TOGGLED)
		toggle(stand, number_of_queue % stand->ports[TO]->queue_count);
	number_of_queue %= stand->ports[FROM]->queue_count;
	stand->sent = bytes + header_of(stand);
	stand->sent_length = length - header_of(stand);
	must(send(kept.device[FROM][number_of_queue], bytes, length, 0) == (ssize_t)length, "send");
	read_one(stand, &stand->ports[FROM]->queues[number_of_queue], length);
}

/* So many packets of wire size as were captured. */
static uint64_t count_captured(void)
{
	off_t size = lseek(kept.file, 0, SEEK_END);
	uint64_t count = 0;
	uint8_t *blocks;
	struct pcapng_block block;

	if (!size)
		return 0;
	blocks = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, kept.file, 0);
	must(blocks != MAP_FAILED, "mmap");
	for (size_t at = 0; at < (size_t)size; at += block.size) {
		must(pcapng_read(blocks + at, (size_t)size - at, &block) && block.type == PCAPNG_PACKET,
			"the capture has packets, and nothing else");
		count++;
	}
	munmap(blocks, (size_t)size);
	must(!ftruncate(kept.file, 0) && !lseek(kept.file, 0, SEEK_SET), "ftruncate");
	return count;
}

static void check_watches(const struct stand *stand, unsigned which, uint64_t packets)
{
	const uint64_t *watched = stand->watched[which];

	if (!is(stand, FUZZ_WATCHED))
		return;
	must(watched[WATCH_ALL] == packets, "who watches sees all");
	must(watched[WATCH_SOME] == packets, "and what is so of all");
	must(watched[WATCH_FILTER] <= packets, "and of the others no more");
}

/* Nothing is lost unsaid. */
static void settle(struct stand *stand)
{
	const struct relay_counters *from = &stand->counters[FROM], *to = &stand->counters[TO];
	uint64_t dropped = to->lost + to->over_mtu + to->too_big + to->refused + to->overflowed;

	must(from->out_packets + to->duplicated == to->in_packets + dropped, "the counters add up");
	must(to->in_packets == stand->arrived && to->in_bytes == stand->arrived_bytes,
		"what came in arrived");
	must(!from->in_packets && !to->out_packets, "nothing goes back");
	check_watches(stand, FROM, from->out_packets);
	check_watches(stand, TO, to->in_packets);
	if (is(stand, FUZZ_CAPTURED))
		must(count_captured() == from->out_packets + to->in_packets + dropped,
			"all is captured once");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stand stand = { .input = { data, size }, .now = 1000000000 };

	if (!kept.ready)
		open_kept();
	fuzz_take(&stand.input, &stand.head, sizeof(stand.head));
	open_port(&stand, FROM, is(&stand, FUZZ_FROM_INFO), is(&stand, FUZZ_FROM_OFFLOAD));
	open_port(&stand, TO, is(&stand, FUZZ_TO_INFO), is(&stand, FUZZ_TO_OFFLOAD));
	port_join(stand.ports[FROM], stand.ports[TO]);
	take_filter(&stand);
	open_watches(&stand);
	open_lane(&stand);
	for (unsigned i = 0; i < TURNS && stand.input.left; i++)
		take_packet(&stand);
	deliver(&stand, UINT64_MAX);
	receive_all(&stand);
	capture_flush(kept.capture);
	settle(&stand);
	must(!stand.ports[TO]->lane || stand.ports[TO]->lane->under_way == 0, "nothing is under way");
	lane_close(stand.ports[TO]->lane);
	close_watches(&stand);
	free(stand.message);
	close_port(stand.ports[FROM]);
	close_port(stand.ports[TO]);
	return 0;
}
