/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/capture_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/arena.h"
#include "run/capture_sort.h"

static const off_t SORTED_AT_MOST = 1 << 30; /* bytes */

struct capture_file {
	struct arena *arena;
	const char *directory_path, *name, *path;
	int directory, fd;
	int failure; /* errno of what could not be written; 0: all was */
	bool removed;
	struct pcapng blocks;
	uint8_t room[2 * PCAPNG_BLOCK];
};

/* The names that this process has given: several labs of one run may be files of the same name. */
static struct {
	struct arena *arena;
	const char **names;
	size_t count;
} given;

static bool is_given(const char *name)
{
	for (size_t i = 0; i < given.count; i++)
		if (!strcmp(given.names[i], name))
			return true;
	return false;
}

static const char *give_name(const char *wanted)
{
	const char *name;

	if (!given.arena)
		given.arena = arena_open();
	name = arena_printf(given.arena, "%s.pcapng", wanted);
	for (unsigned i = 2; is_given(name); i++)
		name = arena_printf(given.arena, "%s-%u.pcapng", wanted, i);
	arena_append(given.arena, &given.names, &given.count, &name, sizeof name);
	return name;
}

static struct error *open_directory(const char *path, int *out)
{
	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		return error_new(STATUS_WRONG, errno, "--pcap %s: the directory cannot be made", path);
	*out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *out < 0 ? error_new(STATUS_WRONG, errno, "--pcap %s", path) : NULL;
}

struct error *capture_file_check(const char *directory)
{
	int fd = -1;
	struct error *error = open_directory(directory, &fd);

	if (error)
		return error;
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
		error = error_new(STATUS_WRONG, errno, "--pcap %s: no file can be made there", directory);
	close(fd);
	return error;
}

/* Never through a symbolic link, nor into what somebody else may have open. */
static int make_file(const struct capture_file *file, const char *name)
{
	if (unlinkat(file->directory, name, 0) < 0 && errno != ENOENT)
		return -1;
	return openat(
		file->directory, name, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666);
}

static void close_file(struct capture_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	if (file->directory >= 0)
		close(file->directory);
	arena_close(file->arena);
	free(file);
}

static struct capture_file *new_file(void)
{
	struct capture_file *file = malloc(sizeof *file);

	if (!file)
		memory_exhausted();
	file->arena = arena_open();
	file->directory_path = file->name = file->path = NULL;
	file->directory = file->fd = -1;
	file->failure = 0;
	file->removed = false;
	file->blocks = (struct pcapng) { .bytes = file->room, .room = sizeof file->room };
	return file;
}

struct error *capture_file_open(const char *directory, const char *name, struct capture_file **out)
{
	struct capture_file *file = new_file();
	struct error *error;

	file->directory_path = arena_printf(file->arena, "%s", directory);
	file->name = give_name(name);
	file->path = arena_printf(file->arena, "%s/%s", directory, file->name);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error, as a full disk is */
	error = open_directory(directory, &file->directory);
	if (!error) {
		file->fd = make_file(file, file->name);
		if (file->fd < 0)
			error = error_new(STATUS_WRONG, errno, "%s: cannot be made", file->path);
	}
	if (!error)
		*out = file;
	else
		close_file(file);
	return error;
}

struct error *capture_file_adopt(int fd, struct capture_file **out)
{
	struct capture_file *file = new_file();

	file->path = "the capture";
	file->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (file->fd >= 0) {
		*out = file;
		return NULL;
	}
	close_file(file);
	return error_new(STATUS_UNABLE, errno, "F_DUPFD_CLOEXEC");
}

const char *capture_file_path(const struct capture_file *file)
{
	return file->path;
}

/* By the descriptor, as the name may be another file's by now; it can write and not read. */
struct error *capture_file_share(const struct capture_file *file, int *fd)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", file->fd);
	*fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	return *fd < 0 ? error_new(STATUS_UNABLE, errno, "%s: cannot be opened again", file->path) : NULL;
}

struct pcapng *capture_file_room(struct capture_file *file)
{
	if (file->blocks.room - file->blocks.length < PCAPNG_BLOCK)
		capture_file_flush(file);
	return &file->blocks;
}

void capture_file_flush(struct capture_file *file)
{
	size_t done = 0;

	/* What is written in part is followed by the reason why the rest is not. */
	while (done < file->blocks.length && !file->failure) {
		ssize_t written = write(file->fd, file->room + done, file->blocks.length - done);

		if (written >= 0)
			done += (size_t)written;
		else if (errno != EINTR)
			capture_file_fail(file, errno);
	}
	file->blocks.length = 0;
}

void capture_file_remove(struct capture_file *file)
{
	if (file->directory >= 0)
		unlinkat(file->directory, file->name, 0);
	file->removed = true;
}

void capture_file_fail(struct capture_file *file, int number)
{
	if (!file->failure)
		file->failure = number;
}

/* Only a file that is sorted takes the place of the one that is not. */
static struct error *sort_file(struct capture_file *file)
{
	const char *name = arena_printf(file->arena, "%s.new", file->name);
	struct error *error;
	int fd = make_file(file, name);

	if (fd < 0)
		return error_new(STATUS_UNABLE, errno, "%s.new", file->path);
	error = capture_sort(file->fd, fd);
	close(fd);
	if (!error && renameat(file->directory, name, file->directory, file->name) < 0)
		error = error_new(STATUS_UNABLE, errno, "rename");
	if (error)
		unlinkat(file->directory, name, 0);
	return error;
}

static struct error *put_in_order(struct capture_file *file)
{
	struct stat status = { 0 };

	if (fstat(file->fd, &status) < 0)
		return error_new(STATUS_UNABLE, errno, "fstat");
	if (status.st_size > SORTED_AT_MOST)
		return error_new(STATUS_UNABLE, 0, "it is larger than 1 GiB");
	return sort_file(file);
}

struct error *capture_file_close(struct capture_file *file, struct error **unsorted)
{
	struct error *error = NULL;

	if (!file)
		return NULL;
	capture_file_flush(file);
	if (file->failure) {
		error = error_new(STATUS_UNABLE, file->failure,
			"%s: the capture ended early, what is there can be read", file->path);
		capture_cut(file->fd);
	} else if (!file->removed && file->directory >= 0) {
		*unsorted = put_in_order(file);
		if (*unsorted)
			*unsorted = error_wrap(*unsorted,
				"%s: its packets stay in the order in which they were written", file->path);
	}
	close_file(file);
	return error;
}
