/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/filter.h"

#include <assert.h>
#include <nss.h>
#include <pcap/pcap.h>
#include <string.h>

#include "kernel/library.h"

enum {
	SNAPSHOT = 262144, /* what tcpdump takes: nothing is cut */
	/* Characters of a filter. The time that libpcap takes to compile one grows with the third power of
	   its length: some 100 ms at this, many seconds at ten times this. */
	LONGEST = 1000,
};

/* What a program consists of is the same to the kernel and to libpcap. */
static_assert(sizeof(struct sock_filter) == sizeof(struct bpf_insn), "an instruction has eight bytes");
static_assert(
	offsetof(struct sock_filter, k) == offsetof(struct bpf_insn, k), "the last four are its operand");

static struct {
	__typeof__(pcap_open_dead) *open_dead;
	__typeof__(pcap_compile) *compile;
	__typeof__(pcap_geterr) *geterr;
	__typeof__(pcap_freecode) *freecode;
	__typeof__(pcap_close) *close;
	__typeof__(bpf_filter) *filter;
} pcap;

/* Once; false where there is no libpcap. Debian calls it 0.8, others 1. */
static bool load_library(void)
{
	static const char *const names[] = { "libpcap.so.0.8", "libpcap.so.1", NULL };
	static const struct library_symbol symbols[] = {
		{ "pcap_open_dead", &pcap.open_dead },
		{ "pcap_compile", &pcap.compile },
		{ "pcap_geterr", &pcap.geterr },
		{ "pcap_freecode", &pcap.freecode },
		{ "pcap_close", &pcap.close },
		{ "bpf_filter", &pcap.filter },
	};
	static bool loaded;

	loaded = loaded || library_load(names, symbols, sizeof symbols / sizeof *symbols);
	return loaded;
}

/* The names of hosts are looked up in /etc/hosts alone: a lab that is only checked asks no one on the
 * network. */
static void stay_off_the_network(void)
{
#ifdef __GLIBC__
	__nss_configure_lookup("hosts", "files");
	__nss_configure_lookup("networks", "files");
#endif
}

/* Compiles TEXT into OUT as filter_compile does. */
static const char *compile(struct arena *arena, pcap_t *dead, const char *text, struct filter *out)
{
	struct bpf_program program;
	const char *wrong = NULL;

	if (pcap.compile(dead, &program, text, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return arena_printf(arena, "%s", pcap.geterr(dead));
	if (program.bf_len > RELAY_INSTRUCTIONS)
		wrong = arena_printf(arena, "the filter becomes %u instructions: %d are the limit",
			program.bf_len, RELAY_INSTRUCTIONS);
	else
		*out = (struct filter) {
			arena_copy(arena, program.bf_insns, program.bf_len * sizeof(struct bpf_insn)),
			program.bf_len,
		};
	pcap.freecode(&program);
	return wrong;
}

const char *filter_compile(struct arena *arena, const char *text, bool ethernet, struct filter *out)
{
	const char *wrong;
	pcap_t *dead;

	if (strlen(text) > LONGEST)
		return arena_printf(
			arena, "the filter has %zu characters: %d are the limit", strlen(text), LONGEST);
	if (!load_library())
		return "filters need libpcap, which is not here: install libpcap0.8 (or libpcap)";
	stay_off_the_network();
	dead = pcap.open_dead(ethernet ? DLT_EN10MB : DLT_RAW, SNAPSHOT);
	if (!dead)
		memory_exhausted();
	wrong = compile(arena, dead, text, out);
	pcap.close(dead);
	return wrong;
}

const char *filter_wrong(struct arena *arena, const char *text, bool ethernet)
{
	struct filter ignored;

	return filter_compile(arena, text, ethernet, &ignored);
}

bool filter_matches(const struct filter *filter, const void *bytes, size_t size, size_t length)
{
	if (!filter->count)
		return true;
	assert(pcap.filter); /* filter_compile loaded it */
	return pcap.filter((const struct bpf_insn *)filter->at, bytes, (u_int)length, (u_int)size) != 0;
}
