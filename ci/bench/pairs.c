/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pairs COUNT RATIO NAME COMMAND... -- NAME COMMAND...: runs the two commands by turns, COUNT times each,
 * after once each to warm up, and prints the median and quartiles of their wall times, whole processes, and
 * the ratio of the medians. Every other pair runs in the other order: what a command leaves to the kernel to
 * clear away then weighs on both alike. What the commands print is thrown away, but for their errors.
 *
 * Ends with 0 if the ratio is at most RATIO, 1 if it is more, 2 if it could not be found.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct command {
	const char *name;
	char **argv;
	double *times; /* milliseconds; one for each pair */
};

static _Noreturn void fail(const char *what, const char *why)
{
	fprintf(stderr, "pairs: %s: %s\n", what, why);
	exit(2);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Returns the milliseconds that the command took, from before its start until it was waited for. */
static double run(const struct command *command, const posix_spawn_file_actions_t *quiet)
{
	double start = now();
	int status;
	pid_t pid;
	int error = posix_spawnp(&pid, command->argv[0], quiet, NULL, command->argv, environ);

	if (error)
		fail(command->argv[0], strerror(error));
	if (waitpid(pid, &status, 0) != pid)
		fail("waitpid", strerror(errno));
	if (status)
		fail(command->name, "failed");
	return now() - start;
}

static void measure(struct command *a, struct command *b, int count)
{
	posix_spawn_file_actions_t quiet;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	run(a, &quiet);
	run(b, &quiet);
	for (int i = 0; i < count; i++) {
		struct command *first = i % 2 ? b : a;
		struct command *second = i % 2 ? a : b;

		first->times[i] = run(first, &quiet);
		second->times[i] = run(second, &quiet);
	}
	posix_spawn_file_actions_destroy(&quiet);
}

static int compare(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* The value below which PART of the COUNT sorted times lie, between two of them where it falls so. */
static double quantile(const double *times, int count, double part)
{
	double place = part * (count - 1);
	int below = (int)place;
	int above = below + 1 < count ? below + 1 : below;

	return times[below] + (place - below) * (times[above] - times[below]);
}

/* Prints a line and returns the median. */
static double summarize(const struct command *command, int count)
{
	double *times = command->times;
	double median;

	qsort(times, (size_t)count, sizeof *times, compare);
	median = quantile(times, count, 0.5);
	printf("%-8s median %7.2f ms, quartiles %.2f and %.2f ms\n", command->name, median,
		quantile(times, count, 0.25), quantile(times, count, 0.75));
	return median;
}

/* Takes NAME COMMAND... up to "--" or the end; returns where the rest begins. */
static char **take(struct command *command, char **words, int count)
{
	char **end = words;

	while (*end && strcmp(*end, "--") != 0)
		end++;
	if (end - words < 2)
		fail("usage", "pairs COUNT RATIO NAME COMMAND... -- NAME COMMAND...");
	command->name = words[0];
	command->argv = words + 1;
	command->times = calloc((size_t)count, sizeof *command->times);
	if (!command->times)
		fail("calloc", strerror(errno));
	if (!*end)
		return end;
	*end = NULL;
	return end + 1;
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? (int)strtol(argv[1], NULL, 10) : 0;
	double most = argc > 2 ? strtod(argv[2], NULL) : 0;
	struct command a, b;
	double ratio;

	if (count < 1 || most <= 0)
		fail("usage", "pairs COUNT RATIO NAME COMMAND... -- NAME COMMAND...");
	take(&b, take(&a, argv + 3, count), count);
	measure(&a, &b, count);
	ratio = summarize(&a, count) / summarize(&b, count);
	free(a.times);
	free(b.times);
	printf("%s/%s %.2f, at most %.2f: %s\n", a.name, b.name, ratio, most,
		ratio <= most ? "ok" : "TOO SLOW");
	return ratio <= most ? 0 : 1;
}
