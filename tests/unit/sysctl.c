/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysctls of a namespace, and what must never be reached as one. */
#include "kernel/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/capability.h"
#include "kernel/netns.h"
#include "kernel/sysctl_file.h"
#include "kernel/tun.h"
#include "tests/unit/tap.h"

static void expect(struct error *error, const char *what)
{
	tap_is(error ? error->text : NULL, NULL, "%s", what);
	error_free(error);
}

static void expect_error(struct error *error, enum status status, const char *text, const char *what)
{
	tap_is(error ? error->text : NULL, text, "%s", what);
	tap_ok(error && error->status == status, "%s: status %d", what, status);
	error_free(error);
}

static void expect_value(int namespace, const char *name, const char *value)
{
	char text[64] = "";

	error_free(sysctl_read(namespace, name, text, sizeof text));
	tap_is(text, value, "%s is %s", name, value);
}

/* Writes into a file that was opened below DIRECTORY. */
static struct error *write_below(int directory, const char *name, const char *text)
{
	int fd = -1;
	struct error *error = sysctl_open_below(directory, name, O_WRONLY, &fd);

	if (!error && write(fd, text, strlen(text)) < 0)
		error = error_new(STATUS_UNABLE, errno, "%s", name);
	if (fd >= 0)
		close(fd);
	return error;
}

/* Names that lead elsewhere; no file is opened for them. */
static void foreign_names(void)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
		{ "kernel.printk",
			"kernel.printk is not below net.: nothing else belongs to a network namespace" },
		{ "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/ip_forward is not below net.: nothing "
						   "else belongs to a network namespace" },
		{ "../kernel/printk",
			"../kernel/printk is not below net.: nothing else belongs to a network namespace" },
		{ "network.ipv4",
			"network.ipv4 is not below net.: nothing else belongs to a network namespace" },
		{ "net", "net is not below net.: nothing else belongs to a network namespace" },
		{ "", " is not below net.: nothing else belongs to a network namespace" },
		{ "net.", "net. is no name of a sysctl" },
		{ "net/../kernel/printk", "net/../kernel/printk is no name of a sysctl" },
		{ "net.//.kernel.printk", "net.//.kernel.printk is no name of a sysctl" },
		{ "net/ipv4/./ip_forward", "net/ipv4/./ip_forward is no name of a sysctl" },
		{ "net.ipv4..ip_forward", "net.ipv4..ip_forward is no name of a sysctl" },
		{ "net/ipv4/ip_forward/", "net/ipv4/ip_forward/ is no name of a sysctl" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		expect_error(write_below(-1, rows[i].name, "1"), STATUS_WRONG, rows[i].text,
			rows[i].name[0] ? rows[i].name : "no name");
}

