/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/drops.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/bpf.h"
#include "kernel/btf.h"
#include "kernel/capability.h"
#include "kernel/drop_layout.h"
#include "kernel/drop_program.h"
#include "kernel/loop.h"
#include "lab/arena.h"

/* A record takes 240 bytes of the ring. */
enum { RING_SIZE = 1 << 20 };

/*
 * The ring as the kernel maps it (kernel/bpf/ringbuf.c): a page with how far it was read, which is ours, one
 * with how far it was written, and the records, mapped twice in a row so that none is cut in two.
 */
struct ring {
	size_t page;
	uint64_t *read;
	unsigned char *written;
};

struct drop_watch {
	struct arena *arena; /* of the names */
	struct drop_layout layout;
	struct drop_maps maps;
	int program, attached;
	struct ring ring;
	uint64_t *lost;
	uint64_t epoch; /* what makes the monotonic clock one since 1970 */
};

static struct error *make_format(int *fd)
{
	static const uint32_t first = 0;
	struct error *error = bpf_map(BPF_MAP_TYPE_ARRAY, "tunlab_format", sizeof first,
		sizeof drop_place_format, 1, BPF_F_RDONLY_PROG, fd);

	if (!error)
		error = bpf_set(*fd, &first, drop_place_format);
	return error ? error : bpf_freeze(*fd);
}

static struct error *make_maps(size_t namespaces, struct drop_maps *maps)
{
	struct error *error = bpf_map(BPF_MAP_TYPE_RINGBUF, "tunlab_drops", 0, 0, RING_SIZE, 0, &maps->ring);

	if (!error)
		error = bpf_map(BPF_MAP_TYPE_HASH, "tunlab_netns", sizeof(uint64_t), sizeof(uint64_t),
			namespaces > 0 ? (uint32_t)namespaces : 1, 0, &maps->namespaces);
	if (!error)
		error = bpf_map(BPF_MAP_TYPE_ARRAY, "tunlab_lost", sizeof(uint32_t), sizeof(uint64_t), 1,
			BPF_F_MMAPABLE, &maps->lost);
	if (!error)
		error = make_format(&maps->format);
	return error;
}

static struct error *map_pages(int fd, size_t size, int access, size_t offset, void *place)
{
	void *pages = mmap(NULL, size, access, MAP_SHARED, fd, (off_t)offset);

	if (pages == MAP_FAILED)
		return error_new(STATUS_UNABLE, errno, "the kernel mapped no BPF map");
	memcpy(place, &pages, sizeof pages);
	return NULL;
}

static struct error *map_maps(struct drop_watch *watch)
{
	struct ring *ring = &watch->ring;
	struct error *error;

	ring->page = (size_t)sysconf(_SC_PAGESIZE);
	error = map_pages(watch->maps.ring, ring->page, PROT_READ | PROT_WRITE, 0, &ring->read);
	if (!error)
		error = map_pages(watch->maps.ring, ring->page + 2 * (size_t)RING_SIZE, PROT_READ, ring->page,
			&ring->written);
	if (!error)
		error = map_pages(watch->maps.lost, ring->page, PROT_READ, 0, &watch->lost);
	return error;
}

static struct error *read_layout(struct drop_watch *watch)
{
	struct btf *btf = NULL;
	struct error *error = btf_open(btf_of_kernel, &btf);

	if (error && error->number == ENOENT) {
		error_free(error);
		return error_new(STATUS_UNABLE, 0,
			"this kernel has no BTF (it is built without CONFIG_DEBUG_INFO_BTF)");
	}
	if (!error)
		error = drop_layout_read(watch->arena, btf, &watch->layout);
	btf_close(btf);
	return error;
}

static struct error *run_program(struct drop_watch *watch)
{
	struct bpf_program program;
	struct error *error;

	drop_program_make(&watch->layout, &watch->maps, &program);
	error = bpf_load(&program, "tunlab_drops", &watch->program);
	if (!error)
		error = bpf_attach(watch->program, "kfree_skb", &watch->attached);
	return error;
}

/* Locked down, the kernel lets no program read its memory (kernel_lockdown.7). */
static bool is_locked_down(void)
{
	char text[128] = "";
	int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, text, sizeof text - 1) < 0)
		text[0] = 0;
	close(fd);
	return strstr(text, "[confidentiality]");
}

/* What the kernel refused, as one sentence that says what is missing. */
static struct error *explain(struct error *refused)
{
	int number = refused->number;
	struct error *error = NULL;

	if (number == EPERM)
		error = error_new(STATUS_UNABLE, 0,
			"CAP_BPF and CAP_PERFMON are needed, outside of any user namespace: run tunlab with "
			"sudo");
	else if (number == ENOSYS)
		error = error_new(STATUS_UNABLE, 0,
			"this kernel has no bpf(2) (it is built without CONFIG_BPF_SYSCALL)");
	else if (number != 0 && is_locked_down())
		error = error_new(STATUS_UNABLE, 0, "this kernel is locked down (confidentiality)");
	if (!error)
		return refused;
	error->number = number;
	error_free(refused);
	return error;
}

