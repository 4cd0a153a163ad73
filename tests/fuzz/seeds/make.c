/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make FOLDER: writes the seeds of the fuzz targets, FOLDER/TARGET/NAME: packets as a kernel makes them
 * (tests/relay/made.h), and what is a byte away from these. Those of the targets "control" and "router" are
 * made in files of their own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_tun.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seeds/seeds.h"
#include "tests/relay/made.h"

enum { KEPT = 200 }; /* bytes of what is long; of its end is only said how long it is */

static const char *folder;
static uint8_t payload[65536];

/* A packet and what is asked of its device. */
struct sample {
	const char *name;
	bool ethernet;
	struct virtio_net_hdr offload;
	uint8_t bytes[MADE_MOST];
	size_t length;
};

void need(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

FILE *create(const char *target, const char *name)
{
	char path[300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, target);
	need(!mkdir(path, 0777) || errno == EEXIST, path);
	snprintf(path, sizeof(path), "%s/%s/%s", folder, target, name);
	file = fopen(path, "we");
	need(file, path);
	return file;
}

void put(FILE *file, const void *bytes, size_t size)
{
	need(fwrite(bytes, 1, size, file) == size, "fwrite");
}

static size_t kept_of(const struct sample *sample)
{
	return sample->length > (size_t)2 * KEPT ? KEPT : sample->length;
}

static void write_segment(const struct sample *sample)
{
	FILE *file = create("segment", sample->name);
	size_t kept = kept_of(sample), more = sample->length - kept;
	struct fuzz_segment head = {
		.form = (uint8_t)((sample->ethernet ? FUZZ_FRAME : 0) | (more ? FUZZ_LONG : 0)),
		.more = { (uint8_t)more, (uint8_t)(more >> 8) },
	};

	memcpy(head.offload, &sample->offload, sizeof(head.offload));
	put(file, &head, sizeof(head));
	put(file, sample->bytes, kept);
	need(!fclose(file), sample->name);
}

/* Settings that do something, of each impairment in the order of impairments[]. */
static const struct {
	uint8_t form;
	struct fuzz_number numbers[2];
} settings[] = {
	{ 1, { { 0, 128, 24 } } },		/* corrupt 50% */
	{ 2, { { 0, 10, 20 }, { 1, 5, 20 } } }, /* delay 10 ms, jitter 5 ms */
	{ 1 | FUZZ_FILTER, { { 2, 2, 0 } } },	/* duplicate every 2nd of what matches */
	{ 1, { { 0, 64, 24 } } },		/* loss 25% */
	{ 1, { { 0, 90, 0 } } },		/* mtu 90 */
	{ 2, { { 0, 1, 20 }, { 2, 3, 0 } } },	/* rate 1 Mbit/s, limit 3 */
	{ 2, { { 0, 128, 24 }, { 2, 2, 0 } } }, /* reorder 50% gap 2 */
};

_Static_assert(sizeof(settings) / sizeof(settings[0]) == IMPAIRMENTS, "one for each impairment");

static void put_packet(FILE *file, const struct fuzz_reader *head, const struct sample *sample, uint8_t turn)
{
	const struct tun_pi info = { .proto = htons(sample->bytes[0] >> 4 == 4 ? 0x0800 : 0x86dd) };
	size_t kept = kept_of(sample), more = sample->length - kept, before = 0;
	struct fuzz_packet packet = { .turn = (uint8_t)(turn | (more ? FUZZ_LENGTHENED : 0)),
		.more = { (uint8_t)more, (uint8_t)(more >> 8) } };

	if (head->form & FUZZ_FROM_INFO)
		before += sizeof(info);
	if (head->form & FUZZ_FROM_OFFLOAD)
		before += sizeof(sample->offload);
	packet.length[0] = (uint8_t)(before + kept);
	packet.length[1] = (uint8_t)((before + kept) >> 8);
	put(file, &packet, sizeof(packet));
	if (head->form & FUZZ_FROM_INFO)
		put(file, &info, sizeof(info));
	if (head->form & FUZZ_FROM_OFFLOAD)
		put(file, &sample->offload, sizeof(sample->offload));
	put(file, sample->bytes, kept);
}

static void put_settings(FILE *file, unsigned which)
{
	put(file, &settings[which].form, 1);
	put(file, settings[which].numbers,
		(settings[which].form & FUZZ_NUMBERS) * sizeof(struct fuzz_number));
}

/* Impairments come, change and go, with packets under way. */
static void write_changes(const struct sample *sample)
{
	FILE *file = create("reader", "changes");
	const struct fuzz_reader head = {
		.form = FUZZ_FROM_OFFLOAD, .mtu = { 0xdc, 0x05 }, .impairments = 2
	};
	const uint8_t none = FUZZ_NONE;

	put(file, &head, sizeof(head));
	put_settings(file, 1);
	for (unsigned i = 0; i < 2U * IMPAIRMENTS; i++) {
		const uint8_t which = (uint8_t)i;
		const struct fuzz_packet packet = { .turn = FUZZ_TIME * 4 | FUZZ_CHANGED,
			.length = { (uint8_t)(sizeof(sample->offload) + sample->length) } };

		put(file, &packet, sizeof(packet));
		put(file, &which, 1);
		if (i < IMPAIRMENTS)
			put_settings(file, i);
		else
			put(file, &none, 1);
		put(file, &sample->offload, sizeof(sample->offload));
		put(file, sample->bytes, sample->length);
	}
	need(!fclose(file), "fclose");
}

/* A few of it, over ports of another kind each time, impaired in another way. */
static void write_reader(const struct sample *sample)
{
	static unsigned turn;
	FILE *file = create("reader", sample->name);
	struct fuzz_reader head = {
		.form = (uint8_t)((sample->ethernet ? FUZZ_FRAMES : 0) | FUZZ_FROM_OFFLOAD |
				  (turn & 1 ? FUZZ_TO_OFFLOAD : 0) | (turn & 2 ? FUZZ_FROM_INFO : 0) |
				  (turn & 4 ? FUZZ_TO_INFO : 0) | FUZZ_WATCHED | FUZZ_CAPTURED |
				  (turn % 11 == 7 ? FUZZ_SLOW : 0)),
		.queues = (uint8_t)(turn % 3 == 0 ? turn / 3 : 0),
		.mtu = { turn % 4 == 0 ? 60 : 0xdc, turn % 4 == 0 ? 0 : 0x05 },
		.instructions = 4,
	};

	if (turn % (IMPAIRMENTS + 1) < IMPAIRMENTS)
		head.impairments = (uint8_t)(1 << turn % (IMPAIRMENTS + 1));
	put(file, &head, sizeof(head));
	put(file, filter, sizeof(filter));
	if (head.impairments)
		put_settings(file, turn % (IMPAIRMENTS + 1));
	for (unsigned i = 0; i < 3; i++)
		put_packet(file, &head, sample, (uint8_t)(i | FUZZ_TIME * 5 | (i == 2 ? FUZZ_TOGGLED : 0)));
	need(!fclose(file), sample->name);
	turn++;
}

static struct sample sample_of(const char *name, const struct made *made)
{
	struct sample sample = { .name = name, .ethernet = made->ethernet };

	sample.length = made_whole(made, sample.bytes, &sample.offload);
	return sample;
}

static void plant(const struct sample *sample)
{
	write_segment(sample);
	write_reader(sample);
}

static void plant_made(const char *name, struct made made)
{
	struct sample sample;

	made.payload = payload;
	sample = sample_of(name, &made);
	plant(&sample);
}

static const struct made
	tcp4 = { .version = 4, .sequence = 0xfffffff0, .flags = 0x18, .id = 0xfffe, .size = 70, .gso = 32 },
	tcp6 = { .version = 6, .sequence = 17, .flags = 0x19, .id = 5, .size = 64, .gso = 32 },
	udp4 = { .version = 4, .udp = true, .id = 9, .size = 50, .gso = 20 },
	udp6 = { .version = 6, .udp = true, .size = 33, .gso = 16 };

static struct made with(struct made made, size_t size, unsigned gso)
{
	made.size = size;
	made.gso = gso;
	return made;
}

static struct made congested(struct made made)
{
	made.ecn = true;
	made.flags |= 0xc0;
	return made;
}

static struct made framed(struct made made, unsigned tags)
{
	made.ethernet = true;
	made.tags = tags;
	return made;
}

static struct made optional(struct made made, unsigned ip, unsigned tcp)
{
	made.ip_options = ip;
	made.tcp_options = tcp;
	return made;
}

static struct made routed(struct made made)
{
	made.routed = true;
	return made;
}

static void plant_segments(void)
{
	struct made made = tcp4;
	struct sample sample;

	made.payload = payload;
	sample = sample_of("changes", &made);
	write_changes(&sample);
	plant_made("tso4", tcp4);
	plant_made("tso6", tcp6);
	plant_made("tso4-ecn", congested(tcp4));
	plant_made("tso6-ecn", congested(tcp6));
	plant_made("tso4-options", optional(tcp4, 8, 12));
	plant_made("tso6-extensions", optional(tcp6, 2 * 24, 12));
	plant_made("tso6-routed", routed(optional(tcp6, 24, 0)));
	plant_made("uso4", udp4);
	plant_made("uso6", udp6);
	plant_made("uso6-extension", optional(udp6, 24, 0));
	plant_made("tso4-frame", framed(tcp4, 0));
	plant_made("tso6-frame", framed(tcp6, 0));
	plant_made("tso4-vlan", framed(tcp4, 1));
	plant_made("uso6-vlans", framed(udp6, 2));
	plant_made("tso4-bytes", with(tcp4, 40, 1));
	plant_made("uso4-bytes", with(udp4, 40, 1));
	plant_made("tso4-single", with(tcp4, 32, 32));
	plant_made("uso6-single", with(udp6, 0, 32));
	plant_made("tso4-longest", with(tcp4, 65535 - 40, 1448));
	plant_made("tso6-longest", with(tcp6, 65535 - 20, 1428));
	plant_made("uso4-longest", with(framed(udp4, 2), 65535 - 28, 1472));
	plant_made("uso6-longest", with(udp6, 65535 - 8, 1452));
	plant_made("checksum-tcp4", with(tcp4, 21, 0));
	plant_made("checksum-tcp6", with(framed(tcp6, 1), 21, 0));
	plant_made("checksum-udp4", with(udp4, 9, 0));
	plant_made("checksum-udp6", with(udp6, 0, 0));
}

/* Nothing is left to the device. */
static void plant_plain(const char *name, bool ethernet, const uint8_t *bytes, size_t length)
{
	struct sample sample = { .name = name, .ethernet = ethernet, .length = length };

	memcpy(sample.bytes, bytes, length);
	plant(&sample);
}

static void plant_packets(void)
{
	static const uint8_t arp
		[42] = { 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0,
			0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2 },
	     echo4[32] = { 0x45, 0, 0, 32, 0, 1, 0x40, 0, 64, 1, 0x26, 0xda, 10, 0, 0, 1, 10, 0, 0, 2, 8, 0,
		     0xf7, 0xfd, 0, 1, 0, 1 },
	     first4[36] = { 0x45, 0, 0, 36, 0, 1, 0x20, 0, 64, 17, 0x46, 0xc6, 10, 0, 0, 1, 10, 0, 0, 2, 0xc0,
		     0, 0, 53, 0, 24 },
	     last4[28] = { 0x45, 0, 0, 28, 0, 1, 0, 2, 64, 17, 0x66, 0xcc, 10, 0, 0, 1, 10, 0, 0, 2 },
	     fragment6[64] = { 0x60, 0, 0, 0, 0, 24, 44,
		     64, [8] = 0x20, [23] = 1, [24] = 0x20, [39] = 2, [40] = 17, [43] = 1, [47] = 7 },
	     solicitation[86] = { 0x33, 0x33, 255, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0, 0, 0,
		     32, 58,
		     255, [22] = 0xfe, [23] = 0x80, [37] = 1, [38] = 255, [39] = 2, [51] = 1, [52] = 255,
		     [54] = 135, [62] = 0xfe, [63] = 0x80, [77] = 2, [78] = 1, [79] = 1, [80] = 2, [85] = 1 },
	     tags[22] = { [12] = 0x81, [16] = 0x88, [17] = 0xa8, [20] = 8, [21] = 6 };

	plant_plain("arp", true, arp, sizeof(arp));
	plant_plain("solicitation", true, solicitation, sizeof(solicitation));
	plant_plain("echo4", false, echo4, sizeof(echo4));
	plant_plain("fragment4-first", false, first4, sizeof(first4));
	plant_plain("fragment4-last", false, last4, sizeof(last4));
	plant_plain("fragment6", false, fragment6, sizeof(fragment6));
	plant_plain("byte", false, echo4, 1);
	plant_plain("half-header", false, echo4, 10);
	plant_plain("addresses", true, arp, 12);
	plant_plain("half-type", true, arp, 13);
	plant_plain("tags", true, tags, sizeof(tags));
	plant_plain("half-tag", true, tags, 19);
}

/* A segment with one thing wrong. */
static void plant_wrong(const char *name, const struct made *made, size_t field, uint8_t value)
{
	struct made own = *made;
	struct sample sample;

	own.payload = payload;
	sample = sample_of(name, &own);
	if (field < sizeof(sample.offload))
		((uint8_t *)&sample.offload)[field] = value;
	else
		sample.bytes[field - sizeof(sample.offload)] = value;
	plant(&sample);
}

static void plant_cut(const char *name, const struct made *made, size_t length)
{
	struct made own = *made;
	struct sample sample;

	own.payload = payload;
	sample = sample_of(name, &own);
	sample.length = length;
	plant(&sample);
}

/* All fits but that the header of IPv4 is shorter than one can be, and TCP begins in it. */
static void plant_short(void)
{
	struct made own = tcp4;
	struct sample sample;

	own.payload = payload;
	sample = sample_of("wrong-ihl-all", &own);
	sample.bytes[0] = 0x44;
	sample.bytes[16 + 12] = 0x50;
	sample.offload.csum_start = 16;
	plant(&sample);
}

#define OFFLOAD(field) offsetof(struct virtio_net_hdr, field)
#define BYTE(at)       (sizeof(struct virtio_net_hdr) + (at))

static void plant_wrongs(void)
{
	plant_wrong("wrong-type", &tcp4, OFFLOAD(gso_type), 4);
	plant_wrong("wrong-fragments", &udp4, OFFLOAD(gso_type), 3);
	plant_wrong("wrong-ecn", &tcp4, OFFLOAD(gso_type), 0x80);
	plant_wrong("wrong-size", &tcp4, OFFLOAD(gso_size), 0);
	plant_wrong("wrong-flags", &tcp6, OFFLOAD(flags), 0);
	plant_wrong("wrong-start", &tcp4, OFFLOAD(csum_start), 24);
	plant_wrong("wrong-start-far", &tcp4, OFFLOAD(csum_start) + 1, 255);
	plant_wrong("wrong-offset", &udp6, OFFLOAD(csum_offset), 16);
	plant_wrong("wrong-header", &tcp4, OFFLOAD(hdr_len) + 1, 255);
	plant_wrong("wrong-version", &tcp4, BYTE(0), 0x65);
	plant_wrong("wrong-ihl", &tcp4, BYTE(0), 0x44);
	plant_short();
	plant_wrong("wrong-doff", &tcp4, BYTE(20 + 12), 0x40);
	plant_wrong("wrong-doff-far", &tcp4, BYTE(20 + 12), 0xf0);
	plant_wrong("wrong-next", &tcp6, BYTE(6), 0);
	plant_wrong("wrong-length", &udp4, BYTE(20 + 5), 1);
	plant_cut("cut-ip4", &tcp4, 19);
	plant_cut("cut-ip6", &tcp6, 40);
	plant_cut("cut-tcp", &tcp4, 20 + 12);
	plant_cut("cut-udp", &udp4, 20 + 7);
	plant_cut("cut-checksum", &tcp4, 20 + 17);
}

int main(int count, char **words)
{
	if (count != 2) {
		fputs("usage: make FOLDER\n", stderr);
		return 2;
	}
	folder = words[1];
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 2654435761U >> 24);
	plant_segments();
	plant_packets();
	plant_wrongs();
	plant_control();
	plant_router();
	plant_neighbours();
	return 0;
}
