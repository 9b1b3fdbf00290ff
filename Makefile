# sonde - "make help" lists what can be asked for. GNU make; everything built lands in O.

VERSION := 0.1.0
ABI     := 0

O            ?= build
PREFIX       ?= /usr/local
BINDIR       ?= $(PREFIX)/bin
LIBDIR       ?= $(PREFIX)/lib
INCLUDEDIR   ?= $(PREFIX)/include
MANDIR       ?= $(PREFIX)/share/man
BASHCOMPDIR  ?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR   ?= $(PREFIX)/share/zsh/site-functions
FISHCOMPDIR  ?= $(PREFIX)/share/fish/vendor_completions.d
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
DESTDIR      ?=
PKG_CONFIG   ?= pkg-config
INSTALL      ?= install
SETCAP       ?= setcap
LDCONFIG     ?= PATH=$$PATH:/usr/sbin:/sbin ldconfig
GCOVR        ?= gcovr
CLANG        ?= clang
CLANG_TIDY   ?= clang-tidy
CLANG_FORMAT ?= clang-format
SECONDS      ?= 30
MUTANTS      ?= 60
SEEDS        ?= 1000
MAKEFLAGS    += --no-builtin-rules
# Make again, on all processors unless -j says how many.
again = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

ifneq ($(V),1)
Q := @
say = @printf '  %-7s %s\n' $(1) $(2)
endif

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
all:

# --- what is built of what ------------------------------------------------------------------------
# The library: everything but the command line, the renderers, and the rooms that need more than
# libc and libcap.
PROGRAM_ONLY := $(wildcard $(addprefix src/io/,resolve.c resolve_answer.c resolve_channel.c hostname.c hosts.c sandbox.c))
LIB_SRC  := $(filter-out $(PROGRAM_ONLY),$(wildcard $(addprefix src/,$(addsuffix /*.c,base wire probe algo io lib))))
PROG_SRC := $(PROGRAM_ONLY) $(wildcard src/render/*.c src/cli/*.c)
MAIN_SRC := $(wildcard src/cli/main.c)
FACE_SRC := $(wildcard src/lib/*.c)
# One test_NAME.c is one program; the other files beside it are helpers that each program may use.
UNIT_SRC := $(wildcard tests/unit/test_*.c tests/sim/test_*.c)
NETNS_SRC := $(wildcard tests/netns/test_*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
HELP_SRC := $(filter-out tests/sim/test_%.c tests/sim/main_%.c tests/unit/test_%.c,$(wildcard tests/sim/*.c tests/unit/*.c))
# simnet: the simulated internet around a real program.
MODEL_SRC := $(wildcard $(addprefix tests/sim/,topo.c topo_*.c sim.c sim_*.c arrivals.c datagram.c reassembly.c))
SIMNET_SRC := $(wildcard tests/simnet/*.c) tests/sim/main_simnet.c
BENCH_SRC := $(wildcard tests/bench/*.c) $(filter-out $(SIMNET_SRC),$(wildcard tests/sim/main_*.c))
EXAMPLE_SRC := $(wildcard examples/*.c)
ALL_SRC  := $(LIB_SRC) $(PROG_SRC) $(wildcard tests/*/*.c) $(EXAMPLE_SRC)
ALL_HDR  := $(wildcard src/*/*.h include/sonde/*.h tests/*/*.h)

obj = $(patsubst %.c,$(O)/obj/%.o,$(1))
LIB_OBJ  := $(call obj,$(LIB_SRC))
PROG_OBJ := $(call obj,$(PROG_SRC))
REST_OBJ := $(filter-out $(O)/obj/src/cli/main.o,$(PROG_OBJ))
HELP_OBJ := $(call obj,$(HELP_SRC))
UNIT_BIN := $(UNIT_SRC:tests/%.c=$(O)/tests/%)
NETNS_BIN := $(NETNS_SRC:tests/%.c=$(O)/tests/%)
REPLAY_BIN := $(FUZZ_SRC:tests/fuzz/fuzz_%.c=$(O)/tests/replay/%)
BENCH_BIN := $(BENCH_SRC:tests/%.c=$(O)/tests/%)
EXAMPLE_BIN := $(EXAMPLE_SRC:%.c=$(O)/%)
SCRIPTS  := $(wildcard tests/tools/test_*.sh tests/cli/*.sh tests/netns/test_*.sh)

# --- flags: ours first, so that a packager's CFLAGS and LDFLAGS win ---------------------------------
PROG_PKGS := libcap libseccomp libcares libidn2
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wvla -Walloca -Wformat=2 -Wundef -Wcast-qual \
	-Wwrite-strings -Wpointer-arith -Wnull-dereference -Wdouble-promotion -Wimplicit-fallthrough \
	-Wredundant-decls -Wdate-time -Wfloat-equal
ifeq ($(W),1)
WARN += -Werror
endif
HARDEN := -fstack-protector-strong -fstack-clash-protection -fno-common -fno-strict-overflow
ifeq ($(shell uname -m),x86_64)
HARDEN += -fcf-protection
endif
LINK_HARDEN := -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--as-needed
OPT := -O2 -g
ifeq ($(SAN),1)
OPT := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LINK_SAN := -fsanitize=address,undefined
else ifeq ($(FUZZING),1)
OPT := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LINK_SAN := -fsanitize=address,undefined
else ifeq ($(COV),1)
OPT := -O0 -g --coverage -fprofile-update=atomic
LINK_SAN := --coverage
else
HARDEN += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif
ALL_CPPFLAGS = -D_GNU_SOURCE -DSONDE_VERSION='"$(VERSION)"' -Isrc -Iinclude -I. $(CPPFLAGS)
ALL_CFLAGS = -std=c11 $(OPT) $(WARN) $(HARDEN) -fPIC -fvisibility=hidden $(CFLAGS)
ALL_LDFLAGS = $(LINK_HARDEN) $(LINK_SAN) $(LDFLAGS)
LIB_LIBS = $(shell $(PKG_CONFIG) --libs libcap) -lm
PROG_LIBS = $(shell $(PKG_CONFIG) --libs $(PROG_PKGS)) -lm
TEST_LIBS = -lcmocka -ljansson

# Rebuild when the flags change.
FLAGS_NOW := $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)
$(O)/flags: FORCE
	@mkdir -p $(O)
	@printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' > $@
FORCE:

# --- the program and the library --------------------------------------------------------------------
all: $(if $(MAIN_SRC),$(O)/sonde) $(if $(FACE_SRC),$(O)/libsonde.a $(O)/libsonde.so) ## build the program and the library (the default)

$(O)/obj/%.o: %.c $(O)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# What the program and the tests are linked with: every name in it is within reach.
$(O)/inside.a: $(LIB_OBJ)
$(O)/inside.a $(O)/help.a $(O)/rest.a:
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/sonde: $(PROG_OBJ) $(O)/inside.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -pie $(ALL_LDFLAGS) -o $@ $^ $(PROG_LIBS)

# What others link with shows the names that sonde.h declares and no other: one object, its
# hidden symbols made local.
OBJCOPY ?= objcopy
# gcc would else leave the object in its own intermediate form.
lto-rel = $(if $(findstring -flto,$(CFLAGS)),$(if $(findstring clang,$(CC)),,-flinker-output=nolto-rel))
$(O)/libsonde.a: $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)$(CC) $(filter-out -fsanitize% --coverage -fprofile%,$(ALL_CFLAGS)) $(lto-rel) -w -r -nostdlib -o $(O)/libsonde.o $^
	$(Q)$(OBJCOPY) --localize-hidden $(O)/libsonde.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(O)/libsonde.o

$(O)/libsonde.so.$(VERSION): $(LIB_OBJ) src/lib/sonde.map
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -shared -Wl,-soname,libsonde.so.$(ABI) -Wl,--version-script,src/lib/sonde.map \
		$(if $(LINK_SAN),,-Wl,-z,defs) $(ALL_LDFLAGS) -o $@ $(LIB_OBJ) $(LIB_LIBS)

$(O)/libsonde.so: $(O)/libsonde.so.$(VERSION)
	$(Q)ln -sf $(<F) $(O)/libsonde.so.$(ABI) && ln -sf libsonde.so.$(ABI) $@

# --- tests ------------------------------------------------------------------------------------------
# A test is one file, one program: linked with everything but main.
INSIDE = $(O)/help.a $(O)/rest.a $(O)/inside.a
$(O)/help.a: $(HELP_OBJ)
$(O)/rest.a: $(REST_OBJ)
link-test = $(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o %.a,$^) $(PROG_LIBS) $(TEST_LIBS)

$(UNIT_BIN): $(O)/tests/%: $(O)/obj/tests/%.o $(INSIDE)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(link-test)

# Those that let allocations fail: malloc and its kin go through alloc_fail.h.
ALLOC_SRC := $(if $(UNIT_SRC),$(shell grep -l 'alloc_fail\.h"' $(UNIT_SRC)))
$(ALLOC_SRC:tests/%.c=$(O)/tests/%): ALL_LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

NETNS_HELP := $(call obj,$(filter-out $(NETNS_SRC),$(wildcard tests/netns/*.c)))
$(NETNS_BIN): $(O)/tests/%: $(O)/obj/tests/%.o $(NETNS_HELP) $(INSIDE)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(link-test)

# A fuzz harness without libFuzzer: feeds it its seeds, what they start with, and slips of them.
FUZZ_HELP := $(call obj,$(filter-out $(FUZZ_SRC) tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c)))
$(REPLAY_BIN): $(O)/tests/replay/%: $(O)/obj/tests/fuzz/fuzz_%.o $(O)/obj/tests/fuzz/replay.o $(FUZZ_HELP) $(INSIDE)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(link-test)

# With it: "make fuzz".
FUZZ_BIN := $(FUZZ_SRC:tests/fuzz/%.c=$(O)/tests/fuzz/%)
$(FUZZ_BIN): $(O)/tests/fuzz/%: $(O)/obj/tests/fuzz/%.o $(FUZZ_HELP) $(INSIDE)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(ALL_LDFLAGS) -o $@ $(filter %.o %.a,$^) $(PROG_LIBS) $(TEST_LIBS)
.PHONY: fuzzers
fuzzers: $(FUZZ_BIN)

$(BENCH_BIN): $(O)/tests/%: $(O)/obj/tests/%.o $(INSIDE)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(link-test)

# It asks the kernel for links and routes, which the program does not.
$(O)/simnet: $(call obj,$(SIMNET_SRC) $(MODEL_SRC)) $(O)/inside.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs libmnl) $(LIB_LIBS)

# Examples see the public header and the public library alone.
$(EXAMPLE_BIN): $(O)/examples/%: examples/%.c $(O)/libsonde.a include/sonde/sonde.h
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -std=c11 $(OPT) $(WARN) -D_GNU_SOURCE -Iinclude $(CPPFLAGS) $(CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(O)/libsonde.a $(LIB_LIBS)

RUN = CC='$(CC)' MAKE='$(MAKE)' tests/run -o $(O)
.PHONY: all help deps deps-build deps-check tests check unit netns sim fuzz demo
tests: all $(O)/simnet $(UNIT_BIN) $(NETNS_BIN) $(REPLAY_BIN) $(EXAMPLE_BIN) $(BENCH_BIN)

deps: ## install all packages that building, testing and linting want (as root; else print the line)
	@tests/tools/deps build check lint
deps-build: ## install the few packages that building alone wants (the same)
	@tests/tools/deps build
deps-check:
	@tests/tools/deps build check

check: deps-check ## build and run every test that this machine permits
	+@$(again) tests
	@$(RUN) $(NETNS_BIN) $(SCRIPTS) $(UNIT_BIN) $(REPLAY_BIN)

unit: $(UNIT_BIN) $(REPLAY_BIN) ## only what needs no kernel: unit tests, simulations, fuzz seeds
	@$(RUN) $(UNIT_BIN) $(REPLAY_BIN)

netns: all $(O)/simnet $(NETNS_BIN) ## only the tests against the real kernel, in namespaces
	@$(RUN) $(NETNS_BIN) $(filter tests/netns/%,$(SCRIPTS))

sim: $(O)/tests/sim/main_simulate ## every simulated scenario under SEEDS=1000 seeds, or one SEED=n
	@$< $(if $(SEED),-s $(SEED),-n $(SEEDS))

fuzz: ## let libFuzzer run each harness for SECONDS=30 (NAMES="icmp reply" for some)
	+@$(again) CC='$(CLANG)' FUZZING=1 O=$(O)/fuzz fuzzers
	@tests/tools/fuzz $(O)/fuzz $(SECONDS) $(NAMES)

demo: deps-build ## build, then ping loopback, as text and as JSON, and over a simulated path
	+@$(again) all $(O)/simnet
	@tests/tools/demo $(O)/sonde $(O)/simnet

# --- judgement without running ------------------------------------------------------------------------
.PHONY: layers lint-man analyze tidy cppcheck format format-check coverage mutate bench-ping bench-simnet
layers: ## an include goes sideways or down, never up
	@tests/tools/layers src

lint-man: ## the manual pages, by mandoc
	@tests/tools/lint-man man/*.[1-9]

analyze: ## gcc -fanalyzer over all of src (at -O0: the optimiser removes the evidence)
	+@$(again) CC=gcc O=$(O)/analyze W=1 CFLAGS='-O0 -U_FORTIFY_SOURCE -fanalyzer' analyzed
.PHONY: analyzed
analyzed: $(LIB_OBJ) $(PROG_OBJ)

# One process for each file, as many at once as there are processors.
each = printf '%s\n' $(1) | xargs -P $$(nproc) -n 1
tidy: ## clang-tidy by .clang-tidy
	$(Q)$(call each,$(LIB_SRC) $(PROG_SRC)) sh -c '$(CLANG_TIDY) --quiet "$$1" -- -std=c11 -D_GNU_SOURCE -DSONDE_VERSION=\"\" -Isrc -Iinclude 2>/dev/null' tidy

cppcheck: ## cppcheck over src
	$(Q)cppcheck --quiet -j $$(nproc) --std=c11 --enable=warning,style,performance,portability \
		--inline-suppr --suppressions-list=tests/tools/cppcheck.txt --error-exitcode=1 \
		-D_GNU_SOURCE -DSONDE_VERSION='""' -Isrc -Iinclude $(LIB_SRC) $(PROG_SRC)

format: ## lay out every C file by .clang-format
	$(Q)$(CLANG_FORMAT) -i $(ALL_SRC) $(ALL_HDR)
format-check: ## say which files are not laid out so
	@bad=$$(for f in $(ALL_SRC) $(ALL_HDR); do $(CLANG_FORMAT) $$f | cmp -s - $$f || echo "  $$f"; done); \
		test -z "$$bad" || { printf 'not laid out by .clang-format (make format):\n%s\n' "$$bad"; exit 1; }

coverage: ## unit tests counted over base wire probe algo: 95 % of lines, 85 % of branches
	+@$(again) COV=1 O=$(O)/cov covered
.PHONY: covered
covered:
	@find $(O) -name '*.gcda' -delete 2>/dev/null || true
	+@$(again) unit
	@tests/tools/coverage $(O) '$(GCOVR)'

mutate: ## break lines of base wire probe algo one by one, MUTANTS=60 of them by SEED: tests must notice
	@tests/tools/mutate -n $(MUTANTS) $(if $(SEED),-s $(SEED)) $(FILES)

bench-ping: all $(BENCH_BIN) ## ratios against iputils ping and fping over a veth pair (root)
	@tests/bench/ping.sh $(O)

bench-simnet: $(O)/simnet $(O)/tests/bench/blast ## what simnet carries, and how true its delays are (root)
	@tests/bench/simnet.sh $(O)

# --- install --------------------------------------------------------------------------------------------
.PHONY: install install-caps uninstall dist clean
D = $(DESTDIR)
# Programs find a library in /usr/local/lib only once it is in the linker's cache. A package's own scripts see to that.
tell_linker = @[ -n "$(D)" ] || [ "$$(id -u)" -ne 0 ] || $(LDCONFIG)
MAN := $(wildcard man/*.[1-9])
PAGES = $(foreach page,$(MAN),$(MANDIR)/man$(patsubst .%,%,$(suffix $(page)))/$(notdir $(page)))

install: all ## PREFIX=/usr/local DESTDIR=
	$(INSTALL) -d $(D)$(BINDIR) $(D)$(LIBDIR) $(D)$(PKGCONFIGDIR) $(D)$(INCLUDEDIR)/sonde \
		$(D)$(BASHCOMPDIR) $(D)$(ZSHCOMPDIR) $(D)$(FISHCOMPDIR)
	$(INSTALL) -m 755 $(O)/sonde $(D)$(BINDIR)/sonde
	$(INSTALL) -m 644 $(O)/libsonde.a $(D)$(LIBDIR)/libsonde.a
	$(INSTALL) -m 755 $(O)/libsonde.so.$(VERSION) $(D)$(LIBDIR)/libsonde.so.$(VERSION)
	ln -sf libsonde.so.$(VERSION) $(D)$(LIBDIR)/libsonde.so.$(ABI)
	ln -sf libsonde.so.$(ABI) $(D)$(LIBDIR)/libsonde.so
	$(INSTALL) -m 644 $(wildcard include/sonde/*.h) $(D)$(INCLUDEDIR)/sonde/
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(VERSION)|' src/lib/sonde.pc.in > $(D)$(PKGCONFIGDIR)/sonde.pc
	for page in $(MAN); do $(INSTALL) -D -m 644 $$page $(D)$(MANDIR)/man$${page##*.}/$${page##*/} || exit 1; done
	$(O)/sonde completion bash > $(D)$(BASHCOMPDIR)/sonde
	$(O)/sonde completion zsh > $(D)$(ZSHCOMPDIR)/_sonde
	$(O)/sonde completion fish > $(D)$(FISHCOMPDIR)/sonde.fish
	$(tell_linker)

install-caps: ## let every user of the installed program open raw sockets (root)
	$(SETCAP) cap_net_raw+p $(D)$(BINDIR)/sonde

uninstall: ## remove what install put there
	rm -f $(D)$(BINDIR)/sonde $(D)$(LIBDIR)/libsonde.a $(D)$(LIBDIR)/libsonde.so $(D)$(LIBDIR)/libsonde.so.$(ABI) \
		$(D)$(LIBDIR)/libsonde.so.$(VERSION) $(D)$(PKGCONFIGDIR)/sonde.pc $(addprefix $(D)$(INCLUDEDIR)/sonde/,$(notdir $(wildcard include/sonde/*.h))) \
		$(addprefix $(D),$(PAGES)) \
		$(D)$(BASHCOMPDIR)/sonde $(D)$(ZSHCOMPDIR)/_sonde $(D)$(FISHCOMPDIR)/sonde.fish
	-rmdir $(D)$(INCLUDEDIR)/sonde
	$(tell_linker)

dist: ## sonde-VERSION.tar.gz of what is committed
	git archive --prefix=sonde-$(VERSION)/ -o sonde-$(VERSION).tar.gz HEAD

clean: ## remove all that was built
	rm -rf $(O)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' Makefile
	@printf '%s\n' '' '  W=1 warnings are errors   V=1 show commands   SAN=1 ASan and UBSan   COV=1 count coverage' \
		'  O=DIR build there   CC=clang   CFLAGS= LDFLAGS= come last and win'

-include $(patsubst %.o,%.d,$(call obj,$(ALL_SRC)))
