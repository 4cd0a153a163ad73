/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/users.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/pidns.h"

static bool same(const struct stat *one, const struct stat *other)
{
	return one->st_ino == other->st_ino && one->st_dev == other->st_dev;
}

/* The namespace of the lab that the process is in; NULL: in none, or by tunlab. */
static const struct site_netns *where_is(const struct site *site, const char *process)
{
	struct stat net, pid, held;
	char path[300];

	snprintf(path, sizeof path, "/proc/%s/ns/net", process);
	if (stat(path, &net))
		return NULL;
	snprintf(path, sizeof path, "/proc/%s/ns/pid", process);
	if (site->pidns && !stat(path, &pid) && !fstat(pidns_descriptor(site->pidns), &held) &&
		same(&pid, &held))
		return NULL;
	for (size_t i = 0; i < site->lab->namespace_count; i++)
		if (!fstat(site->namespaces[i].fd, &held) && same(&net, &held))
			return &site->namespaces[i];
	return NULL;
}

static void print_user(FILE *to, const struct site_netns *in, const char *process)
{
	char path[300], name[64] = "?";
	FILE *from;

	snprintf(path, sizeof path, "/proc/%s/comm", process);
	from = fopen(path, "re");
	if (from && fgets(name, sizeof name, from))
		name[strcspn(name, "\n")] = '\0';
	if (from)
		fclose(from);
	fprintf(to,
		"tunlab: process %s (%s) was brought into %s by something else than tunlab; the namespace "
		"stays as "
		"long as it does\n",
		process, name, in->described->name);
}

void users_print(FILE *to, const struct site *site)
{
	DIR *all = opendir("/proc");
	const struct dirent *entry;
	char own[32];

	snprintf(own, sizeof own, "%d", getpid());
	while (all && (entry = readdir(all))) {
		const struct site_netns *in;

		if (entry->d_name[strspn(entry->d_name, "0123456789")] || !strcmp(entry->d_name, own))
			continue;
		in = where_is(site, entry->d_name);
		if (in)
			print_user(to, in, entry->d_name);
	}
	if (all)
		closedir(all);
}
