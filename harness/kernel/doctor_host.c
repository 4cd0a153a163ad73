/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be looked at where tunlab stands. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kernel/capability.h"
#include "kernel/doctor.h"
#include "kernel/module.h"
#include "kernel/netns.h"
#include "kernel/nft.h"
#include "kernel/packet.h"
#include "kernel/relay.h"
#include "kernel/trial.h"

static const char tun_node[] = "/dev/net/tun";

static struct finding check_kernel(struct machine *machine, const struct check *check)
{
	struct utsname kernel;

	(void)check;
	if (uname(&kernel))
		return finding_lacks(machine, NULL, "uname: %s", strerror(errno));
	return finding_ok(machine, "%s %s, %s", kernel.sysname, kernel.release, kernel.machine);
}

static struct finding check_capability(struct machine *machine, const struct check *check)
{
	if (capability_has(check->capability))
		return finding_ok(machine, "in effect");
	if (geteuid() == 0)
		return finding_lacks(machine,
			arena_printf(
				machine->arena, "start the container with --cap-add=%s", check->name + 4),
			"not in effect, though the user is root");
	return finding_lacks(
		machine, "sudo tunlab run LAB, or as \"user namespaces\" below says", "not in effect");
}

static bool tun_may_be_opened(void)
{
	return faccessat(AT_FDCWD, tun_node, R_OK | W_OK, AT_EACCESS) == 0;
}

