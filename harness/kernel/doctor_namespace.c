/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is looked at in a throw-away network namespace. */
#include <string.h>

#include "kernel/baseline.h"
#include "kernel/doctor.h"
#include "kernel/kind.h"
#include "kernel/module.h"
#include "kernel/netns.h"
#include "kernel/nft.h"
#include "kernel/sysctl.h"
#include "lab/link.h"

static struct finding check_network_namespaces(struct machine *machine, const struct check *check)
{
	long most = sysctl_number("/proc/sys/user/max_net_namespaces", -1);
	struct error *error;
	int fd;

	(void)check;
	if (most == 0)
		return finding_lacks(machine, "sysctl -w user.max_net_namespaces=10000", "none may be made");
	error = netns_new(&fd);
	if (!error)
		error = rtnl_open(&machine->rtnl);
	if (!error)
		error = netns_self(&machine->sysctls);
	if (error)
		return finding_from(machine, error, NULL);
	return finding_ok(machine, "can be made, at most %ld", most);
}

static void list(struct machine *machine, const char **names, const char *name)
{
	*names = *names ? arena_printf(machine->arena, "%s %s", *names, name) : name;
}

static void try_kind(struct machine *machine, const struct link_kind *kind)
{
	struct kinds *kinds = &machine->kinds;
	struct error *error = kind_try(machine->arena, machine->rtnl, kind);

	list(machine,
		error && error->skip ? &kinds->lacking
		: error		     ? &kinds->untried
				     : &kinds->there,
		kind->name);
	error_free(error);
}

/* A kind is tried where that cannot make the kernel load a module. */
static void look_at_kind(struct machine *machine, const struct link_kind *kind)
{
	const char *module, *alias = arena_printf(machine->arena, "rtnl-link-%s", kind->name);
	enum module_state state = MODULE_UNKNOWN;

	switch (kind->made) {
	case LINK_IS_THERE: return;
	case LINK_BY_TUN:
		if (tun_is_loaded())
			state = MODULE_SETTLED;
		break;
	case LINK_BY_REQUEST: state = module_look(machine->arena, alias, &module); break;
	}
	switch (state) {
	case MODULE_SETTLED: try_kind(machine, kind); break;
	case MODULE_TO_LOAD: list(machine, &machine->kinds.modules, module); break;
	case MODULE_UNKNOWN: list(machine, &machine->kinds.untried, kind->name); break;
	}
}

static struct finding check_links(struct machine *machine, const struct check *check)
{
	(void)check;
	for (const struct link_kind *const *kind = link_kinds; *kind; kind++)
		look_at_kind(machine, *kind);
	if (!machine->kinds.there)
		return (struct finding) { .verdict = FINDING_NOTHING };
	return finding_ok(machine, "%s", machine->kinds.there);
}

static struct finding check_lacking_links(struct machine *machine, const struct check *check)
{
	(void)check;
	if (!machine->kinds.lacking)
		return (struct finding) { .verdict = FINDING_NOTHING };
	return finding_note(machine,
		"a kernel with them; on Ubuntu: apt-get install linux-modules-extra-$(uname -r)",
		"not in the kernel, labs with them are skipped: %s", machine->kinds.lacking);
}

static struct finding check_link_modules(struct machine *machine, const struct check *check)
{
	(void)check;
	if (!machine->kinds.modules)
		return (struct finding) { .verdict = FINDING_NOTHING };
	return finding_note(
		machine, NULL, "a lab that uses them makes the kernel load: %s", machine->kinds.modules);
}

static struct finding check_untried_links(struct machine *machine, const struct check *check)
{
	(void)check;
	if (!machine->kinds.untried)
		return (struct finding) { .verdict = FINDING_NOTHING };
	return finding_note(machine, NULL, "not tried, as that is not allowed or might load a module: %s",
		machine->kinds.untried);
}

