/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program tunlab-relay itself, which was built beside this one: how it starts, carries and ends. */
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/relay/rig.h"
#include "tests/unit/tap.h"

enum { PATIENCE = 10000 }; /* milliseconds, for what takes one */

/* A relay as another process. */
struct program {
	pid_t pid;
	int control; /* the harness's end */
	int errors;  /* what it writes to standard error */
};

/* This program's path is BUILD/tests/relay/program; the relay's is BUILD/tunlab-relay. */
static void find_relay(char *path, size_t size)
{
	char own[4000];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);

	rig_need(length > 0, "/proc/self/exe");
	own[length] = '\0';
	for (int i = 0; i < 3; i++)
		*strrchr(own, '/') = '\0';
	snprintf(path, size, "%s/tunlab-relay", own);
	rig_need(access(path, X_OK) == 0, path);
}

static _Noreturn void become_relay(int control, int errors)
{
	char path[4096];

	find_relay(path, sizeof(path));
	if (dup2(errors, STDERR_FILENO) < 0)
		_exit(127);
	if (control < 0)
		close(RELAY_CONTROL_FD);
	else if (control == RELAY_CONTROL_FD)
		fcntl(control, F_SETFD, 0);
	else if (dup2(control, RELAY_CONTROL_FD) < 0)
		_exit(127);
	execl(path, path, NULL);
	_exit(127);
}

static struct program start(bool with_control)
{
	int sockets[2], errors[2];

	rig_need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0, "socketpair");
	rig_need(pipe2(errors, O_CLOEXEC) == 0, "pipe");
	fflush(stdout);

	struct program program = { .pid = fork(), .control = sockets[0], .errors = errors[0] };

	rig_need(program.pid >= 0, "fork");
	if (program.pid == 0)
		become_relay(with_control ? sockets[1] : -1, errors[1]);
	close(sockets[1]);
	close(errors[1]);
	return program;
}

static bool is_readable(int fd)
{
	struct pollfd waiting = { .fd = fd, .events = POLLIN };

	return poll(&waiting, 1, PATIENCE) == 1;
}

static bool passes_barrier(const struct program *program, uint32_t serial)
{
	struct relay_message answer = { 0 };

	rig_send(program->control, &(struct relay_message) { .type = RELAY_BARRIER, .serial = serial }, -1);
	return is_readable(program->control) &&
	       recv(program->control, &answer, sizeof(answer), 0) == sizeof(answer) &&
	       answer.serial == serial;
}

/* Waits for the end. Returns the exit status, or -1 if it ended otherwise; "errors", of 200 bytes, is what it
 * said. */
static int end(struct program *program, char *errors)
{
	ssize_t length = 0, more;
	int status;

	while ((more = read(program->errors, errors + length, (size_t)(199 - length))) > 0)
		length += more;
	errors[length] = '\0';
	close(program->errors);
	if (program->control >= 0)
		close(program->control);
	rig_need(waitpid(program->pid, &status, 0) == program->pid, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_life(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct program program = start(true);
	struct relay_memory *memory;
	int memory_fd = rig_memory(&memory), devices[2][2];
	char got[16], errors[200];

	rig_send(program.control, &(struct relay_message) { .type = RELAY_MEMORY }, memory_fd);
	close(memory_fd);
	for (uint32_t i = 0; i < 2; i++) {
		rig_need(
			socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, devices[i]) == 0, "socketpair");
		rig_send(program.control,
			&(struct relay_message) { .type = RELAY_PORT, .index = i, .mtu = 1500 },
			devices[i][1]);
		close(devices[i][1]);
	}
	rig_send(program.control, &(struct relay_message) { .type = RELAY_WIRE, .peer = 1 }, -1);
	tap_ok(passes_barrier(&program, 7), "it starts and answers");

	rig_put(devices[0][0], "there", 5);
	tap_ok(is_readable(devices[1][0]) && rig_get(devices[1][0], got, sizeof(got)) == 5 &&
			!memcmp(got, "there", 5),
		"a packet goes there");
	rig_put(devices[1][0], "back", 4);
	tap_ok(is_readable(devices[0][0]) && rig_get(devices[0][0], got, sizeof(got)) == 4 &&
			!memcmp(got, "back", 4),
		"and another back");
	tap_ok(passes_barrier(&program, 8) && memory->ports[0].out_packets == 1 &&
			memory->ports[0].in_bytes == 4,
		"the counters are shared");

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		kill(program.pid, signals[i]);
	tap_ok(passes_barrier(&program, 9), "signals from a terminal do not end it");

	close(devices[0][0]);
	tap_ok(passes_barrier(&program, 10), "nor does a device that goes");
	close(devices[1][0]);

	close(program.control);
	program.control = -1;

	int status = end(&program, errors);

	tap_ok(status == 0 && !*errors, "a closed control socket does: %d, \"%s\"", status, errors);
	munmap(memory, sizeof(*memory));
}

/* Whether the program ends with 1 and this line. */
static void ends_with(struct program *program, const char *line, const char *name)
{
	char errors[200];
	int status = end(program, errors);

	errors[strcspn(errors, "\n")] = '\0';
	tap_ok(status == 1 && !strcmp(errors, line), "%s: %d, \"%s\"", name, status, errors);
}

static void test_nonsense(void)
{
	struct program program = start(true);

	rig_send(program.control, &(struct relay_message) { .type = RELAY_MTU, .mtu = 1 }, -1);
	ends_with(&program, "tunlab-relay: RELAY_MTU: came before RELAY_MEMORY",
		"a message that makes no sense");
}

static void test_by_hand(void)
{
	struct program program = start(false);

	ends_with(&program,
		"tunlab-relay: no control socket (tunlab starts this program): Bad file descriptor",
		"started by hand");
}

/* A harness that starts a relay and is killed, while its end of the control socket stays open: in this
 * process. */
static void test_orphan(void)
{
	struct program program = { .pid = -1, .control = -1, .errors = -1 };
	struct relay_memory *memory;
	int memory_fd = rig_memory(&memory), sockets[2];
	pid_t harness;

	rig_need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0, "socketpair");
	rig_need(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "PR_SET_CHILD_SUBREAPER");
	program.control = sockets[0];
	fflush(stdout);
	harness = fork();
	rig_need(harness >= 0, "fork");
	if (harness == 0) {
		if (fork() == 0)
			become_relay(sockets[1], STDERR_FILENO);
		close(sockets[0]);
		close(sockets[1]);
		for (;;)
			pause();
	}
	close(sockets[1]);
	rig_send(program.control, &(struct relay_message) { .type = RELAY_MEMORY }, memory_fd);
	tap_ok(passes_barrier(&program, 1), "a harness starts a relay");
	kill(harness, SIGKILL);
	waitpid(harness, NULL, 0);

	/* The relay is now this process's child. */
	int status = 0;
	tap_ok(is_readable(program.control) && waitpid(-1, &status, 0) > 0 && WIFSIGNALED(status) &&
			WTERMSIG(status) == SIGKILL,
		"and is killed: the relay dies as well");
	close(program.control);
	close(memory_fd);
	munmap(memory, sizeof(*memory));
}

int main(void)
{
	test_life();
	test_nonsense();
	test_by_hand();
	test_orphan();
	return tap_done();
}