/* The kernel's own guard, tried on a directory with links in it. */
static void links(void)
{
	char path[] = "/tmp/tunlab-sysctl-XXXXXX", text[2] = "";
	int directory, file;

	if (!mkdtemp(path)) {
		tap_skip("no directory can be made in /tmp");
		return;
	}
	directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	file = openat(directory, "plain", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	tap_ok(symlinkat("plain", directory, "link") == 0 && symlinkat("/", directory, "root") == 0,
		"links are made");
	expect(write_below(directory, "net.plain", "1"), "a plain file is written");
	expect_error(write_below(directory, "net.link", "2"), STATUS_WRONG,
		"net.link may not be opened in a network namespace: Too many levels of symbolic links",
		"a link is not");
	expect_error(write_below(directory, "net.root.dev.null", "2"), STATUS_WRONG,
		"net.root.dev.null may not be opened in a network namespace: Too many levels of symbolic "
		"links",
		"nor is a way through one");
	tap_ok(pread(file, text, 1, 0) == 1 && !strcmp(text, "1"), "what the link leads to is untouched");
	close(file);
	unlinkat(directory, "plain", 0);
	unlinkat(directory, "link", 0);
	unlinkat(directory, "root", 0);
	close(directory);
	rmdir(path);
}

static void values(int namespace)
{
	char text[8];

	expect(sysctl_write(namespace, "net.ipv4.ip_forward", "1"), "a value is set");
	expect_value(namespace, "net.ipv4.ip_forward", "1");
	expect_value(namespace, "net/ipv4/conf/all/forwarding", "1");
	expect(sysctl_write(namespace, "net.ipv4.tcp_wmem", "4096 8192 16384"), "one of several numbers");
	expect_value(namespace, "net.ipv4.tcp_wmem", "4096 8192 16384");
	expect_error(sysctl_read(namespace, "net.ipv4.tcp_wmem", text, sizeof text), STATUS_UNABLE,
		"the value of net.ipv4.tcp_wmem is longer than 7 bytes", "a value too long for its reader");
	expect_error(sysctl_write(namespace, "net.ipv4.ip_forward", "abc"), STATUS_WRONG,
		"net.ipv4.ip_forward cannot be set to \"abc\": Invalid argument", "a value that is none");
	expect_error(sysctl_write(namespace, "net.ipv4.ip_forward", ""), STATUS_WRONG,
		"net.ipv4.ip_forward cannot be set to \"\": Invalid argument", "no value at all");
}

static void foreign_files(int namespace)
{
	expect_error(sysctl_write(namespace, "net.ipv4.nosuch", "1"), STATUS_WRONG,
		"net.ipv4.nosuch is not a sysctl of a network namespace on this kernel", "an unknown name");
	expect_error(sysctl_write(namespace, "net.core.netdev_max_backlog", "1"), STATUS_WRONG,
		"net.core.netdev_max_backlog is not a sysctl of a network namespace on this kernel",
		"one of the initial namespace only");
	expect_error(sysctl_write(namespace, "net.ipv4.conf", "1"), STATUS_WRONG,
		"net.ipv4.conf is not a sysctl of a network namespace on this kernel", "a directory");
	expect_error(sysctl_write(namespace, "net.ipv4.conf.all.mc_forwarding", "1"), STATUS_WRONG,
		"net.ipv4.conf.all.mc_forwarding may not be opened in a network namespace: Permission denied",
		"one that is only read");
}

/* A device's name with a dot in it. */
static void dots(int namespace)
{
	int fd = -1;
	struct error *error = tun_make(&(struct tun) { .name = "a.b", .flags = IFF_TUN | IFF_NO_PI }, &fd);

	if (error) {
		tap_skip("%s", error->text);
		error_free(error);
		return;
	}
	expect(sysctl_write(namespace, "net.ipv4.conf.a/b.rp_filter", "1"), "a dot written as a slash");
	expect_value(namespace, "net/ipv4/conf/a.b/rp_filter", "1");
	expect(sysctl_write(namespace, "net/ipv4/conf/a.b/rp_filter", "2"), "a dot in a name with slashes");
	expect_value(namespace, "net.ipv4.conf.a/b.rp_filter", "2");
	close(fd);
}

/* Seen from another namespace; a * as the only part would mean all that the kernel has. */
static void globs(int namespace)
{
	static const char *const but[] = { "ipv4/conf/lo/arp_filter" };
	int second = -1;

	expect(netns_new(&second), "a namespace to look from");
	expect(sysctl_write_glob(namespace, "ipv4/conf/*/arp_filter", but, 1, "1"), "a glob");
	expect_value(namespace, "net.ipv4.conf.all.arp_filter", "1");
	expect_value(second, "net.ipv4.conf.all.arp_filter", "0");
	expect(sysctl_write(namespace, "net.ipv4.conf.lo.arp_filter", "0"), "one is set");
	expect(sysctl_write_glob(namespace, "ipv4/conf/[ad]*/arp_filter", NULL, 0, "0"), "another glob");
	expect_value(namespace, "net.ipv4.conf.default.arp_filter", "0");
	expect(sysctl_write_glob(namespace, "ipv4/conf/*/arp_filter", but, 1, "1"), "again");
	expect_value(namespace, "net.ipv4.conf.lo.arp_filter", "0");
	expect_error(sysctl_write_glob(namespace, "ipv4/con?", NULL, 0, "1"), STATUS_WRONG,
		"net.ipv4.con? matches no sysctl of this namespace", "one that matches a directory only");
	expect_error(sysctl_write_glob(namespace, "[.][.]/kernel/ostyp?", NULL, 0, "1"), STATUS_WRONG,
		"net.[/][/].kernel.ostyp? matches no sysctl of this namespace", "one that would lead up");
	expect_error(sysctl_write_glob(namespace, "../kernel/ostyp?", NULL, 0, "1"), STATUS_WRONG,
		"net.//.kernel.ostype is no name of a sysctl", "one that does lead up");
	close(second);
}

/* Of two namespaces, the one that was opened is meant, wherever the thread is; and there it stays. */
static void switching(int first)
{
	int second = -1, here = -1;
	struct stat left = { 0 }, right = { 0 };

	expect(netns_new(&second), "another namespace is made");
	expect(sysctl_write(first, "net.ipv4.ip_default_ttl", "33"),
		"a value is set in the first, from the second");
	expect(sysctl_write(first, "net.ipv6.conf.all.hop_limit", "34"), "and one of IPv6");
	expect_value(first, "net.ipv4.ip_default_ttl", "33");
	expect_value(second, "net.ipv4.ip_default_ttl", "64");
	expect_value(first, "net.ipv6.conf.all.hop_limit", "34");
	expect_value(second, "net.ipv6.conf.all.hop_limit", "64");
	expect(netns_self(&here), "where the thread is");
	tap_ok(!fstat(here, &left) && !fstat(second, &right) && left.st_ino == right.st_ino,
		"it is where it was");
	close(here);
	close(second);
}

int main(void)
{
	struct error *error = capability_check();
	int namespace = -1;

	foreign_names();
	links();
	if (error) {
		tap_skip("%s", error->text);
		error_free(error);
		return tap_done();
	}
	expect(netns_new(&namespace), "a namespace is made");
	close(namespace);
	expect(netns_self(&namespace), "its sysctls are opened");
	if (namespace >= 0) {
		values(namespace);
		foreign_files(namespace);
		dots(namespace);
		globs(namespace);
		switching(namespace);
	}
	close(namespace);
	return tap_done();
}