/* Sets one to what it is. */
static struct finding check_sysctls(struct machine *machine, const struct check *check)
{
	static const char name[] = "net.ipv4.ip_forward";
	char value[32];
	struct error *error = sysctl_read(machine->sysctls, name, value, sizeof value);
	struct finding finding;

	(void)check;
	if (!error)
		error = sysctl_write(machine->sysctls, name, value);
	if (!error)
		return finding_ok(machine, "can be set in a namespace");
	finding = finding_note(machine, "in a container: mount -o remount,rw /proc/sys", "%s", error->text);
	error_free(error);
	return finding;
}

/* Asked for cubic, the kernel would load it (tcp_ca_find_autoload()). */
static bool cubic_is_loaded(const struct machine *machine)
{
	char known[256];
	struct error *error = sysctl_read(
		machine->sysctls, "net.ipv4.tcp_available_congestion_control", known, sizeof known);

	error_free(error);
	return error || strstr(known, "cubic");
}

static const char *remedy_for(const char *unpinned)
{
	static const char congestion[] = "net.ipv4.tcp_congestion_control ";

	return strncmp(unpinned, congestion, strlen(congestion))
		       ? NULL
		       : "sysctl -w net.ipv4.tcp_congestion_control=cubic";
}

static struct finding check_baseline(struct machine *machine, const struct check *check)
{
	struct baseline_plan plan;
	struct error *error = baseline_find(machine->arena, machine->sysctls, machine->rtnl, true, &plan);
	const char *text = NULL, *remedy = NULL;

	(void)check;
	if (!error && !cubic_is_loaded(machine))
		return finding_note(machine, NULL, "a lab makes the kernel load the module tcp_cubic");
	if (!error)
		error = baseline_apply(machine->arena, &plan, machine->sysctls);
	if (error)
		return finding_from(machine, error, NULL);
	for (size_t i = 0; i < plan.unpinned_count; i++) {
		text = text ? arena_printf(machine->arena, "%s; %s", text, plan.unpinned[i])
			    : plan.unpinned[i];
		if (!remedy)
			remedy = remedy_for(plan.unpinned[i]);
	}
	if (text)
		return finding_note(machine, remedy, "%s", text);
	return finding_ok(machine, "labs begin with the kernel's own settings, TCP's cubic too");
}

static struct finding try_nftables(struct machine *machine)
{
	static const struct ruleset table = { .text = "table ip doctor { chain c { }; }\n" };
	struct ruleset_wrong wrong;
	struct error *error = nft_apply(machine->arena, &table, &wrong);
	struct finding finding;

	if (!error)
		return finding_ok(machine, "takes rulesets");
	finding = finding_note(machine, "a kernel with CONFIG_NF_TABLES and its families",
		"labs with \"nft\" are skipped: %s", error->text);
	error_free(error);
	return finding;
}

/* Asked for any of its messages, nfnetlink loads the module that has them (nfnetlink_rcv_msg()). */
static struct finding check_nftables(struct machine *machine, const struct check *check)
{
	const char *module = "";

	(void)check;
	if (!nft_is_here())
		return (struct finding) { .verdict = FINDING_NOTHING };
	switch (module_look(machine->arena, "nfnetlink-subsys-10", &module)) {
	case MODULE_TO_LOAD:
		return finding_note(machine, NULL,
			"a lab with \"nft\" makes the kernel load the module %s, and those of what it uses",
			module);
	case MODULE_UNKNOWN: return finding_note(machine, NULL, "not tried, as that might load a module");
	case MODULE_SETTLED: break;
	}
	return try_nftables(machine);
}

const struct check checks_in_namespace[] = {
	{ "network namespaces", check_network_namespaces, 0 },
	{ "links", check_links, 0 },
	{ "links", check_lacking_links, 0 },
	{ "links", check_link_modules, 0 },
	{ "links", check_untried_links, 0 },
	{ "nf_tables", check_nftables, 0 },
	{ "sysctls", check_sysctls, 0 },
	{ "baseline", check_baseline, 0 },
	{ 0 },
};
