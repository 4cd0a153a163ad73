# SPDX-License-Identifier: GPL-2.0-or-later
# Every entry to the project. "make help" lists them.
#
# make CC=clang, make SANITIZE=1 and make BUILD=dir build variants beside each other.

SANITIZE ?=
FUZZ     ?=
BUILD    ?= build$(if $(SANITIZE),/sanitized)$(if $(filter clang%,$(CC)),/clang)
PREFIX   ?= /usr/local
VERSION  := 0.1.0
, := ,

CFLAGS   ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror
ALL_CFLAGS := -std=gnu11 $(WARNINGS) -D_GNU_SOURCE -DTUNLAB_VERSION='"$(VERSION)"' -Iharness -I. \
	$(if $(SANITIZE),-fsanitize=address$(,)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer) $(CFLAGS)
# What a fuzzer is to find its way in, which the target itself is not.
COVERED = $(if $(FUZZ),$(if $(filter forwarder/%,$<),-fsanitize=fuzzer-no-link))


# A run of a small lab takes 3 ms, of which a shared library costs 0.1, and 0.25 in the relay: what is there as a static
# library is linked so. Sanitizers need the relay's shared ones.
has = $(filter /%,$(shell $(CC) -print-file-name=$(1) 2>/dev/null))
library = $(if $(call has,lib$(1).a),-l:lib$(1).a,-l$(1))
HARNESS_LIBS := -lmnl $(call library,jansson) $(call library,cap)
RELAY_LIBS   := -lcap -lseccomp
RELAY_LDFLAGS ?= $(if $(SANITIZE),,$(and $(call has,libc.a),$(call has,libcap.a),$(call has,libseccomp.a),-static))

# A baseline, a kind of link, wire, impairment or object, a verb or a command is a file with a descriptor at its end. The lists of
# descriptors are made from the names of the files, so that adding one touches no other file.
KINDS := $(foreach d,baselines links wires impairments objects steps show,$(sort $(wildcard harness/$(d)/*.c))) \
	$(sort $(wildcard harness/cmd_*.c)) $(sort $(wildcard forwarder/impairments/*.c))
RECIPE := $(CC) $(ALL_CFLAGS) $(LDFLAGS) $(RELAY_LDFLAGS) $(KINDS)

HARNESS := $(sort $(wildcard harness/*.c harness/*/*.c))
RELAY   := $(sort $(wildcard forwarder/*.c forwarder/*/*.c))
SHARED  := forwarder/pcapng.c
DOCUMENT := $(sort $(wildcard ci/document/*.c))
UNIT    := $(sort $(wildcard tests/unit/*.c tests/relay/*.c))
JUDGE   := $(sort $(wildcard tests/judge/*.c))
JUDGE_MAINS := tests/judge/judge tests/judge/trip tests/judge/decision

object = $(patsubst %.c,$(BUILD)/%.o,$(1))
HARNESS_OBJECTS := $(call object,$(HARNESS) $(SHARED)) $(BUILD)/kinds.o
RELAY_OBJECTS   := $(call object,$(RELAY)) $(BUILD)/impairments.o $(BUILD)/calls.o
# What a unit test links: everything but a program's main.
HARNESS_PARTS := $(filter-out %/harness/tunlab.o,$(HARNESS_OBJECTS))
RELAY_PARTS   := $(filter-out %/forwarder/main.o,$(RELAY_OBJECTS))
UNIT_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(UNIT))
JUDGE_PROGRAMS := $(addprefix $(BUILD)/,$(JUDGE_MAINS))
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/*.c)))
SEEDS   := $(sort $(wildcard tests/fuzz/seeds/*.c))
WIRES   := tests/wires/delay tests/wires/rate tests/wires/segments
WIRES_PROGRAMS := $(addprefix $(BUILD)/,$(WIRES))
# A fuzz target over what is kept for it, which is a unit test, and with libFuzzer.
REPLAY_PROGRAMS := $(addprefix $(BUILD)/tests/fuzz/,$(FUZZ_TARGETS))
FUZZERS := $(addprefix $(BUILD)/fuzzers/,$(FUZZ_TARGETS))
# What live tests start, of one file each.
LIVE := $(sort $(wildcard tests/live/*/*.c))
LIVE_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(LIVE))
JUDGE_PARTS := $(filter-out $(addsuffix .o,$(JUDGE_PROGRAMS)),$(call object,$(JUDGE)))

AS_ROOT = $(if $(filter-out 0,$(shell id -u)),sudo)

.PHONY: all tests run check check-built thorough wires exact fuzz fuzzers seeds fuzz-ip lint setup bench documents install uninstall clean help

all: $(BUILD)/tunlab $(BUILD)/tunlab-relay ## build tunlab and tunlab-relay (the default)

