/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TUN and TAP devices, in a namespace that the test makes. */
#include "kernel/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kernel/capability.h"
#include "kernel/netns.h"
#include "kernel/rtnl.h"
#include "tests/unit/tap.h"

static void expect(struct error *error, const char *what)
{
	tap_is(error ? error->text : NULL, NULL, "%s", what);
	error_free(error);
}

static void expect_error(const char *name, uint16_t flags, const char *text)
{
	int fd = 99;
	struct error *error = tun_make(&(struct tun) { .name = name, .flags = flags }, &fd);

	tap_is(error ? error->text : NULL, text, "the name \"%s\" is refused", name);
	tap_ok(error && error->status == STATUS_WRONG && fd == -1, "and nothing is open");
	error_free(error);
}

static void devices(struct rtnl *rtnl)
{
	struct ifreq seen = { 0 };
	const struct tun tun = { .name = "tun0", .flags = IFF_TUN | IFF_NO_PI };
	char byte;
	int fd = -1;

	expect(tun_make(&tun, &fd), "a TUN is made");
	tap_ok(ioctl(fd, TUNGETIFF, &seen) == 0 && !strcmp(seen.ifr_name, "tun0"), "named tun0 (%s)",
		seen.ifr_name);
	tap_ok((seen.ifr_flags & (IFF_TUN | IFF_NO_PI | IFF_PERSIST)) == (IFF_TUN | IFF_NO_PI | IFF_PERSIST),
		"with its flags, persistent");
	tap_ok(read(fd, &byte, 1) == -1 && errno == EAGAIN, "and read without waiting");
	tap_ok((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "and closed on exec");
	expect_error("tun0", IFF_TUN | IFF_NO_PI,
		"cannot make the device tun0: the name is taken: Device or resource busy");
	close(fd);
	tap_ok(rtnl_index(rtnl, "tun0") != 0, "it outlives its descriptor");
	expect_error("tun0", IFF_TUN | IFF_NO_PI,
		"cannot make the device tun0: the name is taken: Device or resource busy");
	expect(tun_open(&tun, &fd), "it is opened again");
	close(fd);
}

static bool is_attached(int fd)
{
	struct ifreq seen = { 0 };

	return ioctl(fd, TUNGETIFF, &seen) == 0 && !(seen.ifr_flags & IFF_DETACH_QUEUE);
}

static void queues(void)
{
	const struct tun tap = { .name = "tap0", .flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE },
			 plain = { .name = "tun0", .flags = IFF_TUN | IFF_NO_PI };
	struct error *error;
	int fd = -1, queue = -1, other = -1;

	expect(tun_make(&tap, &fd), "a TAP is made");
	expect(tun_add_queue(&tap, &queue), "a second queue is opened");
	tap_ok(is_attached(queue), "and takes packets");
	expect(tun_detach(&tap, queue, true), "it is detached");
	tap_ok(!is_attached(queue) && is_attached(fd), "and takes none, unlike the first");
	error = tun_detach(&tap, queue, true);
	tap_is(error ? error->text : NULL, "cannot detach a queue of the device tap0: Invalid argument",
		"but once only");
	error_free(error);
	expect(tun_detach(&tap, queue, false), "it is attached");
	tap_ok(is_attached(queue), "and takes packets");
	close(queue);
	close(fd);

	expect(tun_open(&plain, &fd), "a device with one queue");
	error = tun_open(&plain, &other);
	tap_is(error ? error->text : NULL,
		"cannot open the device tun0: another program has it open: Device or resource busy",
		"is not opened twice");
	error_free(error);
	error = tun_add_queue(&plain, &other);
	tap_ok(error && error->number == EBUSY && other == -1, "and gets no second queue");
	error_free(error);
	close(fd);
}

static void owners(struct rtnl *rtnl)
{
	const struct tun owned = { .name = "owned",
		.flags = IFF_TUN | IFF_NO_PI,
		.owned = true,
		.owner = 0,
		.grouped = true,
		.group = 4294967295 };
	struct tun fleeting = { .name = "fleeting", .flags = IFF_TUN | IFF_NO_PI, .vanishes = true };
	struct error *error;
	int fd = -1;

	error = tun_make(&owned, &fd);
	tap_is(error ? error->text : NULL,
		"cannot give the device owned to group 4294967295, which is none here (see "
		"/proc/self/uid_map and gid_map): Invalid argument",
		"a group that is none is refused");
	tap_ok(fd == -1, "and nothing is open");
	error_free(error);
	expect(tun_make(&fleeting, &fd), "one that does not persist");
	close(fd);
	rtnl_forget(rtnl);
	tap_ok(rtnl_index(rtnl, "fleeting") == 0, "goes with its descriptor");
	expect(tun_make(&fleeting, &fd), "another");
	expect(tun_keep(&fleeting, fd), "that is kept");
	close(fd);
	rtnl_forget(rtnl);
	tap_ok(rtnl_index(rtnl, "fleeting") != 0, "stays");
}

static void names(struct rtnl *rtnl)
{
	expect_error("t%d", IFF_TUN | IFF_NO_PI, "the device t%d came to be named t0");
	rtnl_forget(rtnl);
	tap_ok(rtnl_index(rtnl, "t0") == 0, "and is not left");
	expect_error("a/b", IFF_TUN | IFF_NO_PI, "cannot make the device a/b: Invalid argument");
	expect_error("", IFF_TUN | IFF_NO_PI, "the device name \"\" has not 1 to 15 bytes");
	expect_error("sixteen-bytes-ab", IFF_TUN | IFF_NO_PI,
		"the device name \"sixteen-bytes-ab\" has not 1 to 15 bytes");
}

int main(void)
{
	struct error *error = capability_check();
	struct rtnl *rtnl = NULL;
	int namespace = -1;

	if (!error && access("/dev/net/tun", R_OK | W_OK))
		error = error_new(STATUS_UNABLE, errno, "/dev/net/tun");
	if (error) {
		tap_skip("%s", error->text);
		error_free(error);
		return tap_done();
	}
	expect(netns_new(&namespace), "a namespace is made");
	expect(rtnl_open(&rtnl), "a socket is opened in it");
	if (rtnl) {
		devices(rtnl);
		queues();
		owners(rtnl);
		names(rtnl);
	}
	rtnl_close(rtnl);
	close(namespace);
	return tap_done();
}
