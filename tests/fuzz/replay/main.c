/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fuzz target over what is kept for it, without libFuzzer: each file of tests/fuzz/seeds/TARGET and
 * tests/fuzz/finds/TARGET, or those named, in a process of its own, so that whoever ends it ends no other.
 */
#include <errno.h>
#include <glob.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/tap.h"

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* In memory of just the file's size. */
static void feed(const char *path)
{
	FILE *file = fopen(path, "re");
	long size;
	uint8_t *bytes;

	need(file && !fseek(file, 0, SEEK_END), path);
	size = ftell(file);
	need(size >= 0 && !fseek(file, 0, SEEK_SET), path);
	bytes = malloc(size ? (size_t)size : 1);
	need(bytes && fread(bytes, 1, (size_t)size, file) == (size_t)size, path);
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, (size_t)size);
	free(bytes);
}

static void try(const char *path)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	need(child >= 0, "fork");
	if (!child) {
		feed(path);
		exit(0); /* where it is then seen what was not freed */
	}
	need(waitpid(child, &status, 0) == child, "waitpid");
	if (!tap_ok(status == 0, "%s", path))
		printf("# status %#x\n", (unsigned)status);
}

static void try_all(const char *target, const char *folder)
{
	char pattern[300];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "tests/fuzz/%s/%s/*", folder, target);
	if (glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		try(found.gl_pathv[i]);
	globfree(&found);
}

int main(int count, char **words)
{
	const char *slash = strrchr(words[0], '/'), *target = slash ? slash + 1 : words[0];

	for (int i = 1; i < count; i++)
		try(words[i]);
	if (count > 1)
		return tap_done();
	try_all(target, "seeds");
	tap_ok(tap_count > 0, "there are seeds of %s", target);
	try_all(target, "finds");
	return tap_done();
}
