/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers that a kernel seldom gives: late, lost, interrupted, malformed. The test plays the kernel on a
 * socket pair. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/rtnl_socket.h"
#include "tests/unit/tap.h"

enum { PATIENCE = 20 /* milliseconds */ };

static struct rtnl *rtnl;
static int kernel = -1; /* the kernel's end */

/* A new pair for each test: sequence numbers begin at 1. */
static void begin_test(void)
{
	int ends[2];

	rtnl_close(rtnl);
	if (kernel >= 0)
		close(kernel);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) || rtnl_over(ends[0], PATIENCE, &rtnl))
		exit(3);
	kernel = ends[1];
}

/* The kernel says, in answer to request SEQUENCE, a message with this payload. */
static void say(uint32_t sequence, uint16_t type, uint16_t flags, const void *payload, size_t size)
{
	struct {
		struct nlmsghdr header;
		char payload[256];
	} message = { .header = { .nlmsg_len = (uint32_t)(sizeof(struct nlmsghdr) + size),
			      .nlmsg_type = type,
			      .nlmsg_flags = flags,
			      .nlmsg_seq = sequence } };

	memcpy(message.payload, payload, size);
	if (send(kernel, &message, message.header.nlmsg_len, 0) < 0)
		exit(3);
}

static void say_error(uint32_t sequence, int number)
{
	struct nlmsgerr end = { .error = -number };

	say(sequence, NLMSG_ERROR, NLM_F_CAPPED, &end, sizeof end);
}

static void say_link(uint32_t sequence, int index, uint16_t flags)
{
	struct ifinfomsg link = { .ifi_index = index };

	say(sequence, RTM_NEWLINK, (uint16_t)(NLM_F_MULTI | flags), &link, sizeof link);
}

static void say_done(uint32_t sequence, int number, uint16_t flags)
{
	int end = -number;

	say(sequence, NLMSG_DONE, (uint16_t)(NLM_F_MULTI | flags), &end, sizeof end);
}

static const struct request request = { .type = RTM_GETLINK, .body.size = sizeof(struct ifinfomsg) };

/* What a dump gave: the sum of the indexes since it began last, and how often it began. */
struct dump {
	int sum, begun;
};

static void begin(void *context)
{
	struct dump *dump = context;

	dump->begun++;
	dump->sum = 0;
}

static void each(void *context, const struct nlmsghdr *message)
{
	struct dump *dump = context;

	dump->sum += ((const struct ifinfomsg *)rtnl_header(message))->ifi_index;
}

static void expect(struct error *error, enum status status, const char *text, const char *what)
{
	tap_ok((error ? error->status : STATUS_PASSED) == status, "%s: the status", what);
	tap_is(error ? error->text : NULL, text, "%s", what);
	error_free(error);
}

static void acknowledgements(void)
{
	begin_test();
	say_error(1, 0);
	expect(rtnl_do(rtnl, &request, NULL), STATUS_PASSED, NULL, "an acknowledgement");
	say_error(1, EEXIST);
	say_error(7, EPERM);
	say_error(2, 0);
	expect(rtnl_do(rtnl, &request, NULL), STATUS_PASSED, NULL, "strays are ignored");
	expect(rtnl_do(rtnl, &request, NULL), STATUS_UNABLE,
		"rtnetlink did not answer within 20 ms: Connection timed out", "a lost acknowledgement");
	say_error(3, EEXIST);
	say_error(4, EBUSY);
	expect(rtnl_do(rtnl, &request, NULL), STATUS_WRONG, "RTNETLINK answers: Device or resource busy",
		"a late one is not the next request's");

	begin_test();
	close(kernel);
	kernel = -1;
	expect(rtnl_do(rtnl, &request, NULL), STATUS_UNABLE, "cannot send to rtnetlink: Broken pipe",
		"a dead peer");
}

/* An extended ack behind the refused message, as it is without NETLINK_CAP_ACK: the attributes follow it. */
static void extended(void)
{
	struct {
		struct nlmsgerr end;
		struct ifinfomsg refused;
		struct nlattr attribute;
		char text[12];
	} answer = {
		.end = { .error = -EINVAL,
			.msg.nlmsg_len = sizeof(struct nlmsghdr) + sizeof(struct ifinfomsg) },
		.attribute = { .nla_type = NLMSGERR_ATTR_MSG, .nla_len = sizeof(struct nlattr) + 12 },
		.text = "Wrong hello",
	};

	begin_test();
	say(1, NLMSG_ERROR, NLM_F_ACK_TLVS, &answer, sizeof answer);
	expect(rtnl_do(rtnl, &request, NULL), STATUS_WRONG,
		"RTNETLINK answers: Invalid argument: Wrong hello", "an extended ack behind the message");
	answer.text[11] = '!';
	say(2, NLMSG_ERROR, NLM_F_ACK_TLVS, &answer, sizeof answer);
	expect(rtnl_do(rtnl, &request, NULL), STATUS_WRONG, "RTNETLINK answers: Invalid argument",
		"a text without end is not read");
	answer.end.msg.nlmsg_len = 0xffffff00;
	say(3, NLMSG_ERROR, NLM_F_ACK_TLVS, &answer, sizeof answer);
	expect(rtnl_do(rtnl, &request, NULL), STATUS_WRONG, "RTNETLINK answers: Invalid argument",
		"nor one beyond the message");
}

