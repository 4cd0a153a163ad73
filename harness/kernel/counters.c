/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/nft_counters.h"

/* The files' texts have 2 to 5 KB, and grow with the protocols that a kernel knows. */
enum { TEXT_SIZE = 64 * 1024 };

static void close_file(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void counters_close(struct counter_files *files)
{
	close_file(&files->snmp);
	close_file(&files->netstat);
	close_file(&files->snmp6);
	close_file(&files->sctp);
	rtnl_close(files->nftables);
	files->nftables = NULL;
}

static void append(struct arena *arena, struct counts *counts, const char *name, uint64_t number)
{
	struct count count = { name, number };

	arena_append(arena, &counts->at, &counts->count, &count, sizeof count);
}

/* Leaves -1 where there is no such file: a kernel without IPv6 has no snmp6, one without SCTP no sctp/snmp.
 */
static struct error *open_file(const char *path, int *out)
{
	*out = open(path, O_RDONLY | O_CLOEXEC);
	return *out >= 0 || errno == ENOENT ? NULL : error_new(STATUS_UNABLE, errno, "%s", path);
}

/* /proc/self/net would be the namespace of the process's first thread. */
struct error *counters_open(struct counter_files *out, bool ipv6, bool nftables)
{
	struct error *error;

	*out = (struct counter_files) { -1, -1, -1, -1, NULL };
	error = open_file("/proc/thread-self/net/snmp", &out->snmp);
	if (!error && out->snmp < 0)
		error = error_new(STATUS_UNABLE, ENOENT, "/proc/thread-self/net/snmp");
	if (!error)
		error = open_file("/proc/thread-self/net/netstat", &out->netstat);
	if (!error && ipv6)
		error = open_file("/proc/thread-self/net/snmp6", &out->snmp6);
	if (!error)
		error = open_file("/proc/thread-self/net/sctp/snmp", &out->sctp);
	if (!error && nftables)
		error = nft_counters_open(&out->nftables);
	if (error)
		counters_close(out);
	return error;
}

/* Both strings in one; FIRST is FIRST_SIZE bytes long, SECOND is SECOND_SIZE. */
static const char *join(
	struct arena *arena, const char *first, size_t first_size, const char *second, size_t second_size)
{
	char *joined = arena_take(arena, first_size + second_size + 1);

	memcpy(joined, first, first_size);
	memcpy(joined + first_size, second, second_size);
	return joined;
}

/* A decimal number, maybe negative; AT is moved behind it. */
static uint64_t read_number(const char **at)
{
	bool negative = **at == '-';
	uint64_t number = 0;

	for (*at += negative; **at >= '0' && **at <= '9'; ++*at)
		number = number * 10 + (uint64_t)(**at - '0');
	return negative ? -number : number;
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

/*
 * One pair of lines, as "Ip: Forwarding DefaultTTL" and "Ip: 1 64": NAMES and NUMBERS are behind the colons,
 * PREFIX is before them. A name becomes the prefix and what the file calls it, as nstat(8) has it. Returns
 * where the numbers end.
 */
static const char *parse_pair(struct arena *arena, const char *prefix, size_t prefix_size, const char *names,
	const char *numbers, struct counts *out)
{
	names = skip_blanks(names);
	numbers = skip_blanks(numbers);
	while (*names && *names != '\n' && *numbers && *numbers != '\n') {
		size_t size = strcspn(names, " \n");
		const char *before = numbers;
		uint64_t number = read_number(&numbers);

		if (numbers == before)
			break;
		append(arena, out, join(arena, prefix, prefix_size, names, size), number);
		names = skip_blanks(names + size);
		numbers = skip_blanks(numbers);
	}
	return numbers;
}

void counters_parse(struct arena *arena, const char *text, struct counts *out)
{
	const char *names = text;

	for (;;) {
		const char *colon = strchr(names, ':');
		const char *numbers = colon ? strchr(colon, '\n') : NULL;
		size_t prefix_size;

		if (!numbers)
			return;
		prefix_size = (size_t)(colon - names);
		numbers++;
		if (strncmp(numbers, names, prefix_size + 1)) {
			names = numbers;
			continue;
		}
		numbers = parse_pair(arena, names, prefix_size, colon + 1, numbers + prefix_size + 1, out);
		names = strchr(numbers, '\n');
		if (!names)
			return;
		names++;
	}
}

void counters_parse_snmp6(struct arena *arena, const char *text, struct counts *out)
{
	char *name = arena_copy(arena, text, strlen(text));

	while (*name) {
		size_t size = strcspn(name, " \t\n");
		const char *number = skip_blanks(name + size);
		char *end = strchr(number, '\n');

		if (size && *number >= '0' && *number <= '9') {
			append(arena, out, name, read_number(&number));
			name[size] = '\0';
		}
		if (!end)
			return;
		name = end + 1;
	}
}

/* A read at offset 0 makes the kernel write the text anew; one that is long enough gets it whole. */
static struct error *read_text(int fd, const char *what, char text[TEXT_SIZE])
{
	ssize_t length = pread(fd, text, TEXT_SIZE, 0);

	if (length < 0)
		return error_new(STATUS_UNABLE, errno, "/proc/net/%s", what);
	if (length == TEXT_SIZE)
		return error_new(STATUS_UNABLE, 0, "/proc/net/%s is longer than %d bytes", what, TEXT_SIZE);
	text[length] = '\0';
	return NULL;
}

/* What a dump of links is collected into. */
struct collection {
	struct arena *arena;
	struct counts *counts;
	size_t files; /* how many counts were there before it */
};

static const struct {
	const char *name;
	size_t at; /* in struct rtnl_link_stats64 */
} device_counters[] = {
	{ ".rx_packets", offsetof(struct rtnl_link_stats64, rx_packets) },
	{ ".rx_bytes", offsetof(struct rtnl_link_stats64, rx_bytes) },
	{ ".rx_errors", offsetof(struct rtnl_link_stats64, rx_errors) },
	{ ".rx_dropped", offsetof(struct rtnl_link_stats64, rx_dropped) },
	{ ".tx_packets", offsetof(struct rtnl_link_stats64, tx_packets) },
	{ ".tx_bytes", offsetof(struct rtnl_link_stats64, tx_bytes) },
	{ ".tx_errors", offsetof(struct rtnl_link_stats64, tx_errors) },
	{ ".tx_dropped", offsetof(struct rtnl_link_stats64, tx_dropped) },
};

static void begin_links(void *context)
{
	struct collection *collection = context;

	collection->counts->count = collection->files;
}

static void collect_link(void *context, const struct nlmsghdr *message)
{
	struct collection *collection = context;
	const char *device = attribute_text(rtnl_attribute(message, sizeof(struct ifinfomsg), IFLA_IFNAME));
	size_t device_size = device ? strlen(device) : 0;
	size_t size;
	const char *statistics =
		attribute_data(rtnl_attribute(message, sizeof(struct ifinfomsg), IFLA_STATS64), &size);

	if (!device || !statistics)
		return;
	for (size_t i = 0; i < sizeof device_counters / sizeof device_counters[0]; i++) {
		const char *name = device_counters[i].name;
		uint64_t number;

		if (device_counters[i].at + sizeof number > size)
			continue;
		memcpy(&number, statistics + device_counters[i].at, sizeof number);
		name = join(collection->arena, device, device_size, name, strlen(name));
		append(collection->arena, collection->counts, name, number);
	}
}

static struct error *read_devices(struct arena *arena, struct rtnl *rtnl, struct counts *out)
{
	struct request request = { .type = RTM_GETLINK };
	struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct collection collection = { arena, out, out->count };

	body_header(&request.body, &header, sizeof header);
	return rtnl_dump(rtnl, &request, begin_links, collect_link, &collection);
}

struct error *counters_read(
	struct arena *arena, const struct counter_files *files, struct rtnl *rtnl, struct counts *out)
{
	const struct {
		int fd;
		const char *name;
		void (*parse)(struct arena *arena, const char *text, struct counts *out);
	} sources[] = {
		{ files->snmp, "snmp", counters_parse },
		{ files->netstat, "netstat", counters_parse },
		{ files->snmp6, "snmp6", counters_parse_snmp6 },
		{ files->sctp, "sctp/snmp", counters_parse_snmp6 },
	};
	char text[TEXT_SIZE];
	struct error *error = NULL;

	*out = (struct counts) { 0 };
	for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
		if (sources[i].fd < 0)
			continue;
		error = read_text(sources[i].fd, sources[i].name, text);
		if (error)
			return error;
		sources[i].parse(arena, text, out);
	}
	if (rtnl)
		error = read_devices(arena, rtnl, out);
	return error ? error : nft_counters_read(arena, files->nftables, out);
}

/* The place of the name, sought from START on and around; NULL: it is nowhere. */
static const struct count *find(const struct counts *counts, const char *name, size_t start)
{
	for (size_t i = 0; i < counts->count; i++) {
		size_t at = start + i;

		if (at >= counts->count)
			at -= counts->count;
		if (!strcmp(counts->at[at].name, name))
			return &counts->at[at];
	}
	return NULL;
}

/* icmpmsg_put() and snmp6_seq_show_icmpv6msg() of the kernel leave out what is 0. */
static bool is_message_type(const char *name)
{
	static const char *const types[] = { "IcmpMsgInType", "IcmpMsgOutType", "Icmp6InType",
		"Icmp6OutType" };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		size_t before = strlen(types[i]), digits;

		if (strncmp(name, types[i], before) != 0)
			continue;
		digits = strspn(name + before, "0123456789");
		return digits && digits < 4 && !name[before + digits] &&
		       strtol(name + before, NULL, 10) < 256;
	}
	return false;
}

