/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nft.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/loop.h"
#include "kernel/nft_child.h"

enum { SECONDS = 5, REPORT_MOST = 16 * 1024 };

/* What the process said, as far as it is kept, and how it ended. */
struct report {
	char text[REPORT_MOST];
	size_t length;
	char last; /* its last byte */
	bool late;
};

/* A file without a name that holds the text, for the child to read. */
static struct error *make_file(const char *text, int *out)
{
	size_t size = strlen(text);
	int fd = memfd_create("nft", MFD_CLOEXEC);
	ssize_t written = fd < 0 ? -1 : pwrite(fd, text, size, 0);

	*out = fd;
	return written == (ssize_t)size ? NULL : error_new(STATUS_UNABLE, errno, "memfd_create");
}

static bool is_late(uint64_t deadline, int fd)
{
	uint64_t now = loop_now();
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return now >= deadline || poll(&pollfd, 1, (int)((deadline - now) / 1000000) + 1) == 0;
}

static void hear(int fd, struct report *report)
{
	const uint64_t deadline = loop_now() + SECONDS * 1000000000ULL;
	char piece[4096];

	report->length = 0;
	report->last = 0;
	for (;;) {
		ssize_t size;
		size_t room = sizeof report->text - 1 - report->length;

		report->late = is_late(deadline, fd);
		if (report->late)
			break;
		size = read(fd, piece, sizeof piece);
		if (size == 0 || (size < 0 && errno != EINTR))
			break;
		if (size < 0)
			continue;
		report->last = piece[size - 1];
		room = (size_t)size < room ? (size_t)size : room;
		memcpy(report->text + report->length, piece, room);
		report->length += room;
	}
	report->text[report->length] = '\0';
}

/* Starts the process; what it holds open ends with it. */
static struct error *start(const struct nft_task *task, int text, pid_t *child, int *out)
{
	struct error *error = NULL;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return error_new(STATUS_UNABLE, errno, "pipe");
	fflush(stdout);
	*child = fork();
	if (*child == 0)
		nft_child(task, text, ends[1]);
	if (*child < 0)
		error = error_new(STATUS_UNABLE, errno, "fork");
	close(ends[1]);
	*out = ends[0];
	return error;
}

static struct error *run(const struct ruleset *ruleset, struct nft_task task, struct report *report)
{
	int text = -1, heard = -1;
	pid_t child = -1;
	struct error *error = make_file(ruleset->text, &text);

