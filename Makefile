# SPDX-License-Identifier: Apache-2.0
# The one Makefile of sluice; `make help` tells the targets.
#
#	V=1			shows the commands
#	DEVELOPER=1		warnings are errors
#	SAN=address,undefined	builds with these sanitizers, apart from the
#	SAN=thread		plain build

CC ?= cc
CXX ?= c++
PREFIX ?= /usr
DESTDIR ?=

comma := ,
B := build$(if $(SAN),/$(firstword $(subst $(comma), ,$(SAN))))
ARCH := $(shell uname -m)

pkg = $(shell pkg-config $(1) $(2) 2>/dev/null)
DAEMON_PKGS := libuv rdkafka sqlite3 libmicrohttpd simdjson nettle libpcre2-8
CLIENT_PKGS := libcurl jansson libedit

WARN := -Wall -Wextra -Wshadow=local -Wvla $(if $(DEVELOPER),-Werror)
CWARN := -Wstrict-prototypes -Wmissing-prototypes
HARDEN := -fPIE -fstack-protector-strong -fstack-clash-protection \
	$(if $(filter x86_64,$(ARCH)),-fcf-protection) \
	$(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
OPT := $(if $(SAN),-O1 -fno-omit-frame-pointer,-O3) -g \
	$(if $(filter x86_64,$(ARCH)),-march=x86-64-v2)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)
VERSION := $(shell sed -n 's/^\#define SLUICE_VERSION "\(.*\)"/\1/p' base/version.h 2>/dev/null)
CPPFLAGS += -I. -I$(B)/gen -D_GNU_SOURCE
ALLCFLAGS = -std=gnu11 $(OPT) $(HARDEN) $(SANFLAGS) $(WARN) $(CWARN) $(CFLAGS)
ALLCXXFLAGS = -std=c++17 $(OPT) $(HARDEN) $(SANFLAGS) $(WARN) -fno-exceptions $(CXXFLAGS)
LDFLAGS += -pie -Wl,-z,relro,-z,now $(SANFLAGS)
DAEMON_LIBS = $(call pkg,--libs,$(DAEMON_PKGS)) -linih -lpthread -lm
CLIENT_LIBS = $(call pkg,--libs,$(CLIENT_PKGS)) -lpthread -lm

# All cores, unless the caller says otherwise.
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif

ifeq ($(V),1)
say = @:
Q :=
else
say = @echo "  $(1)	$(2)"
Q := @
endif

# ---- sources ----
LIB_DIRS := base parser runtime runtime/kernels runtime/aggs runtime/operators \
	runtime/connectors runtime/formats
