/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The closed cage: every system call but the relay's own ends the process and is named, Landlock leaves no
 * file, port or process, and nothing can be locked, dumped or started. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "forwarder/cage.h"
#include "forwarder/cage_calls.h"
#include "forwarder/cage_landlock.h"
#include "forwarder/sanitized.h"
#include "tests/relay/rig.h"
#include "tests/unit/tap.h"

/* What a child in the cage says and shares. */
static struct relay_memory *memory;

struct end {
	int status; /* of waitpid(2) */
	char errors[200];
};

/* A call with its arguments, in the ABI that "enter" says. */
struct trial {
	const char *name; /* as it is reported; NULL: it is allowed */
	const char *what;
	long number;
	long arguments[6];
	long (*enter)(const struct trial *trial); /* NULL: as all are made */
};

static long make_call(const struct trial *trial)
{
	const long *with = trial->arguments;

	if (trial->enter)
		return trial->enter(trial);
	return syscall(trial->number, with[0], with[1], with[2], with[3], with[4], with[5]);
}

#ifdef __x86_64__
/* As a program of 32 bits makes it. */
static long enter_32(const struct trial *trial)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "0"(trial->number)
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}
#endif

/* Ends with 0 where the call came back. */
static _Noreturn void try_caged(const struct trial *trial, int socket, int errors)
{
	static struct relay_memory *known;

	if (dup2(errors, STDERR_FILENO) < 0 ||
		(socket != RELAY_CONTROL_FD && dup2(socket, RELAY_CONTROL_FD) < 0))
		_exit(1);
	if (cage_enter() || cage_close(&known))
		_exit(2);
	known = memory;
	make_call(trial);
	_exit(0);
}

static struct end try(const struct trial *trial)
{
	struct end end = { .status = -1 };
	int sockets[2], errors[2];
	ssize_t length = 0, more;
	pid_t child;

	rig_need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0, "socketpair");
	rig_need(pipe2(errors, O_CLOEXEC) == 0, "pipe");
	memset(memory->forbidden, 0, sizeof(memory->forbidden));
	fflush(stdout);
	child = fork();
	rig_need(child >= 0, "fork");
	if (child == 0)
		try_caged(trial, sockets[1], errors[1]);
	close(sockets[1]);
	close(errors[1]);
	while ((more = read(errors[0], end.errors + length, sizeof(end.errors) - 1 - (size_t)length)) > 0)
		length += more;
	rig_need(waitpid(child, &end.status, 0) == child, "waitpid");
	close(sockets[0]);
	close(errors[0]);
	return end;
}

static bool ended_by_it(const struct end *end)
{
	return WIFSIGNALED(end->status) && WTERMSIG(end->status) == SIGSYS;
}

static bool names(const struct end *end, const char *name)
{
	char line[100];

	snprintf(line, sizeof(line), "tunlab-relay: forbidden call %s\n", name);
	return !strcmp(end->errors, line) && !strcmp(memory->forbidden, name);
}