/* The map comes first: who may not ask is told at once. */
static struct error *open_all(struct drop_watch *watch, size_t namespaces)
{
	struct error *error = make_maps(namespaces, &watch->maps);

	if (!error)
		error = map_maps(watch);
	if (!error)
		error = read_layout(watch);
	if (!error)
		error = run_program(watch);
	return error;
}

struct error *drops_open(size_t namespaces, struct drop_watch **out)
{
	static const int capabilities[] = { CAP_BPF, CAP_PERFMON };
	static const size_t count = sizeof capabilities / sizeof *capabilities;
	struct drop_watch *watch = calloc(1, sizeof *watch);
	struct error *error;

	*out = NULL;
	if (!watch)
		memory_exhausted();
	watch->arena = arena_open();
	watch->maps = (struct drop_maps) { -1, -1, -1, -1 };
	watch->program = watch->attached = -1;
	watch->epoch = loop_epoch();
	capability_effect(capabilities, count, true);
	error = open_all(watch, namespaces);
	capability_effect(capabilities, count, false);
	if (error) {
		drops_close(watch);
		return error_wrap(explain(error), "the kernel cannot be asked why it drops packets");
	}
	*out = watch;
	return NULL;
}

static void close_descriptor(int fd)
{
	if (fd >= 0)
		close(fd);
}

void drops_close(struct drop_watch *watch)
{
	if (!watch)
		return;
	close_descriptor(watch->attached);
	close_descriptor(watch->program);
	if (watch->ring.read)
		munmap(watch->ring.read, watch->ring.page);
	if (watch->ring.written)
		munmap(watch->ring.written, watch->ring.page + 2 * (size_t)RING_SIZE);
	if (watch->lost)
		munmap(watch->lost, watch->ring.page);
	close_descriptor(watch->maps.ring);
	close_descriptor(watch->maps.namespaces);
	close_descriptor(watch->maps.lost);
	close_descriptor(watch->maps.format);
	arena_close(watch->arena);
	free(watch);
}

struct error *drops_add(struct drop_watch *watch, uint64_t cookie)
{
	static const uint64_t anything = 1;

	return bpf_set(watch->maps.namespaces, &cookie, &anything);
}

int drops_descriptor(const struct drop_watch *watch)
{
	return watch->maps.ring;
}

/* "name.constprop.0 [module]" begins with the name; what has none is printed as a number. */
static const char *place_of(const struct drop_record *record, char place[static DROP_PLACE])
{
	size_t length = strcspn(record->place, ". ");

	memcpy(place, record->place, length);
	place[length] = 0;
	return length > 0 && strncmp(place, "0x", 2) != 0 ? place : NULL;
}

static struct drop drop_of(
	const struct drop_watch *watch, const struct drop_record *record, const char *place)
{
	const struct drop_layout *layout = &watch->layout;

	return (struct drop) {
		.time = record->time + watch->epoch,
		.cookie = record->cookie,
		.device = record->device,
		.reason = record->reason,
		.name = record->reason < layout->name_count ? layout->names[record->reason] : NULL,
		.place = place,
		.mark = record->mark,
		.protocol = ntohs(record->protocol),
		.bytes = record->bytes,
		.size = record->size,
		.length = record->length,
	};
}

/* Before each record stands its length, with a bit while it is being written and one if it is none, and 4
 * bytes more; the next begins at a multiple of 8. */
void drops_read(struct drop_watch *watch, void (*see)(void *context, const struct drop *drop), void *context)
{
	struct ring *ring = &watch->ring;
	char name[DROP_PLACE];
	uint64_t at = *ring->read, end = __atomic_load_n((const uint64_t *)ring->written, __ATOMIC_ACQUIRE);

	while (at < end) {
		const unsigned char *place = ring->written + ring->page + at % RING_SIZE;
		uint32_t head = __atomic_load_n((const uint32_t *)place, __ATOMIC_ACQUIRE);
		uint32_t length = head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (head & BPF_RINGBUF_BUSY_BIT)
			return;
		if (!(head & BPF_RINGBUF_DISCARD_BIT)) {
			const void *record = place + BPF_RINGBUF_HDR_SZ;
			struct drop drop = drop_of(watch, record, place_of(record, name));

			see(context, &drop);
		}
		at += ((uint64_t)length + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
		__atomic_store_n(ring->read, at, __ATOMIC_RELEASE);
	}
}

uint64_t drops_lost(const struct drop_watch *watch)
{
	return __atomic_load_n(watch->lost, __ATOMIC_RELAXED);
}
