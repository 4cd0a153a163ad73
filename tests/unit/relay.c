/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The relay's client against the relay itself: how it is found, what it is told, how it dies. */
#include "kernel/relay.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/tap.h"

static const struct relay_queue plain = { .frame = RELAY_IP, .mtu = 1500 };

static bool fine(struct error *error, const char *what)
{
	bool none = !error;

	tap_ok(none, "%s: %s", what, error ? error->text : "no error");
	error_free(error);
	return none;
}

/* That there is an error, of this machine, and that it says so. */
static void says(struct error *error, const char *part, const char *what)
{
	tap_ok(error && strstr(error->text, part), "%s: %s", what, error ? error->text : "no error");
	error_free(error);
}

static struct relay *started(void)
{
	struct relay *relay = NULL;

	fine(relay_start(-1, &relay), "relay_start");
	return relay;
}

/* Two ports, each one end of a socket; what is sent into the other end is what a device sends. */
struct ports {
	int inside[2], outside[2];
};

static void open_ports(struct relay *relay, struct ports *ports)
{
	struct error *error = NULL;

	for (uint32_t i = 0; i < 2; i++) {
		int ends[2] = { -1, -1 };

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
			tap_ok(false, "socketpair: %s", strerror(errno));
		ports->inside[i] = ends[0];
		ports->outside[i] = ends[1];
		if (!error)
			error = relay_add_port(relay, i, ends[0], &plain);
	}
	fine(error, "two ports");
}

static void close_ports(struct ports *ports)
{
	for (int i = 0; i < 2; i++) {
		close(ports->inside[i]);
		close(ports->outside[i]);
	}
}

static void carries(void)
{
	static const struct sock_filter long_ones[] = { /* of more than 40 bytes */
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 40, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 0)
	};
	struct relay *relay = started();
	char packet[100] = { 0x45 };
	struct ports ports;
	uint32_t all, some;
	ssize_t first, second;

	if (!relay)
		return;
	open_ports(relay, &ports);
	fine(relay_add_wire(relay, 0, 1), "a wire");
	fine(relay_add_watch(relay, 0, RELAY_OUT, NULL, 0, &all), "a count of all packets");
	fine(relay_add_watch(relay, 1, RELAY_IN, long_ones, 4, &some), "a count of long packets");
	tap_ok(all != some, "each has a number of its own");
	fine(relay_barrier(relay), "a barrier");

	send(ports.outside[0], packet, 100, 0);
	send(ports.outside[0], packet, 20, 0);
	fine(relay_barrier(relay), "a barrier behind two packets");
	first = recv(ports.outside[1], packet, sizeof packet, MSG_DONTWAIT);
	second = recv(ports.outside[1], packet, sizeof packet, MSG_DONTWAIT);
	tap_ok(first == 100 && second == 20, "both have arrived, as they were sent");
	tap_ok(relay_watch_count(relay, all) == 2 && relay_watch_count(relay, some) == 1, "and are counted");
	tap_ok(relay_counters(relay, 0)->out_packets == 2 && relay_counters(relay, 1)->in_bytes == 120,
		"by the ports too");

	fine(relay_remove_watch(relay, some), "a count less");
	fine(relay_set_mtu(relay, 1, 50), "a smaller MTU");
	fine(relay_barrier(relay), "a barrier");
	send(ports.outside[0], packet, 100, 0);
	fine(relay_barrier(relay), "a barrier behind a packet that is too big");
	tap_ok(relay_watch_count(relay, some) == 1, "a count that has ended stays as it was");
	tap_ok(relay_counters(relay, 1)->too_big == 1, "too big is counted");
	close_ports(&ports);
	fine(relay_stop(relay), "relay_stop");
}

/* As many messages as a large lab needs, sent faster than the relay takes them. */
static void many(void)
{
	struct relay *relay = started();
	struct error *error = NULL;
	struct ports ports;

	if (!relay)
		return;
	open_ports(relay, &ports);
	for (uint32_t i = 0; i < 10000 && !error; i++)
		error = relay_add_port(relay, i % 100, ports.inside[0], &plain);
	fine(error, "10,000 ports, one after another");
	fine(relay_barrier(relay), "a barrier");
	close_ports(&ports);
	fine(relay_stop(relay), "relay_stop");
}

static void too_much(void)
{
	static const struct sock_filter longest[RELAY_INSTRUCTIONS + 1];
	struct relay *relay = started();
	uint32_t watch = 0;

	if (!relay)
		return;
	says(relay_add_port(relay, RELAY_PORTS, STDIN_FILENO, &plain), "more than 4096", "a port too many");
	says(relay_add_watch(relay, 0, RELAY_IN, longest, RELAY_INSTRUCTIONS + 1, &watch),
		"1025 instructions", "a filter that is too long");
	fine(relay_stop(relay), "relay_stop");
}

static void watches_run_out(void)
{
	struct relay *relay = started();
	struct error *error = NULL;
	struct ports ports;
	uint32_t watch = 0;

	if (!relay)
		return;
	open_ports(relay, &ports);
	for (int i = 0; i < RELAY_WATCHES && !error; i++)
		error = relay_add_watch(relay, 0, RELAY_IN, NULL, 0, &watch);
	fine(error, "as many counts as there may be");
	says(relay_add_watch(relay, 0, RELAY_IN, NULL, 0, &watch), "more than 256", "one more");
	fine(relay_remove_watch(relay, 7), "one less");
	fine(relay_add_watch(relay, 0, RELAY_IN, NULL, 0, &watch), "one more again");
	tap_ok(watch == 7, "it has the number that became free");
	fine(relay_barrier(relay), "a barrier");
	close_ports(&ports);
	fine(relay_stop(relay), "relay_stop");
}