	task.json = ruleset->json;
	task.parent = getpid();
	if (!error)
		error = start(&task, text, &child, &heard);
	if (!error) {
		hear(heard, report);
		if (report->late)
			kill(child, SIGKILL);
		/* ECHILD: whoever started us ignores SIGCHLD. */
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (text >= 0)
		close(text);
	if (heard >= 0)
		close(heard);
	return error;
}

/* The place that LINE begins with, or none. */
static void read_place(const char *line, struct ruleset_wrong *wrong)
{
	static const char file[] = "/dev/stdin:";
	char *end;

	wrong->line = wrong->column = 0;
	if (strncmp(line, file, strlen(file)) != 0)
		return;
	wrong->line = strtoul(line + strlen(file), &end, 10);
	if (*end == ':')
		wrong->column = strtoul(end + 1, NULL, 10);
}

/* Of JSON it says last which command of the list could not be read: "... array at index N failed." */
static size_t read_element(const char *text)
{
	static const char mark[] = "command array at index ";
	const char *found = strstr(text, mark);

	return found ? strtoul(found + strlen(mark), NULL, 10) + 1 : 0;
}

/*
 * The first error of the report: "/dev/stdin:LINE:COLUMN-COLUMN: Error: WORDS", and then the line of the text
 * with carets below. Errors that are not of a place in the text have another beginning, or none.
 */
static const char *first_error(struct arena *arena, const struct report *report, struct ruleset_wrong *wrong)
{
	static const char mark[] = "Error: ";
	const char *words = strstr(report->text, mark), *line = words;
	size_t length;
	char *copy;

	while (line && line > report->text && line[-1] != '\n')
		line--;
	read_place(line ? line : "", wrong);
	wrong->element = read_element(report->text);
	words = words ? words + strlen(mark) : report->text;
	length = strcspn(words, "\n\1\2");
	copy = arena_copy(arena, words, length - (length && words[length - 1] == '.'));
	for (char *c = copy; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return copy;
}

/* The errno whose text WORDS are, maybe behind "Could not process rule: " and before a guess at what was
 * meant; 0: none. */
static int errno_in(const char *words)
{
	static const char *const before[] = { "Could not process rule: ", "cache initialization failed: " };

	for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
		if (!strncmp(words, before[i], strlen(before[i])))
			words += strlen(before[i]);
	for (int number = 1; number < 134; number++) {
		const char *text = strerrordesc_np(number);
		size_t length = text ? strlen(text) : 0;

		if (text && !strncmp(words, text, length) && (!words[length] || words[length] == ';'))
			return number;
	}
	return 0;
}

bool nft_is_here(void)
{
	return nft_load();
}

/* What it says of a text that it could read: it has no privilege to go on, or no nf_tables to ask. */
static bool is_about_kernel(const char *words)
{
	return strstr(words, strerrordesc_np(EPERM)) || strstr(words, "cache initialization failed") ||
	       strstr(words, "Netlink socket");
}

bool nft_wrong(struct arena *arena, const struct ruleset *ruleset, struct ruleset_wrong *wrong)
{
	struct report report;
	struct error *error;

	if (!nft_load())
		return false;
	error = run(ruleset, (struct nft_task) { .apply = false }, &report);
	*wrong = (struct ruleset_wrong) { 0 };
	if (error)
		wrong->text = arena_printf(arena, "%s", error->text);
	else if (report.late)
		wrong->text = arena_printf(arena, "nft took more than %d seconds to read it", SECONDS);
	else if (report.last == NFT_REFUSED)
		wrong->text = first_error(arena, &report, wrong);
	else if (report.last != NFT_TAKEN)
		wrong->text =
			arena_printf(arena, "libnftables died of it: %s", first_error(arena, &report, wrong));
	error_free(error);
	return wrong->text && !is_about_kernel(wrong->text);
}

/* Without the kernel's part there is nothing that could say what is missing but these. */
static bool lacks(int number, const char *words)
{
	return number == EAFNOSUPPORT || number == EPROTONOSUPPORT ||
	       !strncmp(words, "cache initialization failed", 27) || strstr(words, "Netlink socket");
}

static struct error *refusal(struct arena *arena, const struct report *report, struct ruleset_wrong *wrong)
{
	struct error *error = error_new(STATUS_WRONG, 0, "nft answers");

	wrong->text = first_error(arena, report, wrong);
	error = error_tell(error, wrong->text);
	error->number = errno_in(wrong->text);
	error->skip = lacks(error->number, wrong->text);
	if (error->skip)
		error = error_wrap(error, "this kernel lacks nf_tables, or a part of it");
	if (error->skip)
		error->status = STATUS_UNABLE;
	if (!error->number)
		error->number = EINVAL;
	return error;
}

struct error *nft_apply(struct arena *arena, const struct ruleset *ruleset, struct ruleset_wrong *wrong)
{
	struct report report;
	struct error *error;

	*wrong = (struct ruleset_wrong) { 0 };
	if (!nft_load()) {
		error = error_new(STATUS_UNABLE, 0,
			"rulesets need libnftables, which is not here: install libnftables1 (or nftables)");
		error->skip = true;
		return error;
	}
	error = run(ruleset, (struct nft_task) { .apply = true }, &report);
	if (error || report.last == NFT_TAKEN)
		return error;
	if (report.late)
		return error_new(STATUS_WRONG, ETIMEDOUT, "nft did not end within %d seconds", SECONDS);
	if (report.last == NFT_REFUSED || strstr(report.text, "Netlink socket"))
		return refusal(arena, &report, wrong);
	return error_new(STATUS_UNABLE, 0, "libnftables died: %s", first_error(arena, &report, wrong));
}

const char *nft_list(struct arena *arena)
{
	const struct ruleset question = { .text = "list ruleset\n" };
	struct report report;
	struct error *error;

	if (!nft_load())
		return NULL;
	error = run(&question, (struct nft_task) { .apply = true, .told = true }, &report);
	if (error || report.late || report.last != NFT_TAKEN) {
		error_free(error);
		return NULL;
	}
	return arena_printf(arena, "%.*s", (int)strcspn(report.text, "\1"), report.text);
}
