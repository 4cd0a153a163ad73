/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/tun.h"

#include <errno.h>
#include <fcntl.h>
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
static struct error *attach_error(const char *name, int number)
{
	switch (number) {
	case EBUSY:
	case EEXIST:
		return error_new(STATUS_WRONG, number, "cannot make the device %s: the name is taken", name);
	case EINVAL: return error_new(STATUS_WRONG, number, "cannot make the device %s", name);
	case EPERM:
		return error_new(STATUS_UNABLE, number,
			"cannot make the device %s (CAP_NET_ADMIN is needed in its namespace: run tunlab as "
			"root, or "
			"inside `unshare -Urn`)",
			name);
	default: return error_new(STATUS_UNABLE, number, "cannot make the device %s", name);
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

static struct error *attach(int fd, const char *name, uint16_t flags)
{
	struct ifreq request = { .ifr_flags = (short)flags };

	/* An existing device would be attached to, not made; a queue of it is what IFF_MULTI_QUEUE may ask
	 * for. */
	if (!(flags & IFF_MULTI_QUEUE))
		request.ifr_flags = (short)(flags | IFF_TUN_EXCL);
	memcpy(request.ifr_name, name, strlen(name) + 1);
	if (ioctl(fd, TUNSETIFF, &request))
		return attach_error(name, errno);
	/* The kernel takes "t%d" as a pattern. */
	if (strncmp(request.ifr_name, name, sizeof request.ifr_name) != 0)
		return error_new(STATUS_WRONG, 0, "the device %s came to be named %.*s", name, IFNAMSIZ,
			request.ifr_name);
	if (ioctl(fd, TUNSETPERSIST, 1UL))
		return error_new(STATUS_UNABLE, errno, "cannot make the device %s persistent", name);
	return flags & IFF_VNET_HDR ? leave_offloads(fd, name) : NULL;
}

struct error *tun_open(const char *name, uint16_t flags, int *fd)
{
	struct error *error;
	size_t length = strlen(name);

	*fd = -1;
	if (length == 0 || length >= IFNAMSIZ)
		return error_new(
			STATUS_WRONG, 0, "the device name \"%s\" has not 1 to %d bytes", name, IFNAMSIZ - 1);
	*fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0)
		return open_error(errno);
	error = attach(*fd, name, flags);
	if (error) {
		close(*fd);
		*fd = -1;
	}
	return error;
}
