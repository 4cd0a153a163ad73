/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/cage_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "forwarder/sanitized.h"

#if SANITIZED
#include <sanitizer/common_interface_defs.h>
#endif

/* What an argument of a call has to be, as a number without a sign. */
enum check { ANY, EQUAL, AT_MOST, WITHOUT /* the bits */ };

/*
 * All that the relay calls when its cage is closed. What it does for each packet is judged by its number
 * alone: of that the kernel keeps the verdict, and does not run the filter. A call that this architecture has
 * not is left out by libseccomp.
 */
static const struct call {
	int number;
	enum check check;
	unsigned argument; /* from 0 */
	scmp_datum_t value;
} calls[] = {
	/* Packets, captures, standard error. */
	{ SCMP_SYS(read), ANY, 0, 0 },
	{ SCMP_SYS(readv), ANY, 0, 0 },
	{ SCMP_SYS(write), ANY, 0, 0 },
	{ SCMP_SYS(writev), ANY, 0, 0 },

	/* Waiting. The kernel itself makes the last of them, where a stop interrupted another. */
	{ SCMP_SYS(epoll_wait), ANY, 0, 0 },
	{ SCMP_SYS(epoll_pwait), ANY, 0, 0 },
	{ SCMP_SYS(epoll_pwait2), ANY, 0, 0 },
	{ SCMP_SYS(epoll_ctl), ANY, 0, 0 },
	{ SCMP_SYS(sched_yield), ANY, 0, 0 },
	{ SCMP_SYS(restart_syscall), ANY, 0, 0 },

	/* The time, where it cannot be read without the kernel; and how long others had the processor. */
	{ SCMP_SYS(clock_gettime), AT_MOST, 0, CLOCK_MONOTONIC },
	{ SCMP_SYS(clock_gettime64), AT_MOST, 0, CLOCK_MONOTONIC },
	{ SCMP_SYS(pread64), ANY, 0, 0 },

	/* The control socket. */
	{ SCMP_SYS(recvmsg), EQUAL, 0, RELAY_CONTROL_FD },
	{ SCMP_SYS(sendto), EQUAL, 0, RELAY_CONTROL_FD },
	{ SCMP_SYS(send), EQUAL, 0, RELAY_CONTROL_FD },

	/* What arrives there: memory, of which the size is asked, and ports, which are not to block. */
	{ SCMP_SYS(lseek), ANY, 0, 0 },
	{ SCMP_SYS(_llseek), ANY, 0, 0 },
	{ SCMP_SYS(fcntl), EQUAL, 1, F_GETFL },
	{ SCMP_SYS(fcntl), EQUAL, 1, F_SETFL },
	{ SCMP_SYS(fcntl64), EQUAL, 1, F_GETFL },
	{ SCMP_SYS(fcntl64), EQUAL, 1, F_SETFL },
	{ SCMP_SYS(close), ANY, 0, 0 },

	/* Memory, none of which can be executed. */
	{ SCMP_SYS(brk), ANY, 0, 0 },
	{ SCMP_SYS(mmap), WITHOUT, 2, PROT_EXEC },
	{ SCMP_SYS(mmap2), WITHOUT, 2, PROT_EXEC },
	{ SCMP_SYS(mremap), EQUAL, 3, MREMAP_MAYMOVE },
	{ SCMP_SYS(munmap), ANY, 0, 0 },

	/* The end. */
	{ SCMP_SYS(exit_group), ANY, 0, 0 },

#if SANITIZED
	/* What sanitizers do at the end, and for a report. */
	{ SCMP_SYS(sigaltstack), ANY, 0, 0 },
	{ SCMP_SYS(futex), ANY, 0, 0 },
	{ SCMP_SYS(getpid), ANY, 0, 0 },
	{ SCMP_SYS(gettid), ANY, 0, 0 },
	{ SCMP_SYS(madvise), ANY, 0, 0 },
#endif
};

