/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of a capture: its name, what is appended to it by two, how it is sorted, and where it is cut. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run/capture_file.h"
#include "run/capture_sort.h"
#include "tests/unit/tap.h"

static uint8_t room[1 << 16], bytes[1 << 16];
static char scratch[] = "/tmp/tunlab-capture.XXXXXX";

static void add_packet(struct pcapng *to, uint64_t time, const char *text)
{
	const struct pcapng_packet packet = {
		.time = time, .bytes = (const uint8_t *)text, .size = strlen(text), .length = strlen(text)
	};

	pcapng_add_packet(to, &packet);
}

static int file_of(const struct pcapng *blocks)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	if (fd < 0 || write(fd, blocks->bytes, blocks->length) != (ssize_t)blocks->length)
		tap_ok(false, "a file in memory: %s", strerror(errno));
	return fd;
}

static const char *letter(uint32_t type)
{
	return type == PCAPNG_SECTION ? "s" : type == PCAPNG_INTERFACE ? "i" : "t";
}

/* What is in the file: "s" a section, "i" an interface, "t" statistics, "?" no block; of a packet its text.
 */
static const char *read_file(int fd)
{
	static char text[400];
	ssize_t size = pread(fd, bytes, sizeof bytes, 0);
	struct pcapng_block block;
	size_t length = 0;

	*text = '\0';
	for (size_t at = 0; size > 0 && at < (size_t)size; at += block.size) {
		char *end = text + length;
		size_t left = sizeof text - length;
		uint32_t packet;

		if (!pcapng_read(bytes + at, (size_t)size - at, &block)) {
			snprintf(end, left, "?");
			return text;
		}
		if (block.type == PCAPNG_PACKET) {
			memcpy(&packet, block.bytes + 20, sizeof packet);
			length += (size_t)snprintf(
				end, left, "%.*s", (int)packet, (const char *)block.bytes + 28);
		} else {
			length += (size_t)snprintf(end, left, "%s", letter(block.type));
		}
	}
	return text;
}

static void sorting(void)
{
	struct pcapng blocks = { room, sizeof room, 0 };
	int from, to = memfd_create("sorted", MFD_CLOEXEC);
	struct error *error;

	pcapng_add_section(&blocks, "tunlab", NULL, NULL);
	pcapng_add_interface(&blocks, PCAPNG_RAW_IP, "one", NULL);
	add_packet(&blocks, 20, "C");
	add_packet(&blocks, 10, "A");
	pcapng_add_statistics(&blocks, 0, 5, 1, 0, NULL);
	pcapng_add_interface(&blocks, PCAPNG_RAW_IP, "two", NULL);
	add_packet(&blocks, 1ULL << 40, "F");
	add_packet(&blocks, 20, "D");
	add_packet(&blocks, 10, "B");
	add_packet(&blocks, 20, "E");
	from = file_of(&blocks);
	error = capture_sort(from, to);
	tap_is(error ? error->text : read_file(to), "siiABCDEFt",
		"interfaces first, packets by their times, those of one time as they stood");
	error_free(error);
	close(from);
	close(to);
}

static void cutting(void)
{
	struct pcapng blocks = { room, sizeof room, 0 };
	int fd, to = memfd_create("sorted", MFD_CLOEXEC);
	struct error *error;

	pcapng_add_section(&blocks, NULL, NULL, NULL);
	add_packet(&blocks, 2, "B");
	add_packet(&blocks, 1, "half");
	blocks.length -= 5;
	fd = file_of(&blocks);
	tap_is(read_file(fd), "sB?", "a file that ends in half a block");
	error = capture_sort(fd, to);
	tap_is(error ? error->text : NULL, "from byte 64 on there is no whole block", "it is not sorted");
	error_free(error);
	capture_cut(fd);
	tap_is(read_file(fd), "sB", "it can be cut");
	capture_cut(fd);
	tap_is(read_file(fd), "sB", "what is whole stays");
	close(fd);
	close(to);
}

static const char *path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof path, "%s/%s", scratch, name);
	return path;
}

static const char *file_text(const char *name)
{
	int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);
	const char *text = fd < 0 ? strerror(errno) : read_file(fd);

	if (fd >= 0)
		close(fd);
	return text;
}