bool counts_get(const struct counts *counts, const char *name, uint64_t *number)
{
	const struct count *count = find(counts, name, 0);
	bool known = count || is_message_type(name);

	if (known)
		*number = count ? count->number : 0;
	return known;
}

/* What the files hold beside counters: settings, and how many connections there are now. */
static bool is_gauge(const char *name)
{
	static const char *const gauges[] = { "IpForwarding", "IpDefaultTTL", "TcpRtoAlgorithm", "TcpRtoMin",
		"TcpRtoMax", "TcpMaxConn", "TcpCurrEstab", "MPTcpExtMPCurrEstab" };

	for (size_t i = 0; i < sizeof gauges / sizeof gauges[0]; i++) {
		if (!strcmp(gauges[i], name))
			return true;
	}
	return false;
}

struct counts counts_moved(struct arena *arena, const struct counts *before, const struct counts *after)
{
	struct counts moved = { 0 };
	size_t next = 0; /* both have the same order: the next name is most likely found here */

	for (size_t i = 0; i < after->count; i++) {
		const struct count *now = &after->at[i];
		const struct count *then = find(before, now->name, next);
		uint64_t from = then ? then->number : 0;

		if (then)
			next = (size_t)(then - before->at) + 1;
		if (now->number != from && !is_gauge(now->name))
			append(arena, &moved, now->name,
				now->number > from ? now->number - from : now->number);
	}
	return moved;
}