static void dumps(void)
{
	struct dump dump = { 0 };

	begin_test();
	say_link(1, 1, 0);
	say_link(1, 2, NLM_F_DUMP_INTR);
	say_done(1, 0, 0);
	say_link(2, 4, 0);
	say_done(2, 0, NLM_F_DUMP_INTR);
	say_link(3, 1, 0);
	say_link(3, 2, 0);
	say_done(3, 0, 0);
	expect(rtnl_dump(rtnl, &request, begin, each, &dump), STATUS_PASSED, NULL,
		"a dump interrupted twice");
	tap_ok(dump.sum == 3 && dump.begun == 3, "is begun anew (%d times, sum %d)", dump.begun, dump.sum);

	begin_test();
	dump.begun = 0;
	for (uint32_t i = 1; i <= 11; i++)
		say_done(i, 0, NLM_F_DUMP_INTR);
	expect(rtnl_dump(rtnl, &request, begin, each, &dump), STATUS_UNABLE,
		"a dump by rtnetlink was interrupted 10 times: Interrupted system call",
		"a dump interrupted for ever");
	tap_ok(dump.begun == 10, "was begun %d times", dump.begun);

	begin_test();
	say_link(1, 1, 0);
	say_done(1, ENOMEM, 0);
	expect(rtnl_dump(rtnl, &request, NULL, each, &dump), STATUS_WRONG,
		"RTNETLINK answers: Cannot allocate memory", "a dump that ends with an error");

	say_link(2, 1, 0);
	expect(rtnl_dump(rtnl, &request, NULL, each, &dump), STATUS_UNABLE,
		"rtnetlink did not answer within 20 ms: Connection timed out", "a dump that does not end");
}

static void malformed(void)
{
	begin_test();
	say(1, NLMSG_ERROR, 0, "\0\0", 2);
	expect(rtnl_do(rtnl, &request, NULL), STATUS_UNABLE, "a malformed answer from rtnetlink",
		"a short NLMSG_ERROR");
	say(2, NLMSG_DONE, 0, "", 0);
	expect(rtnl_do(rtnl, &request, NULL), STATUS_UNABLE, "a malformed answer from rtnetlink",
		"a short NLMSG_DONE");
}

static void look(void *context, const struct nlattr *attribute)
{
	uint32_t *sum = context;
	size_t size;
	const char *bytes = attribute_data(attribute, &size);

	*sum += attribute_number(attribute, 0) + attribute_type(attribute);
	*sum += size ? (unsigned char)bytes[size - 1] : 0;
	*sum += attribute_text(attribute) != NULL;
	attribute_each(attribute, look, context);
}

static void look_at(void *context, const struct nlmsghdr *message)
{
	for (uint16_t type = 0; type < 8; type++) {
		const struct nlattr *attribute = rtnl_attribute(message, sizeof(struct ifinfomsg), type);

		if (attribute)
			look(context, attribute);
	}
}

/* Random bytes behind a right header: what is wrong with them is for the sanitizers to tell. */
static void garbage(void)
{
	enum { ROUNDS = 2000, IN_A_PAIR = 100 /* requests, which nobody reads, that fit into its buffer */ };
	uint32_t sum = 0;
	unsigned heard = 0;

	srandom(1);
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		unsigned char payload[128];
		static const uint16_t types[] = { NLMSG_ERROR, NLMSG_DONE, RTM_NEWLINK };
		uint16_t type = types[random() % 3];
		struct error *error;

		for (size_t i = 0; i < sizeof payload; i++)
			payload[i] = (unsigned char)(random() % 4 ? random() % 8 : random());
		if (round % IN_A_PAIR == 1)
			begin_test();
		say((round - 1) % IN_A_PAIR + 1, type, (uint16_t)random(), payload,
			(size_t)random() % sizeof payload);
		error = rtnl_ask(rtnl, &request, NULL, look_at, &sum);
		heard += !error || error->number != ETIMEDOUT;
		error_free(error);
	}
	tap_ok(heard == ROUNDS, "of %d answers of garbage each is an answer (%u, sum %u)", ROUNDS, heard,
		sum);
}

int main(void)
{
	acknowledgements();
	extended();
	dumps();
	malformed();
	garbage();
	rtnl_close(rtnl);
	close(kernel);
	return tap_done();
}