static const struct trial trials[] = {
	{ "openat", "opening a file", SYS_openat, { AT_FDCWD, (long)"/dev/null", O_RDONLY }, NULL },
	{ "statx", "looking for a file", SYS_statx, { AT_FDCWD, (long)"/" }, NULL },
	{ "unlinkat", "removing a file", SYS_unlinkat, { AT_FDCWD, (long)"/there/is/none" }, NULL },
	{ "socket", "a socket", SYS_socket, { AF_INET, SOCK_STREAM }, NULL },
	{ "socketpair", "a pair of them", SYS_socketpair, { AF_UNIX, SOCK_STREAM }, NULL },
	{ "connect", "a connection", SYS_connect, { RELAY_CONTROL_FD }, NULL },
	{ "execve", "a program", SYS_execve, { (long)"/there/is/none" }, NULL },
	{ "clone", "a process", SYS_clone, { -1 }, NULL },
	{ "clone3", "a process, in the newer way", SYS_clone3, { 0 }, NULL },
	{ "ptrace", "tracing", SYS_ptrace, { PTRACE_TRACEME }, NULL },
	{ "process_vm_readv", "the memory of others", SYS_process_vm_readv, { 1 }, NULL },
	{ "kill", "a signal", SYS_kill, { 1, 0 }, NULL },
	{ "prctl", "a setting of the process", SYS_prctl, { PR_SET_DUMPABLE, 1 }, NULL },
	{ "setrlimit", "its limits", SYS_setrlimit, { RLIMIT_CORE }, NULL },
	{ "rt_sigaction", "another handler", SYS_rt_sigaction, { SIGSYS }, NULL },
	{ "seccomp", "another filter", SYS_seccomp, { 1 }, NULL },
	{ "setns", "another namespace", SYS_setns, { RELAY_CONTROL_FD }, NULL },
	{ "unshare", "a namespace", SYS_unshare, { CLONE_NEWUSER }, NULL },
	{ "mount", "a mount", SYS_mount, { 0 }, NULL },
	{ "bpf", "a program of the kernel's", SYS_bpf, { -1 }, NULL },
	{ "io_uring_setup", "a ring", SYS_io_uring_setup, { 1 }, NULL },
	{ "ioctl", "the setting of a device", SYS_ioctl, { RELAY_CONTROL_FD, -1 }, NULL },
	{ "dup", "a second descriptor", SYS_dup, { RELAY_CONTROL_FD }, NULL },
	{ "mprotect", "memory that is executed", SYS_mprotect, { 0, 0, PROT_EXEC }, NULL },
	{ "mmap", "new memory that is", SYS_mmap,
		{ 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1 }, NULL },
	{ "mremap", "memory in the place of other", SYS_mremap, { 0, 0, 0, MREMAP_MAYMOVE | MREMAP_FIXED },
		NULL },
	{ "fcntl", "a second descriptor, by fcntl", SYS_fcntl, { RELAY_CONTROL_FD, F_DUPFD }, NULL },
	{ "fcntl", "signals from a descriptor", SYS_fcntl, { RELAY_CONTROL_FD, F_SETOWN, 1 }, NULL },
	{ "sendto", "sending elsewhere", SYS_sendto, { STDERR_FILENO }, NULL },
	{ "recvmsg", "receiving elsewhere", SYS_recvmsg, { STDERR_FILENO }, NULL },
	{ "clock_gettime", "the time of another process", SYS_clock_gettime, { -8 }, NULL },
	{ "1000000", "a call that does not exist", 1000000, { 0 }, NULL },
#ifdef __x86_64__
	{ "1073741824", "reading, as a program of x32", 0x40000000, { 0 }, NULL },
	{ "20", "asking for its number, as a program of 32 bits", 20, { 0 }, enter_32 },
#endif
	{ NULL, "the flags of a descriptor", SYS_fcntl, { RELAY_CONTROL_FD, F_GETFL }, NULL },
	{ NULL, "a descriptor that does not block", SYS_fcntl, { RELAY_CONTROL_FD, F_SETFL, O_NONBLOCK },
		NULL },
	{ NULL, "receiving from the harness", SYS_recvmsg, { RELAY_CONTROL_FD }, NULL },
	{ NULL, "answering it", SYS_sendto, { RELAY_CONTROL_FD }, NULL },
	{ NULL, "new memory", SYS_mmap, { 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1 },
		NULL },
	{ NULL, "more of it", SYS_mremap, { 0, 0, 0, MREMAP_MAYMOVE }, NULL },
	{ NULL, "the time", SYS_clock_gettime, { CLOCK_REALTIME }, NULL },
	{ NULL, "the time since the start", SYS_clock_gettime, { CLOCK_MONOTONIC }, NULL },
};

static void test_trial(const struct trial *trial)
{
	struct end end;

	if (SANITIZED && trial->name && strstr(" openat clone ioctl ", trial->name)) {
		tap_skip("%s fails: a sanitizer's report goes on without it", trial->name);
		return;
	}
	end = try(trial);
	end.errors[strcspn(end.errors, "\n")] = trial->name ? '\n' : '\0';
	if (trial->name)
		tap_ok(ended_by_it(&end) && names(&end, trial->name), "%s is forbidden, and named: %s",
			trial->what, memory->forbidden);
	else
		tap_ok(end.status == 0, "%s is allowed%s%s", trial->what, *end.errors ? ": " : "",
			end.errors);
}