LIB_SRC := $(foreach d,$(LIB_DIRS),$(sort $(wildcard $(d)/*.c)))
LIB_CXX := $(sort $(wildcard runtime/formats/*.cc))
GEN_SRC := $(if $(wildcard parser/lexer.re),$(B)/gen/parser/lexer.c) \
	$(if $(wildcard parser/grammar.y),$(B)/gen/parser/grammar.c)
DAEMON_SRC := $(filter-out daemon/main.c,$(sort $(wildcard daemon/*.c)))
CLIENT_SRC := $(filter-out client/main.c,$(sort $(wildcard client/*.c)))

LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o) $(LIB_CXX:%.cc=$(B)/%.o) \
	$(GEN_SRC:$(B)/gen/%.c=$(B)/gen/%.o)
DAEMON_OBJ := $(DAEMON_SRC:%.c=$(B)/%.o)
BASE_OBJ := $(patsubst %.c,$(B)/%.o,$(filter base/%,$(LIB_SRC)))
PROGRAMS := $(if $(wildcard daemon/main.c),$(B)/sluiced) \
	$(if $(wildcard client/main.c),$(B)/sluice)

UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
UNIT_HELP := $(filter-out $(UNIT_SRC),$(sort $(wildcard tests/unit/*.c)))
UNIT_BIN := $(UNIT_SRC:%.c=$(B)/%)
# Those of client/ are linked with it, all others with the daemon.
CLIENT_UNIT := $(filter $(B)/tests/unit/test_client_%,$(UNIT_BIN))
SCENARIO_SRC := $(sort $(wildcard tests/scenario/*.c))
SCENARIO_BIN := $(SCENARIO_SRC:%.c=$(B)/%)
# Programs of the long suites: each prints the same ok/not ok/skip lines.
PROPERTY_SRC := $(sort $(wildcard tests/property/test_*.c tests/fault/test_*.c))
PROPERTY_BIN := $(PROPERTY_SRC:%.c=$(B)/%)
MORE_HELP := $(filter-out $(PROPERTY_SRC),$(sort $(wildcard tests/property/*.c tests/fault/*.c)))
KAFKA_SRC := $(sort $(wildcard tests/kafka/test_*.c))
KAFKA_BIN := $(KAFKA_SRC:%.c=$(B)/%)
BENCH_BIN := $(patsubst %.c,$(B)/%,$(sort $(wildcard bench/bench_*.c)))
FUZZ_BIN := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
SYSTEM := $(sort $(wildcard tests/system/test_*.py tests/system/test_*.sh))
# Unit tests with threads of their own, run once more under TSan.
THREADED := $(sort $(wildcard tests/unit/test_*thread*.c))

.PHONY: all test check check-all lint demo bench deps deps-test install deb format docs \
	help fuzz dist clean test-bins test-after-deps
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

all: $(B)/libsluice.a $(PROGRAMS)

$(B)/libsluice.a: $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $(LIB_OBJ)
$(B)/libdaemon.a: $(DAEMON_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $(DAEMON_OBJ)

# Under TSan librdkafka's threads have to be ones that it knows.
TSAN_OBJ := $(if $(filter thread,$(SAN)),$(B)/tests/unit/c11_threads.o)
$(B)/sluiced: $(B)/daemon/main.o $(TSAN_OBJ) $(B)/libdaemon.a $(B)/libsluice.a
	$(call say,LINK,$@)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(DAEMON_LIBS)
$(B)/libclient.a: $(CLIENT_SRC:%.c=$(B)/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^
$(B)/sluice: $(B)/client/main.o $(B)/libclient.a $(BASE_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(CLIENT_LIBS)

# ---- compiling ----
$(B)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALLCFLAGS) -MMD -MP -c -o $@ $<
$(B)/%.o: %.cc
	$(call say,CXX,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CXX) $(CPPFLAGS) $(ALLCXXFLAGS) -MMD -MP -c -o $@ $<
# What re2c and Lemon write is theirs: our warnings do not apply.
$(B)/gen/%.o: $(B)/gen/%.c
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) -I. $(ALLCFLAGS) -w -MMD -MP -c -o $@ $<

$(B)/gen/parser/lexer.c: parser/lexer.re
	$(call say,RE2C,$<)
	$(Q)mkdir -p $(@D)
	$(Q)re2c -W --no-generation-date -i -o $@ $<
$(B)/gen/parser/grammar.c: parser/grammar.y
	$(call say,LEMON,$<)
	$(Q)mkdir -p $(@D)
	$(Q)lemon -q -s -d$(@D) $< >$(B)/gen/parser/lemon.out || { cat $(B)/gen/parser/lemon.out; exit 1; }
$(B)/gen/parser/grammar.h: $(B)/gen/parser/grammar.c ;
# Token numbers are needed before anything of the parser can be compiled.
$(patsubst %.c,$(B)/%.o,$(wildcard parser/*.c tests/unit/test_parse*.c)) \
$(GEN_SRC:$(B)/gen/%.c=$(B)/gen/%.o): | $(if $(wildcard parser/grammar.y),$(B)/gen/parser/grammar.h)

# ---- tests ----
TEST_LIBS := $(B)/libdaemon.a $(B)/libsluice.a
$(filter-out $(CLIENT_UNIT),$(UNIT_BIN)): $(B)/%: $(B)/%.o \
		$(UNIT_HELP:%.c=$(B)/%.o) $(TEST_LIBS)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(DAEMON_LIBS)
$(CLIENT_UNIT): $(B)/%: $(B)/%.o $(B)/tests/unit/main.o $(B)/libclient.a \
		$(BASE_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(CLIENT_LIBS)
$(SCENARIO_BIN) $(BENCH_BIN) $(FUZZ_BIN) $(KAFKA_BIN): $(B)/%: $(B)/%.o \
		$(UNIT_HELP:%.c=$(B)/%.o) $(TEST_LIBS)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(DAEMON_LIBS)
$(PROPERTY_BIN): $(B)/%: $(B)/%.o $(UNIT_HELP:%.c=$(B)/%.o) \
		$(MORE_HELP:%.c=$(B)/%.o) $(TEST_LIBS)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(DAEMON_LIBS)

# These stand alone: demo, benchmarks and Kafka tests use them.
TOOLS := $(B)/bench/feed_words $(B)/bench/bare_reader \
	$(B)/tests/kafka/put_records $(B)/tests/kafka/admin
$(TOOLS): $(B)/%: $(B)/%.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(call pkg,--libs,rdkafka)

test-bins: $(UNIT_BIN) $(SCENARIO_BIN)

check: all test-bins lint
	$(Q)tests/run $(UNIT_BIN) $(SCENARIO_BIN)

# Everything; installs what is missing first, then goes on in a new make that
# sees it (pkg-config's answers are read when make starts).
test:
	$(Q)$(MAKE) --no-print-directory deps-test
	$(Q)$(MAKE) --no-print-directory test-after-deps
test-after-deps: all test-bins $(PROPERTY_BIN) $(KAFKA_BIN) $(TOOLS)
	$(Q)$(MAKE) --no-print-directory SAN=address,undefined test-bins fuzz
	$(Q)$(if $(THREADED),$(MAKE) --no-print-directory SAN=thread $(THREADED:%.c=build/thread/%))
	$(Q)tests/run tests/lint \
		$(UNIT_BIN) $(SCENARIO_BIN) $(PROPERTY_BIN) \
		$(KAFKA_BIN) \
		$(sort $(wildcard tests/kafka/test_*.py tests/kafka/test_*.sh)) \
		$(UNIT_BIN:build/%=build/address/%) \
		$(SCENARIO_BIN:build/%=build/address/%) \
		$(FUZZ_BIN:build/%=build/address/%) \
		$(THREADED:%.c=build/thread/%) \
		$(sort $(wildcard tests/property/test_*.py tests/property/test_*.sh)) \
		tests/mutants/run \
		$(sort $(wildcard tests/fault/test_*.py tests/fault/test_*.sh)) \
		$(SYSTEM)

# The long programmes too: everything of `test` with more rounds, under ASan.
check-all: deps-test
	$(Q)$(MAKE) --no-print-directory SAN=address,undefined all
	$(Q)$(MAKE) --no-print-directory SAN=thread all
	$(Q)SLUICE_LONG=1 SLUICE_TEST_TIMEOUT=3600 \
		$(MAKE) --no-print-directory test-after-deps
	$(Q)SLUICE_BUILD=build/address tests/run $(SYSTEM)
	$(Q)SLUICE_BUILD=build/thread tests/run $(SYSTEM)

lint:
	$(Q)tests/lint

fuzz: $(FUZZ_BIN)

bench: all $(BENCH_BIN) $(TOOLS)
	$(Q)bench/run $(BENCH_BIN)

# ---- the rest ----
deps:
	$(Q)scripts/deps build
deps-test:
	$(Q)scripts/deps build test

demo:
	$(Q)scripts/deps build demo
	$(Q)$(MAKE) --no-print-directory all $(B)/bench/feed_words
	$(Q)scripts/demo $(if $(KAFKA),--kafka $(KAFKA))

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin \
		$(DESTDIR)/etc/sluice $(DESTDIR)$(PREFIX)/lib/systemd/system \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d \
		$(DESTDIR)$(PREFIX)/share/doc/sluice/examples \
		$(DESTDIR)$(PREFIX)/share/doc/sluice/grafana \
		$(DESTDIR)$(PREFIX)/share/doc/sluice/manual \
		$(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/man/man5 \
		$(DESTDIR)$(PREFIX)/share/man/man8
	install -m 755 build/sluiced $(DESTDIR)$(PREFIX)/sbin/
	install -m 755 build/sluice $(DESTDIR)$(PREFIX)/bin/
	install -m 644 etc/sluice.ini $(DESTDIR)/etc/sluice/
	sed 's|@SBINDIR@|$(PREFIX)/sbin|' systemd/sluiced.service \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/sluiced.service
	chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/sluiced.service
	install -m 644 systemd/sluiced.socket $(DESTDIR)$(PREFIX)/lib/systemd/system/
	install -m 644 systemd/sluice.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/sluice.conf
	install -m 644 systemd/sluice.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/sluice.conf
	install -m 644 etc/examples/*.sql $(DESTDIR)$(PREFIX)/share/doc/sluice/examples/
	install -m 644 etc/grafana/sluice.json $(DESTDIR)$(PREFIX)/share/doc/sluice/grafana/
	install -m 644 docs/manual/*.md $(DESTDIR)$(PREFIX)/share/doc/sluice/manual/
	install -m 644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 docs/man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5/
	install -m 644 docs/man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8/
	install -m 644 README.md NEWS.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/sluice/

# build/sluice_VERSION_ARCH.deb
deb: all
	scripts/deb

# The tables of the manual and of the man pages, from where their rows are
# declared.
docs: all
	$(Q)scripts/manual
	$(Q)build/sluiced -c /dev/null --print-config >etc/sluice.ini

format:
	clang-format -i $$(git ls-files '*.c' '*.h' '*.cc')

dist:
	git archive --prefix=sluice-$(VERSION)/ -o build/sluice-$(VERSION).tar.gz HEAD

clean:
	rm -rf build

help:
	@echo 'make            build build/sluiced and build/sluice'
	@echo 'make demo       install what is missing, build, and show the experiment live'
	@echo '                (KAFKA=host:port uses a real broker)'
	@echo 'make test       install what the tests need and run all of them'
	@echo 'make check      unit and scenario tests and lint, under a minute'
	@echo 'make check-all  the long programmes as well'
	@echo 'make bench      the speed claims, measured on this machine'
	@echo 'make lint       include direction, homes of libraries, headers alone'
	@echo 'make deps       install the Debian packages that are missing'
	@echo 'make install    DESTDIR= PREFIX=/usr'
	@echo 'make deb        a Debian package of that, in build/'
	@echo 'make docs       the tables of docs/manual and docs/man, anew'
	@echo 'make fuzz format dist clean help'
	@echo 'V=1 DEVELOPER=1 SAN=address,undefined SAN=thread'

-include $(shell find $(B) -name '*.d' -not -path '$(B)/address/*' -not -path '$(B)/thread/*' 2>/dev/null)
