# Everything that a newcomer runs. `make demo` and `make test` set up what is missing on their own.
SWIFT ?= swift
# What CI builds with; `make test` uses the same flags, so that nothing is built twice.
FLAGS = --explicit-target-dependency-import-check error
# Tests at once. Many start processes and wait for them: all of them at once would starve each other on two cores, and
# Foundation's Process reads beyond a buffer where more than some 1,350 files are open.
WIDTH ?= 4
# A program that brings Swift's libraries along: it runs where no Swift is, and starts a third faster.
RELEASE = --configuration release --static-swift-stdlib
SOURCES = Sources Plugins Tests Package.swift
PREFIX ?= /usr/local

LIBRARIES = libcurl4-openssl-dev libgit2-dev libarchive-dev libsqlite3-dev zlib1g-dev
TOOLS = pkg-config bubblewrap git make gcc
# Peers that the tests run against, beside what the program itself wants.
TEST_TOOLS = python3 python3-venv libarchive-tools zip zstd lz4 openssl openssh-server nginx-light python3-jsonschema \
  e2fsprogs xfsprogs btrfs-progs docker-registry skopeo
# The hub's own client, from PyPI: tests and benchmarks compare with it.
HUB_CLIENT = Tests/.venv
# What `make bench` compares with, beside the hub's own client.
BENCH_TOOLS = python3 python3-venv nginx-light aria2 curl time

.PHONY: setup setup-test build test walk lint format demo bench install clean

setup:
	@./.ci/setup $(LIBRARIES) $(TOOLS)

setup-test:
	@./.ci/setup $(LIBRARIES) $(TOOLS) $(TEST_TOOLS)
	@./.ci/setup-hub-client $(HUB_CLIENT)

build: setup
	$(SWIFT) build $(FLAGS)

test: setup-test
	$(SWIFT) build --build-tests $(FLAGS)
	$(SWIFT) test --skip-build $(FLAGS) --experimental-maximum-parallelization-width $(WIDTH)

# The walks over system calls and moments of cancellation that `make test` only samples: some ten minutes.
walk: setup-test
	$(SWIFT) build --build-tests $(FLAGS)
	RBEE_WALK=all $(SWIFT) test --skip-build $(FLAGS) --filter 'KillWalkTests|PowerCutTests|CancellationTests.anyMoment'

lint:
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)

format:
	$(SWIFT) format format --in-place --parallel --recursive $(SOURCES)

demo: setup
	$(SWIFT) build $(FLAGS) --product rbee-hive
	$(SWIFT) build $(FLAGS) --product rbee-test-hub
	@bin=$$($(SWIFT) build $(FLAGS) --show-bin-path) && ./Tests/EndToEnd/demo.sh "$$bin"

bench: setup
	@./.ci/setup $(BENCH_TOOLS)
	@./.ci/setup-hub-client $(HUB_CLIENT)
	$(SWIFT) build $(RELEASE) --product rbee-hive
	$(SWIFT) build $(RELEASE) --product rbee-test-hub
	$(SWIFT) build $(RELEASE) --product rbee-vendor-civitai
	@bin=$$($(SWIFT) build $(RELEASE) --show-bin-path) && export PATH="$(CURDIR)/$(HUB_CLIENT)/bin:$$PATH" && \
	  ./Tests/Benchmarks/benchmark.py "$$bin" && ./Tests/Benchmarks/faults.py "$$bin"

install: setup
	$(SWIFT) build $(RELEASE) --product rbee-hive
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/rbee/vendors.d
	install -m 755 "$$($(SWIFT) build $(RELEASE) --show-bin-path)/rbee-hive" $(DESTDIR)$(PREFIX)/bin/
	install -m 644 vendors.d/*.toml $(DESTDIR)$(PREFIX)/share/rbee/vendors.d/

clean:
	$(SWIFT) package clean