/* Where the driver is there, opening the node makes nothing; a container may refuse it all the same. */
static int tun_open_error(void)
{
	int fd = open(tun_node, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static struct finding check_tun(struct machine *machine, const struct check *check)
{
	struct stat node;
	const char *module;
	bool loaded = tun_is_loaded();
	int number;

	(void)check;
	if (stat(tun_node, &node))
		return finding_lacks(machine,
			loaded ? "mkdir -p /dev/net && mknod -m 666 /dev/net/tun c 10 200" : "modprobe tun",
			"%s", strerror(errno));
	if (!loaded && module_look(machine->arena, "devname:net/tun", &module) == MODULE_SETTLED)
		return finding_lacks(machine, "modprobe tun, or a kernel with CONFIG_TUN",
			"the kernel has no TUN devices");
	number = loaded ? tun_open_error() : tun_may_be_opened() ? 0 : EACCES;
	if (number == EPERM)
		return finding_lacks(machine, "start the container with --device=/dev/net/tun",
			"may not be opened: %s", strerror(number));
	if (number)
		return finding_lacks(machine, "chmod 0666 /dev/net/tun, or sudo tunlab run LAB",
			"mode %04o, cannot be opened: %s", node.st_mode & 07777, strerror(number));
	if (!loaded)
		return finding_note(machine, NULL, "mode %04o; a lab makes the kernel load the module tun",
			node.st_mode & 07777);
	return finding_ok(machine, "mode %04o, can be opened", node.st_mode & 07777);
}

enum { USER_HAS_TUN = 0, USER_HAS_NO_TUN, USER_HAS_NO_NAMESPACE };

static int look_as_user(void *context)
{
	struct error *error;
	int fd;

	(void)context;
	error = netns_new(&fd);
	error_free(error);
	if (error)
		return USER_HAS_NO_NAMESPACE;
	return tun_may_be_opened() ? USER_HAS_TUN : USER_HAS_NO_TUN;
}

/* The profile of AppArmor, or another's label, that tunlab runs under; "" where there is none. */
static const char *confinement(struct arena *arena)
{
	FILE *file = fopen("/proc/self/attr/current", "re");
	char label[128] = "";

	if (file && !fgets(label, sizeof label, file))
		label[0] = '\0';
	if (file)
		fclose(file);
	label[strcspn(label, "\n")] = '\0';
	if (!label[0] || !strcmp(label, "unconfined"))
		return "";
	return arena_printf(arena, " (under the profile %s)", label);
}

/* Why an ordinary user gets no user namespace, or no power in it, and what mends that. */
static struct finding userns_refused(struct machine *machine)
{
	static const struct {
		const char *path;
		long refuses;
		const char *why, *remedy;
	} switches[] = {
		{ "/proc/sys/user/max_user_namespaces", 0, "none may be made",
			"sysctl -w user.max_user_namespaces=10000" },
		{ "/proc/sys/kernel/unprivileged_userns_clone", 0, "only root may make them",
			"sysctl -w kernel.unprivileged_userns_clone=1" },
		{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1,
			"AppArmor withholds capabilities in them",
			"sysctl -w kernel.apparmor_restrict_unprivileged_userns=0" },
	};

	for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
		if (sysctl_number(switches[i].path, -1) == switches[i].refuses)
			return finding_note(
				machine, switches[i].remedy, "not for ordinary users: %s", switches[i].why);
	return finding_note(machine,
		"see dmesg; a container's seccomp profile, a chroot or the kernel's configuration "
		"forbids them",
		"not for ordinary users%s", confinement(machine->arena));
}

static struct finding check_user_namespaces(struct machine *machine, const struct check *check)
{
	(void)check;
	switch (trial_as_ordinary_user(look_as_user, NULL)) {
	case USER_HAS_TUN:
		return finding_ok(machine, "ordinary users can run labs with: unshare -Urn tunlab run LAB");
	case USER_HAS_NO_TUN:
		return finding_note(machine, "chmod 0666 /dev/net/tun",
			"ordinary users can make them, but cannot open /dev/net/tun there");
	case TRIAL_BROKEN: return finding_note(machine, NULL, "the process that tried them was killed");
	}
	return userns_refused(machine);
}

/* What the kernel may have loaded, or would load when asked. THERE: a file of /proc that it then has. */
static struct finding check_family(
	struct machine *machine, const char *there, const char *alias, const char *use, const char *remedy)
{
	const char *module = "";

	if (access(there, F_OK) == 0)
		return finding_ok(machine, "in the kernel");
	switch (module_look(machine->arena, alias, &module)) {
	case MODULE_TO_LOAD:
		return finding_note(machine, NULL, "%s makes the kernel load the module %s", use, module);
	case MODULE_UNKNOWN:
		return finding_note(
			machine, NULL, "not in the kernel yet; %s may make it load a module", use);
	case MODULE_SETTLED: break;
	}
	return finding_note(machine, remedy, "not in the kernel; %s fails, or is skipped", use);
}

static struct finding check_ipv6(struct machine *machine, const struct check *check)
{
	(void)check;
	return check_family(machine, "/proc/net/if_inet6", "net-pf-10", "a lab that uses it",
		"boot without ipv6.disable=1");
}

static struct finding check_packet_sockets(struct machine *machine, const struct check *check)
{
	(void)check;
	return check_family(machine, "/proc/net/packet", "net-pf-17", "a step with \"packets\"",
		"a kernel with CONFIG_PACKET");
}

/* It is started, spoken to and ended. */
static struct finding check_relay(struct machine *machine, const struct check *check)
{
	struct relay *relay = NULL;
	struct error *error = relay_start(-1, &relay), *left;

	(void)check;
	if (!error)
		error = relay_barrier(relay);
	left = relay_stop(relay);
	if (!error)
		error = left;
	else
		error_free(left);
	if (!error)
		return finding_ok(machine, "tunlab-relay starts and answers");
	return finding_from(machine, error, "make, or make install");
}

static struct finding check_landlock(struct machine *machine, const struct check *check)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	(void)check;
	if (version > 0)
		return finding_ok(machine, "version %ld: takes files from the relay", version);
	return finding_note(machine, "Linux 5.13, started with lsm=landlock,...",
		"not here: of the relay's cage, the filter of system calls is left");
}

static struct finding check_libpcap(struct machine *machine, const struct check *check)
{
	struct filter filter;
	const char *wrong = filter_compile(machine->arena, "icmp", false, &filter);

	(void)check;
	if (wrong)
		return finding_note(machine, NULL, "labs with \"packets\" are refused: %s", wrong);
	return finding_ok(machine, "compiles the filters in \"packets\"");
}

static struct finding check_libnftables(struct machine *machine, const struct check *check)
{
	(void)check;
	if (nft_is_here())
		return finding_ok(machine, "reads the rulesets in \"nft\"");
	return finding_note(machine, "apt-get install libnftables1 (elsewhere: nftables)",
		"not here, labs with \"nft\" are skipped");
}

static struct finding check_open_files(struct machine *machine, const struct check *check)
{
	enum { AMPLE = 1024 };
	struct rlimit limit;

	(void)check;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return finding_note(machine, NULL, "%s", strerror(errno));
	if (limit.rlim_max < AMPLE)
		return finding_note(machine, "ulimit -n 65536, as root",
			"at most %llu, too few for labs of many namespaces",
			(unsigned long long)limit.rlim_max);
	return finding_ok(machine, "at most %llu", (unsigned long long)limit.rlim_max);
}

const struct check checks_on_host[] = {
	{ "kernel", check_kernel, 0 },
	{ "CAP_SYS_ADMIN", check_capability, CAP_SYS_ADMIN },
	{ "CAP_NET_ADMIN", check_capability, CAP_NET_ADMIN },
	{ "CAP_NET_RAW", check_capability, CAP_NET_RAW },
	{ tun_node, check_tun, 0 },
	{ "user namespaces", check_user_namespaces, 0 },
	{ "IPv6", check_ipv6, 0 },
	{ "packet sockets", check_packet_sockets, 0 },
	{ "relay", check_relay, 0 },
	{ "Landlock", check_landlock, 0 },
	{ "libpcap", check_libpcap, 0 },
	{ "libnftables", check_libnftables, 0 },
	{ "open files", check_open_files, 0 },
	{ 0 },
};
