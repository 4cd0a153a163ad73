/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20 /* Linux 6.2 */
#define TUN_F_USO6 0x40
#endif

static struct error *open_error(int number)
{
	const char *remedy = "";

	switch (number) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		remedy = " (load the module with `modprobe tun`, or make the node with `mknod /dev/net/tun c "
			 "10 200`)";
		break;
	case EACCES:
	case EPERM: remedy = " (run tunlab as root, or `chmod 0666 /dev/net/tun`)"; break;
	case EMFILE:
		remedy = " (too few file descriptors: raise the limit, as with `ulimit -n 65536`)";
		break;
	default: break;
	}
	return error_new(STATUS_UNABLE, number, "cannot open /dev/net/tun%s", remedy);
}

/* What TUNSETIFF refuses: a lab's mistake (the name is taken, or none), or what the machine lacks. */
static struct error *attach_error(const char *does, const char *name, int number)
{
	switch (number) {
	case EBUSY:
	case EEXIST:
		return error_new(STATUS_WRONG, number, "cannot %s the device %s: %s", does, name,
			strcmp(does, "make") ? "another program has it open" : "the name is taken");
	case EINVAL: return error_new(STATUS_WRONG, number, "cannot %s the device %s", does, name);
	case EPERM:
		return error_new(STATUS_UNABLE, number,
			"cannot %s the device %s (CAP_NET_ADMIN is needed in its namespace: run tunlab as "
			"root, or "
			"inside `unshare -Urn`)",
			does, name);
	default: return error_new(STATUS_UNABLE, number, "cannot %s the device %s", does, name);
	}
}

/* A kernel that knows no segments of datagrams cuts these itself. */
static struct error *leave_offloads(int fd, const char *name)
{
	unsigned long tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
	int size = sizeof(struct virtio_net_hdr);

	if (ioctl(fd, TUNSETVNETHDRSZ, &size))
		return error_new(STATUS_UNABLE, errno, "cannot set the header of the device %s", name);
	if (ioctl(fd, TUNSETOFFLOAD, tcp | TUN_F_USO4 | TUN_F_USO6) && ioctl(fd, TUNSETOFFLOAD, tcp))
		return error_new(STATUS_UNABLE, errno, "cannot set the offloads of the device %s", name);
	return NULL;
}

/* In a user namespace only numbers that are mapped in it are somebody's. */
static struct error *give(int fd, unsigned long request, const char *name, const char *whom, uint32_t number)
{
	if (!ioctl(fd, request, (unsigned long)number))
		return NULL;
	return error_new(errno == EINVAL ? STATUS_WRONG : STATUS_UNABLE, errno,
		"cannot give the device %s to %s %" PRIu32 "%s", name, whom, number,
		errno == EINVAL ? ", which is none here (see /proc/self/uid_map and gid_map)" : "");
}

static struct error *settle(const struct tun *tun, int fd)
{
	struct error *error = tun->vanishes ? NULL : tun_keep(tun, fd);

	if (!error && tun->owned)
		error = give(fd, TUNSETOWNER, tun->name, "user", tun->owner);
	if (!error && tun->grouped)
		error = give(fd, TUNSETGROUP, tun->name, "group", tun->group);
	return error || !(tun->flags & IFF_VNET_HDR) ? error : leave_offloads(fd, tun->name);
}

/* DOES says it in a word for errors; EXCLUSIVE is IFF_TUN_EXCL: what exists is not attached to. */
static struct error *attach(const struct tun *tun, int fd, const char *does, int exclusive)
{
	struct ifreq request = { .ifr_flags = (short)(tun->flags | exclusive) };

	memcpy(request.ifr_name, tun->name, strlen(tun->name) + 1);
	if (ioctl(fd, TUNSETIFF, &request))
		return attach_error(does, tun->name, errno);
	/* The kernel takes "t%d" as a pattern. */
	if (strncmp(request.ifr_name, tun->name, sizeof request.ifr_name) != 0)
		return error_new(STATUS_WRONG, 0, "the device %s came to be named %.*s", tun->name, IFNAMSIZ,
			request.ifr_name);
	return NULL;
}

static struct error *open_queue(const struct tun *tun, const char *does, int exclusive, int *fd)
{
	size_t length = strlen(tun->name);

	*fd = -1;
	if (length == 0 || length >= IFNAMSIZ)
		return error_new(STATUS_WRONG, 0, "the device name \"%s\" has not 1 to %d bytes", tun->name,
			IFNAMSIZ - 1);
	*fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return *fd < 0 ? open_error(errno) : attach(tun, *fd, does, exclusive);
}

static struct error *close_if(struct error *error, int *fd)
{
	if (error && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	return error;
}

struct error *tun_make(const struct tun *tun, int *fd)
{
	struct error *error = open_queue(tun, "make", IFF_TUN_EXCL, fd);

	return close_if(error ? error : settle(tun, *fd), fd);
}

struct error *tun_open(const struct tun *tun, int *fd)
{
	struct error *error = open_queue(tun, "open", 0, fd);

	return close_if(error ? error : settle(tun, *fd), fd);
}

struct error *tun_add_queue(const struct tun *tun, int *fd)
{
	return close_if(open_queue(tun, "open one more queue of", 0, fd), fd);
}

struct error *tun_detach(const struct tun *tun, int fd, bool detached)
{
	struct ifreq request = { .ifr_flags = detached ? IFF_DETACH_QUEUE : IFF_ATTACH_QUEUE };

	if (!ioctl(fd, TUNSETQUEUE, &request))
		return NULL;
	return error_new(STATUS_UNABLE, errno, "cannot %s a queue of the device %s",
		detached ? "detach" : "attach", tun->name);
}

struct error *tun_keep(const struct tun *tun, int fd)
{
	if (!ioctl(fd, TUNSETPERSIST, 1UL))
		return NULL;
	return error_new(STATUS_UNABLE, errno, "cannot make the device %s persistent", tun->name);
}
