/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/judge/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/nft.h"
#include "kernel/packet.h"

void must(struct error *error, const char *what)
{
	if (!error)
		return;
	fprintf(stderr, "%s: %s\n", what, error->text);
	exit(2);
}

static _Noreturn void give_up(const char *what)
{
	perror(what);
	exit(2);
}

void strip_end(char *text)
{
	size_t length = strlen(text);

	while (length && strchr("\n. ", text[length - 1]))
		text[--length] = 0;
}

struct lab *lab_of_text(const char *text, char told[TOLD_SIZE])
{
	FILE *to = fmemopen(told, TOLD_SIZE, "w"), *standard = stderr;
	int fd = memfd_create("lab", MFD_CLOEXEC);
	size_t length = strlen(text);
	char path[64];
	struct lab *lab = NULL;

	if (fd < 0 || !to || write(fd, text, length) != (ssize_t)length)
		give_up("a lab's file");
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	stderr = to;
	lab_open(path, filter_wrong, nft_wrong, &lab);
	stderr = standard;
	fclose(to);
	close(fd);
	strip_end(told);
	if (lab)
		lab->text.file = "lab"; /* the path is gone */
	return lab;
}

struct lab *lab_of_json(json_t *json, char told[TOLD_SIZE])
{
	char *text = json_dumps(json, 0);
	struct lab *lab;

	if (!text)
		memory_exhausted();
	json_decref(json);
	lab = lab_of_text(text, told);
	free(text);
	return lab;
}

static char *read_all(int fd)
{
	char *text = NULL;
	size_t size = 0, room = 0;
	ssize_t got;

	do {
		if (room - size < 4096) {
			char *more = realloc(text, room = room * 2 + 8192);

			if (!more)
				memory_exhausted();
			text = more;
		}
		got = read(fd, text + size, room - size - 1);
		size += got > 0 ? (size_t)got : 0;
	} while (got > 0 || (got < 0 && errno == EINTR));
	text[size] = 0;
	return text;
}

static pid_t spawn(const char *const *arguments, int out, bool errors)
{
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;

	if (posix_spawn_file_actions_init(&actions))
		memory_exhausted();
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (errors)
		posix_spawn_file_actions_adddup2(&actions, out, 2);
	errno = posix_spawnp(&pid, arguments[0], &actions, NULL, (char *const *)arguments, environ);
	if (errno)
		give_up(arguments[0]);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

char *run_inside(
	struct site *site, const struct netns *in, const char *const *arguments, bool errors, int *status)
{
	int ends[2];
	char *text;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		give_up("pipe");
	must(site_enter(site, in), "entering a namespace");
	pid = spawn(arguments, ends[1], errors);
	must(site_leave(site), "leaving a namespace");
	close(ends[1]);
	text = read_all(ends[0]);
	close(ends[0]);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR) {
	}
	*status = WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
	return text;
}