tests: all $(UNIT_PROGRAMS) $(REPLAY_PROGRAMS) $(JUDGE_PROGRAMS) $(BUILD)/tests/drops/drops $(BUILD)/tests/mend/mend $(WIRES_PROGRAMS) $(LIVE_PROGRAMS) $(BUILD)/tests/live/forbidden $(BUILD)/ci/document/document ## build the unit tests

run: ## set up, build, and run the first lab
	@ci/setup
	@$(MAKE) --no-print-directory all
	$(AS_ROOT) $(BUILD)/tunlab run labs/two-ns.json

check: ## set up, build, and run every test
	@ci/setup tests
	@$(MAKE) --no-print-directory tests
	@$(MAKE) --no-print-directory check-built

check-built:
	$(AS_ROOT) env BUILD=$(abspath $(BUILD)) CI=$(CI) tests/run

thorough: ## end runs in every phase five times and fifty at random moments; look for every cause amid noise; a hundred runs under load
	@ci/setup tests
	@$(MAKE) --no-print-directory tests
	$(AS_ROOT) env BUILD=$(abspath $(BUILD)) TUNLAB_THOROUGH=1 bats tests/live/leaves-nothing.bats tests/live/why.bats tests/live/slow/burdened.bats

wires: ## how exact delays and rates are, and what whole segments are worth: minutes, on a machine that does little else
	@ci/setup tests
	@$(MAKE) --no-print-directory tests
	$(AS_ROOT) $(BUILD)/tests/wires/delay
	$(AS_ROOT) $(BUILD)/tests/wires/rate
	$(AS_ROOT) $(BUILD)/tests/wires/segments cpu
	$(AS_ROOT) $(BUILD)/tests/wires/segments speed

fuzz: ## any bytes for the relay's reader, its segments, its router and its control socket, all at once: SECONDS=N (600)
	@ci/setup lint
	@$(MAKE) --no-print-directory CC=clang SANITIZE=1 FUZZ=1 BUILD=build/fuzz/programs fuzzers
	tests/fuzz/run build/fuzz/programs/fuzzers build/fuzz $(or $(SECONDS),600) $(or $(TARGETS),$(FUZZ_TARGETS))

fuzzers: $(FUZZERS)

seeds: $(BUILD)/tests/fuzz/seeds/make ## make the seeds of the fuzz targets anew
	$< tests/fuzz/seeds

exact: ## 256 MiB of TCP and datagrams of every size over each pair of modes of TUN and TAP: some twenty minutes
	@ci/setup tests
	@$(MAKE) --no-print-directory all
	$(AS_ROOT) env BUILD=$(abspath $(BUILD)) tests/wires/exact all full

fuzz-ip: ## thousands of lines, done by ip and by tunlab alike: SEED=N (1), LINES=N (at most)
	@ci/setup tests
	@$(MAKE) --no-print-directory tests
	$(AS_ROOT) $(BUILD)/tests/judge/judge --full --seed $(or $(SEED),1) --lines $(or $(LINES),20000) \
		tests/judge/stand.json tests/judge/differences.txt

lint: ## formatting, static analysis, the directions of includes
	@ci/setup lint
	@ci/lint

documents: $(BUILD)/ci/document/document ## make labs/lab.schema.json and tunlab-lab(5) anew from the tables
	$(BUILD)/ci/document/document schema >$(BUILD)/lab.schema.json
	$(BUILD)/ci/document/document manual <harness/man/tunlab-lab.5.in >$(BUILD)/tunlab-lab.5
	mv $(BUILD)/lab.schema.json labs/lab.schema.json
	mv $(BUILD)/tunlab-lab.5 harness/man/tunlab-lab.5

setup: ## install what building and testing need
	@ci/setup tests

bench: ## speed, as ratios: lookups in large and small route tables, labs against a shell script and bare system calls, the wire against veth and other relays
	@ci/setup bench
	@$(MAKE) --no-print-directory all
	@status=0; for part in table run relay; do \
		$(AS_ROOT) env CC=$(CC) BUILD=$(abspath $(BUILD)) ci/bench/$$part || status=1; done; exit $$status