static void killed(void)
{
	struct relay *relay = started();
	struct pollfd wait = { .events = POLLIN };

	if (!relay)
		return;
	fine(relay_barrier(relay), "a barrier");
	kill(relay_process(relay), SIGKILL);
	wait.fd = relay_descriptor(relay);
	tap_ok(poll(&wait, 1, 5000) == 1 && wait.revents & POLLHUP,
		"its descriptor tells when the relay is killed");
	says(relay_death(relay), "the relay died (signal 9)", "its death");
	says(relay_set_mtu(relay, 0, 1), "the relay died (signal 9)", "a message after it");
	says(relay_barrier(relay), "the relay died (signal 9)", "a barrier after it");
	fine(relay_stop(relay), "stopping what has been told to be dead");

	relay = started();
	if (!relay)
		return;
	kill(relay_process(relay), SIGKILL);
	says(relay_stop(relay), "the relay died (signal 9)", "a death that only the stop finds");
}

/* The relay says on standard error what it did not understand. */
static void nonsense(void)
{
	struct relay *relay = started();

	if (!relay)
		return;
	error_free(relay_add_wire(relay, 7, 8));
	says(relay_barrier(relay), "the relay died (exit status 1)",
		"a wire between ports that are not there");
	fine(relay_stop(relay), "relay_stop");
}

static void stopped(void)
{
	struct relay *relay = started();

	if (!relay)
		return;
	fine(relay_barrier(relay), "a barrier");
	kill(relay_process(relay), SIGSTOP);
	says(relay_stop(relay), "was killed", "a relay that hangs");
}

/* Whoever starts relays may have been started with signals ignored or blocked. */
static void odd_signals(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		struct relay *relay = NULL;
		sigset_t all;

		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		signal(SIGCHLD, SIG_IGN);
		_exit(relay_start(-1, &relay) || relay_barrier(relay) || relay_stop(relay));
	}
	waitpid(child, &status, 0);
	tap_ok(status == 0, "with all signals blocked and SIGCHLD ignored");
}

/* The relay is no child of this process, so that only a pidfd tells when it has ended. */
static void dies_with_the_harness(void)
{
	int told[2];
	pid_t process = 0;
	pid_t child;
	struct pollfd wait = { .events = POLLIN };

	if (pipe(told) < 0)
		return;
	child = fork();
	if (child == 0) {
		struct relay *relay = NULL;

		if (relay_start(-1, &relay) || relay_barrier(relay))
			_exit(1);
		process = relay_process(relay);
		if (write(told[1], &process, sizeof process) < 0)
			_exit(1);
		pause();
		_exit(1);
	}
	close(told[1]);
	if (read(told[0], &process, sizeof process) == sizeof process)
		wait.fd = (int)syscall(SYS_pidfd_open, process, 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	tap_ok(wait.fd > 0 && poll(&wait, 1, 5000) == 1, "the relay ends with a harness that is killed");
	close(wait.fd);
	close(told[0]);
}

static void not_there(void)
{
	struct relay *relay = NULL;
	struct error *error = relay_start(-1, &relay);

	tap_ok(error && error->status == STATUS_UNABLE && strstr(error->text, "/tunlab-relay and ") &&
			strstr(error->text, "/../libexec/tunlab/tunlab-relay"),
		"no relay: %s", error ? error->text : "no error");
	error_free(error);
}

/*
 * The relay is found beside the running program: a directory is made with this program and the relay, two
 * directories up from here, and this program runs there. Returns its exit status, -1 where there is no relay.
 */
static int run_beside_relay(void)
{
	char self[PATH_MAX] = { 0 }, directory[PATH_MAX + 16], program[PATH_MAX + 32], relay[PATH_MAX + 32];
	char built[PATH_MAX + 32];
	int status = -1;
	pid_t child;

	if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
		return -1;
	snprintf(built, sizeof built, "%.*s/../../tunlab-relay", (int)(strrchr(self, '/') - self), self);
	snprintf(directory, sizeof directory, "%s.XXXXXX", self);
	if (access(built, X_OK) < 0 || !mkdtemp(directory))
		return -1;
	snprintf(program, sizeof program, "%s/relay", directory);
	snprintf(relay, sizeof relay, "%s/tunlab-relay", directory);
	if (link(self, program) == 0 && symlink(built, relay) == 0) {
		child = fork();
		if (child == 0) {
			execl(program, program, "beside", NULL);
			_exit(127);
		}
		waitpid(child, &status, 0);
	}
	unlink(program);
	unlink(relay);
	rmdir(directory);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

int main(int count, char **arguments)
{
	int status;

	(void)arguments;
	if (count == 1) {
		status = run_beside_relay();
		if (status >= 0)
			return status;
		tap_skip("the relay's client: $BUILD/tunlab-relay is not built");
		not_there();
		return tap_done();
	}
	carries();
	many();
	too_much();
	watches_run_out();
	killed();
	nonsense();
	stopped();
	odd_signals();
	dies_with_the_harness();
	return tap_done();
}
