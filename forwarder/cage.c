/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/cage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "forwarder/cage_calls.h"
#include "forwarder/cage_landlock.h"
#include "forwarder/protocol.h"

/* If standard error were closed, the next descriptor would take its place, and a message would be sent as a
 * packet. */
static bool keep_standard_error(void)
{
	int null;

	if (fcntl(STDERR_FILENO, F_GETFD) >= 0)
		return true;
	null = open("/dev/null", O_WRONLY);
	return null >= 0 && dup2(null, STDERR_FILENO) >= 0;
}

static bool close_between(unsigned first, unsigned last)
{
	return syscall(SYS_close_range, first, last, 0) == 0;
}

static bool close_others(void)
{
	return close_between(0, STDERR_FILENO - 1) && close_between(RELAY_CONTROL_FD + 1, ~0U);
}

static bool ignore_signals(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
		if (signal(ignored[i], SIG_IGN) == SIG_ERR)
			return false;
	}
	return true;
}

static bool gain_nothing(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* The first number beyond the kernel's last capability is EINVAL; without CAP_SETPCAP, any is EPERM. */
static bool empty_bounding_set(void)
{
	cap_value_t capability = 0;

	while (cap_drop_bound(capability) == 0)
		capability++;
	return errno == EINVAL || errno == EPERM;
}

static bool empty_ambient_set(void)
{
	return cap_reset_ambient() == 0;
}

/* Permitted, effective and inheritable. */
static bool drop_capabilities(void)
{
	cap_t none = cap_init();
	bool done = none && cap_set_proc(none) == 0;

	cap_free(none);
	return done;
}

static bool hide(void)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

/* A change of credentials may undo this, so it comes after them. A harness that died before has closed the
 * control socket, which ends the relay as well. */
static bool die_with_parent(void)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}

/*
 * What the relay never needs. Others it does need: descriptors arrive as long as it lives (RLIMIT_NOFILE), a
 * capture or standard error may be a file that grows (RLIMIT_FSIZE), and what is under way takes the memory
 * that forwarder/transit.c has set aside for it (RLIMIT_DATA).
 */
static bool limit_resources(void)
{
	static const int resources[] = { RLIMIT_CORE, RLIMIT_NPROC, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE };
	static const struct rlimit none = { 0, 0 };

	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
		if (setrlimit((__rlimit_resource_t)resources[i], &none) < 0)
			return false;
	}
	return true;
}

struct step {
	const char *name;
	bool (*take)(void);
};

/* In this order. */
static const struct step first[] = {
	{ "standard error", keep_standard_error },
	{ "close_range", close_others },
	{ "ignored signals", ignore_signals },
	{ "PR_SET_NO_NEW_PRIVS", gain_nothing },
	{ "bounding set", empty_bounding_set },
	{ "ambient set", empty_ambient_set },
	{ "capabilities", drop_capabilities },
	{ "PR_SET_DUMPABLE", hide },
	{ "PR_SET_PDEATHSIG", die_with_parent },
	{ NULL, NULL },
};

/* When everything is open. The filter of system calls, which is the last, allows none of these. */
static const struct step second[] = {
	{ "Landlock", cage_landlock },
	{ "resource limits", limit_resources },
	{ NULL, NULL },
};

static const char *take(const struct step *steps)
{
	while (steps->take && steps->take())
		steps++;
	return steps->name;
}

const char *cage_enter(void)
{
	return take(first);
}

const char *cage_close(struct relay_memory *const *memory)
{
	const char *failed = take(second);

	if (!failed && !cage_calls(memory))
		failed = "seccomp";
	return failed;
}