install: all ## install to $(DESTDIR)$(PREFIX)
	install -D -m 755 $(BUILD)/tunlab $(DESTDIR)$(PREFIX)/bin/tunlab
	install -D -m 755 $(BUILD)/tunlab-relay $(DESTDIR)$(PREFIX)/libexec/tunlab/tunlab-relay
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 $(wildcard harness/man/*.1)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man5 $(wildcard harness/man/*.5)
	install -D -m 644 harness/completion/tunlab.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/tunlab
	cd labs && find . -name '*.json' -exec install -D -m 644 {} $(abspath $(DESTDIR)$(PREFIX))/share/tunlab/labs/{} \;
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/tunlab README.md COPYING

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/tunlab $(patsubst harness/man/%,$(DESTDIR)$(PREFIX)/share/man/man1/%,$(wildcard harness/man/*.1)) \
		$(patsubst harness/man/%,$(DESTDIR)$(PREFIX)/share/man/man5/%,$(wildcard harness/man/*.5)) \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/tunlab
	rm -rf $(DESTDIR)$(PREFIX)/libexec/tunlab $(DESTDIR)$(PREFIX)/share/tunlab $(DESTDIR)$(PREFIX)/share/doc/tunlab

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do \
		printf '  make %-10s %s\n' "$$name" "$$what"; done

# The recipe file changes only when compiler, flags or kinds do; what depends on them depends on it.
ifneq ($(strip $(RECIPE)),$(strip $(file <$(BUILD)/recipe)))
$(shell mkdir -p $(BUILD))
$(file >$(BUILD)/recipe,$(RECIPE))
endif

# make V=1 shows the commands.
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $@;)

$(BUILD)/tunlab: $(HARNESS_OBJECTS)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(HARNESS_LIBS)

$(BUILD)/tunlab-relay: $(RELAY_OBJECTS)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(RELAY_LDFLAGS) -o $@ $^ $(RELAY_LIBS)

$(BUILD)/ci/document/document: $(call object,$(DOCUMENT)) $(HARNESS_PARTS)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(HARNESS_LIBS)

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(HARNESS_PARTS)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(HARNESS_LIBS)

$(BUILD)/tests/drops/%: $(BUILD)/tests/drops/%.o $(HARNESS_PARTS)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(HARNESS_LIBS)

# They build labs themselves: the relay is looked for beside the program.
$(JUDGE_PROGRAMS): %: %.o $(JUDGE_PARTS) $(HARNESS_PARTS)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(HARNESS_LIBS)
	@ln -sf ../../tunlab-relay $(@D)/tunlab-relay

$(BUILD)/tests/mend/mend: %: %.o $(HARNESS_PARTS)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(HARNESS_LIBS)
	@ln -sf ../../tunlab-relay $(@D)/tunlab-relay

$(BUILD)/tests/wires/delay $(BUILD)/tests/wires/rate: $(BUILD)/tests/wires/stand.o

$(WIRES_PROGRAMS): %: %.o $(HARNESS_PARTS)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(HARNESS_LIBS)
	@ln -sf ../../tunlab-relay $(@D)/tunlab-relay

$(LIVE_PROGRAMS): %: %.o
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^

$(BUILD)/tests/live/forbidden: %: %.o $(RELAY_PARTS)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(RELAY_LDFLAGS) -o $@ $^ $(RELAY_LIBS)

$(BUILD)/tests/relay/%: $(BUILD)/tests/relay/%.o $(RELAY_PARTS)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(RELAY_LIBS)

$(REPLAY_PROGRAMS): %: %.o $(BUILD)/tests/fuzz/replay/main.o $(RELAY_PARTS)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(RELAY_LIBS)

$(FUZZERS): $(BUILD)/fuzzers/%: $(BUILD)/tests/fuzz/%.o $(RELAY_PARTS)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(RELAY_LIBS)

$(BUILD)/tests/fuzz/seeds/make: $(call object,$(SEEDS))
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^

$(BUILD)/%.o: %.c $(BUILD)/recipe
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) $(COVERED) -MMD -MP -c -o $@ $<

$(BUILD)/kinds.c: $(BUILD)/recipe harness/kinds
	@harness/kinds $(KINDS) >$@.new
	@mv $@.new $@

$(BUILD)/impairments.c: $(BUILD)/recipe harness/kinds
	@harness/kinds --relay $(KINDS) >$@.new
	@mv $@.new $@

$(BUILD)/calls.c: $(BUILD)/recipe forwarder/calls
	@CC='$(CC)' forwarder/calls >$@.new
	@mv $@.new $@

$(BUILD)/kinds.o $(BUILD)/impairments.o $(BUILD)/calls.o: %.o: %.c
	$(call say,CC)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The compiler says nothing of what .incbin reads.
$(BUILD)/harness/script/library.o: $(wildcard harness/script/library_*.sh)

.PRECIOUS: $(BUILD)/%.o
-include $(patsubst %.o,%.d,$(HARNESS_OBJECTS) $(RELAY_OBJECTS) $(call object,$(DOCUMENT))) $(addsuffix .d,$(UNIT_PROGRAMS) $(REPLAY_PROGRAMS)) \
-include $(patsubst %.o,%.d,$(HARNESS_OBJECTS) $(RELAY_OBJECTS) $(call object,$(DOCUMENT))) $(addsuffix .d,$(UNIT_PROGRAMS) $(REPLAY_PROGRAMS)) \
	$(patsubst %.c,$(BUILD)/%.d,$(JUDGE) tests/drops/drops.c tests/mend/mend.c $(LIVE) tests/live/forbidden.c tests/wires/stand.c tests/fuzz/replay/main.c $(SEEDS)) $(addsuffix .d,$(WIRES_PROGRAMS))
