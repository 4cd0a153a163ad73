/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* The lab's lines, and then the machine's own. */
static bool write_hosts(const char *path, const char *hosts)
{
	FILE *own = fopen("/etc/hosts", "re"), *to = own ? fopen(path, "we") : NULL;
	char bytes[4096];
	size_t size;
	bool done;

	if (to)
		fputs(hosts, to);
	while (to && (size = fread(bytes, 1, sizeof bytes, own)) > 0)
		fwrite(bytes, 1, size, to);
	done = to && !ferror(own) && !ferror(to);
	if (own)
		fclose(own);
	return to && !fclose(to) && done;
}

/* A file that is bound somewhere stays after the file system that has it is covered or taken down. */
static void mount_hosts(const char *hosts)
{
	if (mount("tunlab", "/sys", "tmpfs", 0, "mode=0755"))
		return;
	if (write_hosts("/sys/hosts", hosts))
		mount("/sys/hosts", "/etc/hosts", NULL, MS_BIND, NULL);
	umount2("/sys", MNT_DETACH);
}

/* An entry of the folder OLD, which the new /run covers, is made to stand in that, too. */
static void bring(int old, const char *name)
{
	char from[PATH_MAX], to[PATH_MAX], target[PATH_MAX];
	struct stat status;
	ssize_t length;

	snprintf(from, sizeof from, "/proc/self/fd/%d/%s", old, name);
	snprintf(to, sizeof to, "/run/%s", name);
	if (lstat(from, &status))
		return;
	if (S_ISLNK(status.st_mode)) {
		length = readlink(from, target, sizeof target - 1);
		target[length < 0 ? 0 : length] = '\0';
		if (symlink(target, to))
			return;
	} else if (!(S_ISDIR(status.st_mode) ? mkdir(to, 0755) : mknod(to, S_IFREG | 0644, 0))) {
		mount(from, to, NULL, MS_BIND | MS_REC, NULL);
	}
}

/* A machine on which nobody has used `ip netns` yet lacks the folder, and is not to get it by this. */
static void cover_run(void)
{
	DIR *list = opendir("/run");
	const struct dirent *entry;

	if (!list)
		return;
	if (!mount("tunlab", "/run", "tmpfs", 0, "mode=0755")) {
		while ((entry = readdir(list)))
			if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
				bring(dirfd(list), entry->d_name);
		mkdir("/run/netns", 0755);
	}
	closedir(list);
}

/* Lines "NAME NUMBER" become links to what process 1 holds. */
static void mount_names(const char *names)
{
	char path[300], target[64];

	if (access("/run/netns", F_OK) && errno == ENOENT)
		cover_run();
	if (mount("tunlab", "/run/netns", "tmpfs", 0, "mode=0755"))
		return;
	while (*names) {
		int line = (int)strcspn(names, "\n"), name = (int)strcspn(names, " \n");

		snprintf(path, sizeof path, "/run/netns/%.*s", name, names);
		snprintf(target, sizeof target, "/proc/1/fd/%.*s", line - name - 1, names + name + 1);
		if (symlink(target, path))
			return;
		names += line + 1;
	}
}

void view_mount(const struct enclosure *in)
{
	if (mount("", "/", NULL, MS_REC | MS_SLAVE, NULL))
		return;
	mount_hosts(in->hosts);
	mount_names(in->names);
	mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	/* Its network part is that of the namespace in which it is mounted. */
	mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}
