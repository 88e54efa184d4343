# `make help` lists the targets. Those that run or test a box need root: sudo make ...

CC ?= cc
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wformat=2 -Werror
BUSYBOX ?= $(shell command -v busybox)
CMD ?= sh
# A path may hold any character: recipes take paths from the environment, where the shell does not parse them.
export BUSYBOX

# The steps of the first day, and those of the second, which lie in final/ as they are the way to it.
DAY_ONE = $(sort $(wildcard step0*))
DAY_TWO = $(sort $(wildcard final/step*))
STEPS = $(DAY_ONE) $(DAY_TWO)
BOXES = $(STEPS:%=%/box)

# final/: box starts containers; box-oci those that an engine has prepared, by the same core; box-unpack
# reads archives for box, and writes some; box-seccomp compiles system call filters, one of them now;
# box-systemd asks systemd for what box-oci needs.
FINAL = final/box final/box-oci final/box-unpack final/box-seccomp final/box-systemd

# The rooms of final/, and what a file of each may include: arrows go one way. tests/docs/rooms looks at the objects.
MAY_INCLUDE_base = base
MAY_INCLUDE_core = base core
MAY_INCLUDE_image = base image
MAY_INCLUDE_engine = base core image engine
MAY_INCLUDE_oci = base core oci
MAY_INCLUDE_helpers = base helpers
OBJECTS_OF = $(patsubst %.c,%.o,$(wildcard final/$(1)/*.c))
BOX_LIBS = jansson libcap libmd
UNPACK_LIBS = libarchive zlib
SECCOMP_LIBS = jansson libseccomp
SYSTEMD_LIBS = libsystemd
LIBS = $(sort $(BOX_LIBS) $(UNPACK_LIBS) $(SECCOMP_LIBS) $(SYSTEMD_LIBS))
LIB_PACKAGES = pkg-config libarchive-dev libcap-dev libjansson-dev libmd-dev libseccomp-dev libsystemd-dev zlib1g-dev

# What of a room, or of a library that is linked statically, a program does not use stays out of it.
UNUSED = -Wl,--gc-sections

# Static, box starts in half the time, and it starts itself twice: protect_own_file() in final/core/protect.c
# says why. With a sanitizer, or where a library is there as a shared one alone, it is as usual.
# The entry point of a static program is early_start(): see final/core/early.c. It is left out where the compiler has put
# calls of a library into that file, as for coverage.
EARLY = $(shell nm final/core/early.o | awk '$$NF == "early_start" { there = 1 } $$1 == "U" && $$2 != "_start" { needs = 1 } \
	END { if (there && !needs) print "--entry=early_start" }')
STATIC = $(shell echo 'int main(void) { return 0; }' | $(CC) $(CFLAGS) $(LDFLAGS) -static -x c -o final/static.probe - -x none \
	$(shell pkg-config --libs $(BOX_LIBS)) -lm 2>/dev/null && echo -static $(EARLY); rm -f final/static.probe)

# Where make install puts them: below DESTDIR, if that is set.
PREFIX ?= /usr/local
DESTDIR ?=
export PREFIX DESTDIR
TO = "$$DESTDIR$$PREFIX"

# The folder of stage STEP, or of the newest one, and that of the stage before STEP.
THIS = $(if $(STEP),$(filter step$(STEP)-% final/step$(STEP)-%,$(STEPS)),$(lastword $(STEPS)))
BEFORE = $(shell printf '%s\n' $(STEPS) | grep -B 1 '\<step$(STEP)-' | grep -v '\<step$(STEP)-')

# A step is built without final. The first day's need no library; one that does says so in its first comment.
NEEDED = $(if $(filter-out final,$(STEP)),$(if $(THIS),$(THIS)/box),$(if $(STEP),final,all))

all: $(BOXES) $(FINAL) ## Build every step, and final/

final: $(FINAL) ## Build final/: needs the libraries named above, and pkg-config

steps: $(DAY_ONE:%=%/box) ## Build the first day's steps, 01 to 06: needs a C library alone

second-day: $(DAY_TWO:%=%/box) ## Build the second day's steps, 07 to 14: needs libarchive

LIBRARIES_OF = $(shell sed -n '2s,^ \* cc -o box box\.c \(.*\) \*/$$,\1,p' $(1))

$(BOXES): %: %.c
	$(CC) $(CFLAGS) $(WARNINGS) $(LDFLAGS) -o $@ $< $(call LIBRARIES_OF,$<)

final/%.o: final/%.c | libraries
	$(CC) $(CFLAGS) $(WARNINGS) -ffunction-sections -fdata-sections -MMD -MP $(patsubst %,-iquote final/%,$(MAY_INCLUDE_$(word 2,$(subst /, ,$@)))) \
		$(shell pkg-config --cflags $(LIBS)) -c -o $@ $<

-include $(wildcard final/*/*.d)

libraries:
	@missing=; command -v pkg-config >/dev/null || missing=" pkg-config"; \
	for lib in $(LIBS); do pkg-config --exists $$lib 2>/dev/null || missing="$$missing $$lib"; done; \
	test -z "$$missing" || { echo "final/ lacks$$missing: install $(LIB_PACKAGES)" \
		"(Debian's names; README.md has others). make steps needs none of them." >&2; exit 1; }

final/base/base.a: $(call OBJECTS_OF,base)
final/core/core.a: $(call OBJECTS_OF,core)
final/image/image.a: $(call OBJECTS_OF,image)

%.a:
	rm -f $@
	$(AR) rcs $@ $^

final/box: $(call OBJECTS_OF,engine) final/image/image.a final/core/core.a final/base/base.a
	$(CC) $(CFLAGS) $(LDFLAGS) $(UNUSED) $(STATIC) -o $@ $^ $(shell pkg-config --libs $(BOX_LIBS))

final/box-oci: $(call OBJECTS_OF,oci) final/core/core.a final/base/base.a
	$(CC) $(CFLAGS) $(LDFLAGS) $(UNUSED) $(STATIC) -o $@ $^ $(shell pkg-config --libs $(BOX_LIBS)) -lm

HELPER_OF = $(patsubst %,final/helpers/%.o,$(1)) final/base/base.a

final/box-unpack: $(call HELPER_OF,box-unpack decompress extract job messages over pack quota read-archive)
	$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(shell pkg-config --libs $(UNPACK_LIBS))

final/box-seccomp: $(call HELPER_OF,box-seccomp seccomp-profile seccomp-tree)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(SECCOMP_LIBS))

final/box-systemd: $(call HELPER_OF,box-systemd)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(SYSTEMD_LIBS))

# The filter of the default set of capabilities, as the initializer of an array.
final/core/seccomp.inc: final/box-seccomp
	final/box-seccomp --inc >$@.new
	mv $@.new $@

final/core/seccomp.o: final/core/seccomp.inc

final/core/early.o: override CFLAGS += -fno-stack-protector

rootfs: rootfs.tar.gz ## Make rootfs/ and rootfs.tar.gz, a root filesystem of busybox alone

# The modes do not depend on the umask.
rootfs/bin/busybox:
	@test -x "$$BUSYBOX" || { echo "no busybox: install busybox-static, or set BUSYBOX="; exit 1; }
	@! ldd "$$BUSYBOX" >/dev/null 2>&1 || { echo "$$BUSYBOX is not static"; exit 1; }
	tests/lib/remove rootfs
	install -d rootfs rootfs/bin rootfs/dev rootfs/etc rootfs/proc rootfs/root rootfs/sys
	install -d -m 1777 rootfs/tmp
	umask 022 && echo 'root:x:0:0:root:/root:/bin/sh' >rootfs/etc/passwd
	umask 022 && echo 'root:x:0:' >rootfs/etc/group
	for applet in $$("$$BUSYBOX" --list | grep -vx busybox); do \
		ln -s busybox "rootfs/bin/$$applet"; \
	done
	install "$$BUSYBOX" $@

rootfs.tar.gz: rootfs/bin/busybox
	tar -C rootfs --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -czf $@ .

# What the tests take for their hosts. Static it starts faster, and not every system has a static C library.
tests/lib/host: tests/lib/host.c
	$(CC) $(CFLAGS) $(WARNINGS) $(LDFLAGS) -static -o $@ $< 2>/dev/null || $(CC) $(CFLAGS) $(WARNINGS) $(LDFLAGS) -o $@ $<

# The unit tests: what they test is built once more, with the sanitizers where the compiler has them, and so that
# only what is needed is linked. The rest is as it is in final/. The compiler is asked once.
UNIT_TESTED = $(wildcard final/base/*.c) final/core/user.c final/core/device-rules.c final/core/mountinfo.c \
	final/image/layout.c final/engine/logs.c final/engine/options.c final/engine/ranges.c final/engine/volumes.c $(filter-out %/box-oci.c,$(wildcard final/oci/*.c)) \
	$(patsubst %,final/helpers/%.c,job quota read-archive seccomp-profile seccomp-tree)
FUZZ_TARGETS = archive config env-file layout mountinfo users
FUZZ_FILES = $(FUZZ_TARGETS:%=tests/fuzz/%.c) tests/fuzz/fuzz.c
UNIT_OBJECTS = $(patsubst %.c,tests/unit/build/%.o,$(wildcard tests/unit/*.c) $(FUZZ_FILES))
UNIT_TESTED_OBJECTS = $(UNIT_TESTED:%.c=tests/unit/build/%.o)
SANITIZERS = -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_FLAGS = $(eval UNIT_FLAGS := $(CFLAGS) -O1 $(shell mkdir -p tests/unit/build && echo 'int main(void) { return 0; }' | \
	$(CC) $(CFLAGS) $(LDFLAGS) $(SANITIZERS) -x c -o tests/unit/build/probe - 2>/dev/null && echo '$(SANITIZERS)') \
	$(shell pkg-config --cflags $(LIBS)))$(UNIT_FLAGS)
UNIT_ROOMS = $(patsubst %,-iquote final/%,base core image engine oci helpers) -iquote tests/unit -iquote tests/fuzz
UNIT_LIBS = -lm $(shell pkg-config --libs $(LIBS))

tests/unit/build/%.o: %.c | libraries
	@mkdir -p $(@D)
	$(CC) $(UNIT_FLAGS) $(WARNINGS) -MMD -MP $(UNIT_ROOMS) -c -o $@ $<

-include $(patsubst %.o,%.d,$(UNIT_OBJECTS) $(UNIT_TESTED_OBJECTS))

tests/unit/build/tested.a: $(UNIT_TESTED_OBJECTS)

# What is tested needs core/, and core/ needs what is tested of base/.
BOTH_WAYS = $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group

tests/unit/build/unit: $(UNIT_OBJECTS) tests/unit/build/tested.a final/core/core.a
	$(CC) $(UNIT_FLAGS) $(LDFLAGS) -o $@ $(BOTH_WAYS) $(UNIT_LIBS)

# What options keep they keep as long as the program runs: no leaks are looked for.
unit: tests/unit/build/unit ## Run the unit tests, of what needs no kernel feature: no root, some seconds; TEST=WORD for some of them
	@ASAN_OPTIONS=detect_leaks=0 tests/unit/build/unit $(TEST)

# The fuzz targets, which clang's libFuzzer runs: see tests/fuzz/fuzz.h.
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 60
FUZZ_FLAGS = -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_OBJECTS = $(patsubst %.c,tests/fuzz/build/%.o,$(UNIT_TESTED) $(FUZZ_FILES) tests/fuzz/libfuzzer.c)

fuzz: fuzz-build ## Give hostile files to what reads config.json, archives and so on: FUZZ_SECONDS=60 each; TARGET=NAME for one (clang)
	@tests/fuzz/run $(FUZZ_SECONDS) $(or $(TARGET),$(FUZZ_TARGETS))

fuzz-build: fuzz-compiler $(FUZZ_TARGETS:%=tests/fuzz/build/%)

fuzz-compiler:
	@mkdir -p tests/fuzz/build && echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' | \
		$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -x c -o tests/fuzz/build/probe - >/dev/null 2>&1 || \
		{ echo "$(FUZZ_CC) makes no fuzzer: install clang and its runtime, Debian's packages clang and libclang-rt-14-dev" \
		"(of clang's version), Fedora's clang and compiler-rt, Arch's clang and compiler-rt; FUZZ_CC= names another clang" >&2; exit 1; }

tests/fuzz/build/%.o: %.c | libraries fuzz-compiler
	@mkdir -p $(@D)
	@$(FUZZ_CC) $(FUZZ_FLAGS) $(WARNINGS) -MMD -MP $(UNIT_ROOMS) $(shell pkg-config --cflags $(LIBS)) -c -o $@ $<

-include $(FUZZ_OBJECTS:.o=.d)

tests/fuzz/build/tested.a: $(patsubst %.c,tests/fuzz/build/%.o,$(UNIT_TESTED))

$(FUZZ_TARGETS:%=tests/fuzz/build/%): tests/fuzz/build/%: tests/fuzz/build/tests/fuzz/%.o tests/fuzz/build/tests/fuzz/fuzz.o \
		tests/fuzz/build/tests/fuzz/libfuzzer.o tests/fuzz/build/tested.a final/core/core.a
	@$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o $@ $(BOTH_WAYS) $(UNIT_LIBS)

run: $(NEEDED) rootfs ## Run a shell, or CMD='...', in a container of final/, or in a box of STEP=NN (root)
	@test -n "$(THIS)$(filter final,$(STEP))" || { echo "no stage $(STEP): STEP=NN, with NN from 01 to 14"; exit 1; }
	@case "$(if $(filter-out final,$(STEP)),$(THIS))" in \
	'') if test -t 0; then terminal=-it; else terminal=-i; fi; \
		exec final/box run --rm $$terminal rootfs.tar.gz $(CMD) ;; \
	*step01-* | *step02-*) exec $(THIS)/box run $(CMD) ;; \
	*) exec $(THIS)/box run rootfs $(CMD) ;; \
	esac

install: $(FINAL) ## Install final/ below PREFIX=/usr/local, and that below DESTDIR
	install -d $(TO)/bin $(TO)/libexec/box $(TO)/share/man/man1 $(TO)/share/man/man8 $(TO)/share/bash-completion/completions
	install final/box final/box-oci $(TO)/bin
	install final/box-unpack final/box-seccomp final/box-systemd $(TO)/libexec/box
	install -m 644 final/man/box.1 $(TO)/share/man/man1/box.1
	install -m 644 final/man/box-oci.8 $(TO)/share/man/man8/box-oci.8
	install -m 644 final/man/box.bash-completion $(TO)/share/bash-completion/completions/box

uninstall: ## Remove what make install has installed there
	rm -f $(TO)/bin/box $(TO)/bin/box-oci $(TO)/libexec/box/box-unpack $(TO)/libexec/box/box-seccomp \
		$(TO)/libexec/box/box-systemd
	rm -f $(TO)/share/man/man1/box.1 $(TO)/share/man/man8/box-oci.8 $(TO)/share/bash-completion/completions/box
	test ! -d $(TO)/libexec/box || rmdir $(TO)/libexec/box

test: $(NEEDED) rootfs tests/lib/host ## Test every stage and final, or STEP=NN or STEP=final alone (root)
	@tests/suite $(STEP)

bench: all rootfs ## Measure box against others; PART='start ...' for some of it; COMPARE=REVISION: against an older box (root)
	@tests/bench/bench $(COMPARE:%=-c %) $(PART)

vm: $(NEEDED) rootfs tests/lib/host ## A root shell in a throw-away machine, in this folder: break what you like, exit, it is gone
	@tests/vm/boot $(VM) -i

test-vm: $(NEEDED) rootfs tests/lib/host ## Test every stage, or STEP=NN, in a throw-away machine with cgroup v2; VM=-s: and systemd; VM=-1: v1
	@tests/vm/boot $(VM) -t 5000 env THROWAWAY=1 tests/suite $(or $(STEP),$(patsubst step%,%,$(foreach s,$(notdir $(STEPS)),$(firstword $(subst -, ,$(s))))))

matrix: $(BOXES) rootfs ## Run every test, or STEP=NN's, on every stage, and print which passes where (root)
	@tests/matrix $(STEP)

diff: ## Show what STEP=NN adds to the stage before it
	@test -n "$(BEFORE)" || { echo "usage: make diff STEP=NN, with NN from 02"; exit 1; }
	@if command -v git >/dev/null; then \
		git --no-pager diff --no-index $(BEFORE)/box.c $(THIS)/box.c; \
	else diff -u $(BEFORE)/box.c $(THIS)/box.c; fi; test $$? -le 1

work: ## Copy the stage before STEP=NN to work/box.c, for you to type that step into
	@test -n "$(BEFORE)" || { echo "usage: make work STEP=NN, with NN from 02"; exit 1; }
	@test ! -e work/box.c || { echo "work/box.c is there already: move it away first"; exit 1; }
	mkdir -p work
	cp $(BEFORE)/box.c work/box.c

check: rootfs ## Build work/box.c, and run the tests of STEP=NN and the stages before it on it (root)
	@test -n "$(STEP)" || { echo "usage: make check STEP=NN"; exit 1; }
	$(CC) $(CFLAGS) -Wall -Wextra -o work/box work/box.c $(call LIBRARIES_OF,work/box.c)
	@BOX=work/box tests/suite $(STEP)

# A bug that only a newer kernel shows says which: a line "Linux: 6.6".
SHOWS_HERE = { sed -n 's/^Linux: //p' "$$bug"; uname -r; } | sort -CV && echo "$$bug"

bug: ## Put the program of STEP=NN with a bug into work/box.c: find it by make check STEP=NN
	@ls tests/bugs/step$(STEP)-*.patch >/dev/null 2>&1 || { echo "usage: make bug STEP=NN"; exit 1; }
	@test ! -e work/box.c || { echo "work/box.c is there already: move it away first"; exit 1; }
	@mkdir -p work && for bug in tests/bugs/step$(STEP)-*.patch; do $(SHOWS_HERE); done | shuf -n 1 >work/.bug
	@cp $(THIS)/box.c work/box.c && patch -s work/box.c "$$(cat work/.bug)"
	@echo "work/box.c has a bug: sudo make check STEP=$(STEP), then make bug-answer"

bug-answer: ## Tell what the bug in work/box.c was
	@test -e work/.bug || { echo "no bug: make bug STEP=NN makes one"; exit 1; }
	@cat "$$(cat work/.bug)"

tutorial: ## Write the diffs, the code and its sizes into TUTORIAL.md, README.md and final/READING
	@tests/tutorial/tutorial write

site: ## Make site/index.html, the tutorial as a page for a browser (pandoc)
	@command -v pandoc >/dev/null || { echo "no pandoc: install the package pandoc"; exit 1; }
	mkdir -p site
	pandoc -f gfm-tex_math_dollars -t html --preserve-tabs --lua-filter tests/tutorial/page.lua --template tests/tutorial/page.html \
		-o site/index.html TUTORIAL.md

doctor: ## Say what this machine has, and what it lacks
	@tests/doctor

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

clean: ## Remove what make made, but for work/
	tests/lib/remove $(BOXES) $(FINAL) final/*/*.[oad] final/core/seccomp.inc* tests/lib/host tests/unit/build tests/fuzz/build rootfs rootfs.tar.gz site bench

.PHONY: all final steps second-day libraries rootfs run install uninstall unit fuzz fuzz-build fuzz-compiler test bench vm test-vm matrix diff work check bug bug-answer tutorial site doctor help clean
