# sonde - see "make help". GNU make; builds out of tree into O (default build/).

VERSION := 0.1.0
ABI     := 0

O      ?= build
PREFIX ?= /usr/local
DESTDIR ?=
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
PKG_CONFIG ?= pkg-config
MAKEFLAGS += --no-builtin-rules

ifneq ($(V),1)
Q := @
say = @printf '  %-7s %s\n' $(1) $(2)
endif

# --- what is built of what ------------------------------------------------------------------------
# The library: everything but the command line, the renderers, and the rooms that need more than
# libc and libcap.
PROGRAM_ONLY := src/io/resolve.c src/io/sandbox.c
LIB_SRC  := $(filter-out $(PROGRAM_ONLY),$(wildcard src/base/*.c src/wire/*.c src/probe/*.c src/algo/*.c src/io/*.c src/lib/*.c))
PROG_SRC := $(PROGRAM_ONLY) $(wildcard src/render/*.c src/cli/*.c)
PROG_SRC := $(filter $(wildcard $(PROG_SRC)),$(PROG_SRC))
MAIN_SRC := $(wildcard src/cli/main.c)
UNIT_SRC := $(wildcard tests/unit/test_*.c tests/sim/test_*.c)
SIM_SRC  := $(filter-out tests/sim/test_%.c tests/sim/main_%.c,$(wildcard tests/sim/*.c))

LIB_OBJ  := $(LIB_SRC:%.c=$(O)/obj/%.o)
PROG_OBJ := $(PROG_SRC:%.c=$(O)/obj/%.o)
SIM_OBJ  := $(SIM_SRC:%.c=$(O)/obj/%.o)
UNIT_BIN := $(UNIT_SRC:tests/%.c=$(O)/tests/%)

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
TEST_LIBS = -lcmocka

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all clean unit

all: $(if $(MAIN_SRC),$(O)/sonde) $(O)/libsonde.a

# Rebuild when the flags change.
FLAGS_NOW := $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)
$(O)/flags: FORCE
	@mkdir -p $(O)
	@printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' > $@
FORCE:
.PHONY: FORCE

$(O)/obj/%.o: %.c $(O)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/libsonde.a: $(LIB_OBJ)
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/sonde: $(PROG_OBJ) $(O)/libsonde.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -pie $(ALL_LDFLAGS) -o $@ $^ $(PROG_LIBS)

# A unit test is one file, one binary: linked with everything but main.
$(O)/tests/%: $(O)/obj/tests/%.o $(SIM_OBJ) $(filter-out %/cli/main.o,$(PROG_OBJ)) $(O)/libsonde.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PROG_LIBS) $(TEST_LIBS)

unit: $(UNIT_BIN)
	@set -e; for t in $(UNIT_BIN); do $$t; done

clean:
	rm -rf $(O)

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