#if SANITIZED
/* What fails, so that a sanitizer's report goes on, with numbers for names. */
static const int failing[] = {
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(stat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(ioctl),
	SCMP_SYS(pipe2),
	SCMP_SYS(fork),
	SCMP_SYS(clone),
};

/* Returns as build() does. */
static int add_failing(scmp_filter_ctx filter)
{
	int wrong = 0;

	for (size_t i = 0; !wrong && i < sizeof(failing) / sizeof(failing[0]); i++)
		wrong = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), failing[i], 0);
	return wrong;
}
#else
static int add_failing(scmp_filter_ctx filter)
{
	(void)filter;
	return 0;
}
#endif

static struct relay_memory *const *shared;
static uint32_t native; /* the program's architecture */

/* Digits at the end of ROOM, of SIZE bytes. Returns where they begin. */
static const char *print_number(char *room, size_t size, unsigned number)
{
	char *digit = &room[size - 1];

	*digit = '\0';
	do
		*--digit = (char)('0' + number % 10);
	while (number /= 10);
	return digit;
}

/* The name of a call; of one of another architecture, which numbers them otherwise, its number. */
static const char *find_name(const siginfo_t *info, char *room, size_t size)
{
	if (info->si_arch != native)
		return print_number(room, size, (unsigned)info->si_syscall);
	for (const struct call_name *call = call_names; call->name; call++) {
		if (call->number == info->si_syscall)
			return call->name;
	}
	return print_number(room, size, (unsigned)info->si_syscall);
}

/* What the signal of a forbidden call does. It may come at any moment, so it uses nothing but memory of its
 * own and calls that are allowed. */
static void refuse(int signal, siginfo_t *info, void *context)
{
	static const char start[] = "tunlab-relay: forbidden call ";
	char line[128], room[12], *name = stpcpy(line, start), *end;

	(void)signal;
	(void)context;
	end = stpcpy(
		name, find_name(info, room, sizeof(room))); /* the longest in Linux 6.18 has 23 letters */
	if (*shared)
		strncpy((*shared)->forbidden, name, sizeof((*shared)->forbidden) - 1);
	*end++ = '\n';
	/* What standard error does not take is lost. */
	if (write(STDERR_FILENO, line, (size_t)(end - line)) < 0)
		errno = 0;
	/* One more, while its signal is blocked: the kernel ends the process by it. */
	syscall(SYS_getppid);
	_exit(1);
}

static bool catch_signal(void)
{
	struct sigaction action = { .sa_sigaction = refuse, .sa_flags = SA_SIGINFO };
	sigset_t none;

	return sigemptyset(&none) == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
	       sigaction(SIGSYS, &action, NULL) == 0;
}

static int allow(scmp_filter_ctx filter, const struct call *call)
{
	struct scmp_arg_cmp check = { .arg = call->argument, .datum_a = call->value };

	switch (call->check) {
	case ANY: break;
	case EQUAL: check.op = SCMP_CMP_EQ; break;
	case AT_MOST: check.op = SCMP_CMP_LE; break;
	case WITHOUT:
		check.op = SCMP_CMP_MASKED_EQ; /* with datum_b, which is 0 */
		break;
	}
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call->number, call->check != ANY, &check);
}

/* Returns 0, or an error's number below 0. The relay runs no code of others, so it needs none of what the
 * processor can do against it, which takes time. */
static int build(scmp_filter_ctx filter)
{
	int wrong = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_TRAP);

	if (!wrong)
		wrong = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (!wrong)
		wrong = seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
	for (size_t i = 0; !wrong && i < sizeof(calls) / sizeof(calls[0]); i++)
		wrong = allow(filter, &calls[i]);
	return wrong ? wrong : add_failing(filter);
}

bool cage_calls(struct relay_memory *const *memory)
{
	scmp_filter_ctx filter;
	int wrong;

	shared = memory;
	native = seccomp_arch_native();
#if SANITIZED
	/* So that a report can name places as long as files can be read. */
	__sanitizer_sandbox_on_notify(&(__sanitizer_sandbox_arguments) { 0 });
#endif
	if (!catch_signal())
		return false;
	filter = seccomp_init(SCMP_ACT_TRAP);
	if (!filter) {
		errno = ENOMEM;
		return false;
	}
	wrong = build(filter);
	if (!wrong)
		wrong = seccomp_load(filter);
	seccomp_release(filter);
	errno = -wrong;
	return !wrong;
}