/* Each of the kernel's calls, with arguments that make no sense. */
static void test_all(void)
{
	static const char wanted[] =
		" brk close epoll_ctl epoll_pwait epoll_pwait2 epoll_wait exit_group lseek"
		" munmap pread64 read readv restart_syscall sched_yield write writev";
	char allowed[1000] = "";
	size_t length = 0;
	bool named = true;

	if (SANITIZED) {
		tap_skip("sanitizers need more calls");
		return;
	}
	for (const struct call_name *call = call_names; call->name && length < sizeof(allowed); call++) {
		const struct trial trial = { .number = call->number,
			.arguments = { -1, -1, -1, -1, -1, -1 } };
		struct end end = try(&trial);

		if (!ended_by_it(&end))
			length += (size_t)snprintf(
				allowed + length, sizeof(allowed) - length, " %s", call->name);
		else
			named = named && names(&end, call->name);
	}
	tap_is(allowed, wanted, "all that are allowed whatever their arguments are");
	tap_ok(named, "each of the others is named");
}

/* What a child finds that entered the first half and Landlock alone. */
struct findings {
	bool failed;
	int open, bind, kill; /* errno; 0: it is possible */
};

static int error_of(long result)
{
	return result < 0 ? errno : 0;
}

static void look_out(struct findings *findings)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int stream;

	findings->failed = cage_enter() || !cage_landlock();
	findings->open = error_of(open("/proc/self/status", O_RDONLY));
	stream = socket(AF_INET, SOCK_STREAM, 0);
	findings->bind = error_of(bind(stream, (struct sockaddr *)&address, sizeof(address)));
	findings->kill = error_of(kill(getppid(), 0));
}

static void test_landlock(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct findings *findings =
		mmap(NULL, sizeof(*findings), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	rig_need(findings != MAP_FAILED, "mmap");
	fflush(stdout);
	child = fork();
	rig_need(child >= 0, "fork");
	if (child == 0) {
		look_out(findings);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	tap_ok(!findings->failed, "Landlock is asked for, version %ld", version);
	if (version < 1)
		tap_skip("this kernel has no Landlock");
	else
		tap_ok(findings->open == EACCES, "no file: %s", strerror(findings->open));
	if (version < 4)
		tap_skip("this kernel's Landlock knows no ports");
	else
		tap_ok(findings->bind == EACCES, "no port: %s", strerror(findings->bind));
	if (version < 6)
		tap_skip("this kernel's Landlock knows no signals");
	else
		tap_ok(findings->kill == EPERM, "no process: %s", strerror(findings->kill));
	munmap(findings, sizeof(*findings));
}

static bool is_zero(pid_t process, int resource)
{
	struct rlimit limit = { 1, 1 };

	return prlimit(process, (__rlimit_resource_t)resource, NULL, &limit) == 0 && limit.rlim_cur == 0 &&
	       limit.rlim_max == 0;
}

/* The child waits in the cage until its control socket is closed. */
static void test_limits(void)
{
	static struct relay_memory *none;
	int sockets[2];
	pid_t child;
	char byte;

	rig_need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0, "socketpair");
	fflush(stdout);
	child = fork();
	rig_need(child >= 0, "fork");
	if (child == 0) {
		if (dup2(sockets[1], RELAY_CONTROL_FD) < 0 || cage_enter() || cage_close(&none))
			_exit(1);
		_exit(write(RELAY_CONTROL_FD, "", 1) != 1 || read(RELAY_CONTROL_FD, &byte, 1) != 0);
	}
	close(sockets[1]);
	tap_ok(read(sockets[0], &byte, 1) == 1, "a child is in the cage");
	tap_ok(is_zero(child, RLIMIT_CORE) && is_zero(child, RLIMIT_NPROC) &&
			is_zero(child, RLIMIT_MEMLOCK) && is_zero(child, RLIMIT_MSGQUEUE),
		"nothing is left of what it never needs");
	tap_ok(!is_zero(child, RLIMIT_NOFILE) && !is_zero(child, RLIMIT_FSIZE),
		"descriptors and captures have room");
	close(sockets[0]);
	waitpid(child, NULL, 0);
}

int main(void)
{
	int fd = rig_memory(&memory);

	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++)
		test_trial(&trials[i]);
	test_all();
	test_landlock();
	test_limits();
	close(fd);
	return tap_done();
}