static struct capture_file *open_file(const char *name)
{
	struct capture_file *file = NULL;
	struct error *error = capture_file_open(path_of("made"), name, &file);

	tap_is(error ? error->text : NULL, NULL, "a file for \"%s\"", name);
	error_free(error);
	return file;
}

static void close_file(struct capture_file *file)
{
	struct error *unsorted = NULL, *error = capture_file_close(file, &unsorted);

	tap_is(error ? error->text : unsorted ? unsorted->text : NULL, NULL, "it is closed");
	error_free(error);
	error_free(unsorted);
}

static void two_writers(void)
{
	struct capture_file *file = open_file("lab"), *second = open_file("lab"), *third;
	struct pcapng other = { room, sizeof room, 0 };
	struct error *error;
	int fd = -1;

	if (!file || !second)
		return;
	tap_is(capture_file_path(second) + strlen(path_of("made/")), "lab-2.pcapng", "the second of a name");
	error = capture_file_share(file, &fd);
	tap_ok(!error && read(fd, bytes, 1) < 0 && errno == EBADF, "another may write, and not read");
	error_free(error);
	pcapng_add_section(capture_file_room(file), NULL, NULL, NULL);
	add_packet(capture_file_room(file), 3, "C");
	capture_file_flush(file);
	add_packet(&other, 1, "A");
	tap_ok(write(fd, other.bytes, other.length) == (ssize_t)other.length, "another appends");
	add_packet(capture_file_room(file), 2, "B");
	tap_is(file_text("made/lab.pcapng"), "sCA", "what was flushed is there");
	capture_file_flush(file);
	tap_is(file_text("made/lab.pcapng"), "sCAB", "behind what the other wrote");
	close_file(file);
	tap_is(file_text("made/lab.pcapng"), "sABC", "and in the end in order");
	capture_file_remove(second);
	close_file(second);
	tap_is(file_text("made/lab-2.pcapng"), strerror(ENOENT), "what is removed is gone");
	third = open_file("lab");
	close_file(third);
	tap_is(file_text("made/lab-3.pcapng"), "", "a name is given once");
	close(fd);
}

static void failing(void)
{
	struct capture_file *file = open_file("failed");
	struct error *unsorted = NULL, *error;

	if (!file)
		return;
	pcapng_add_section(capture_file_room(file), NULL, NULL, NULL);
	capture_file_flush(file);
	capture_file_fail(file, EDQUOT);
	capture_file_fail(file, EIO);
	add_packet(capture_file_room(file), 1, "A");
	error = capture_file_close(file, &unsorted);
	tap_ok(error && error->status == STATUS_UNABLE && error->number == EDQUOT && !unsorted,
		"the first failure is told: %s", error ? error->text : "none");
	error_free(error);
	tap_is(file_text("made/failed.pcapng"), "s", "nothing is written after it");
}

static void no_directory(void)
{
	static const char *const wrong[] = { "/proc/tunlab", "/dev/null", "" };

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct capture_file *file = NULL;
		struct error *check = capture_file_check(wrong[i]);
		struct error *error = capture_file_open(wrong[i], "lab", &file);

		tap_ok(check && error && check->status == STATUS_WRONG && error->status == STATUS_WRONG,
			"\"%s\": %s", wrong[i], check ? check->text : "no error");
		error_free(check);
		error_free(error);
	}
	struct error *check = capture_file_check(path_of("checked"));

	tap_ok(!check && !access(path_of("checked"), F_OK), "a directory is made where there is none");
	error_free(check);
}

static void clean_up(void)
{
	static const char *const names[] = { "made/lab.pcapng", "made/lab-3.pcapng", "made/failed.pcapng" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		unlink(path_of(names[i]));
	tap_ok(!rmdir(path_of("made")) && !rmdir(path_of("checked")) && !rmdir(scratch),
		"nothing else was made");
}

int main(void)
{
	if (!mkdtemp(scratch)) {
		printf("Bail out! %s: %s\n", scratch, strerror(errno));
		return 1;
	}
	sorting();
	cutting();
	two_writers();
	failing();
	no_directory();
	clean_up();
	return tap_done();
}
