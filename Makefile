# make run    installs what is missing, builds, runs the main job
# make test   the same, then Swift, C and Python tests: last line "N passed, N failed"
# make install PREFIX=/usr/local   the library for C programs: shared for every level of processors, static, header,
#                 backtune.pc, CMake package, manual page; LIBDIR and DESTDIR as usual. Needs no Python
# make uninstall PREFIX=/usr/local
# make docs   the manual, as pages in build/docs; that of the Swift package in build/docs-swift
# make test-all   the same, and what takes minutes or more packages (in .venv-all), in parts that can be run alone: sanitize,
#                 test-c-full (C tests with all cycles, refusals, kills and forks), test-refusals (leaks and refused memory
#                 from Python), test-later (the source archive in a fresh environment, exports read by others, MPI, Dask and
#                 more), test-faults (1,000 kills during saves, 500 interrupts)
# make sanitize   C and Swift tests with the address, undefined and thread sanitizers, the threads alone, helgrind
# make fuzz SECONDS=60   the engine with coverage and the address sanitizer under hostile calls, networks, options, tables
# make wheel  a wheel for any Linux with glibc 2.27, checked with NumPy alone: in dist
# make wheel-check  that wheel with Python 3.9 to 3.14 and old and new NumPy in bare suites of Debian, as root
# make arm64-check  builds for arm64, and C and Swift tests on an emulated one, in a bare Debian, as root
# make deb    packages for Debian, in build/deb
# make bench  times of simulation and gradient beside their floors
PYTHON := .venv/bin/python
# Tests run optimised, for the instruction set of this machine where it has AVX2 and FMA.
FLAGS := $(shell grep -q avx2 /proc/cpuinfo && grep -q fma /proc/cpuinfo && echo -Xcc -march=x86-64-v3 -Xswiftc -DBACKTUNE_FMA)
SWIFT_TEST := -c release --scratch-path .build-test -Xswiftc -enable-testing $(FLAGS)

PREFIX := /usr/local
# PREFIX/lib where it is empty.
LIBDIR :=

# Of `make fuzz`, in all.
SECONDS := 60

# Files with tests that `make test` leaves out.
LATER := $(addprefix Tests/python/test_,packaging.py swift.py mpi.py workers.py innovations.py identification_systems.py experiments.py sklearn.py sktime.py notebooks.py gallery.py manual.py export_device.py export_onnx.py export_nir.py interop_torch.py export_fmpy.py peers.py install.py install_examples.py memory_needs.py extreme_records.py differential.py differential_exports.py reproducible.py same_bits_suite.py)

.PHONY: build run test test-all test-c-full test-refusals test-later test-faults sanitize fuzz install uninstall wheel wheel-check arm64-check deb bench docs lint format clean

build:
	@tools/setup.sh
	@$(PYTHON) setup.py --quiet build_engine

run: build
	@$(PYTHON) examples/demo.py

test: build
	@tools/test.sh $(SWIFT_TEST)

test-all: test sanitize test-c-full test-refusals test-later test-faults

test-c-full: build
	@BACKTUNE_TEST_CYCLES=10000 BACKTUNE_TEST_REFUSALS=0 BACKTUNE_TEST_LIMITS=200 BACKTUNE_TEST_KILLS=350 BACKTUNE_TEST_FORKS=300 \
	  Tests/c/run.sh --no-valgrind

test-refusals: build
	@BACKTUNE_TEST_CYCLES=2000 BACKTUNE_TEST_LIMITS=200 $(PYTHON) -m pytest -q Tests/python/test_leaks.py Tests/python/test_address_space.py

test-later: build
	@tools/setup.sh --all
	@BACKTUNE_TEST_ALL=1 .venv-all/bin/python -m pytest -q $(LATER)

test-faults: build
	@tools/setup.sh --all
	@BACKTUNE_TEST_ALL=1 BACKTUNE_TEST_KILLS=1000 BACKTUNE_TEST_INTERRUPTS=500 BACKTUNE_TEST_SHOW=1 \
	  .venv-all/bin/python -m pytest -q -s $(addprefix Tests/python/test_,files_killed.py interrupts.py locale.py)

sanitize:
	@Tests/sanitize.sh

fuzz: build
	@Tests/fuzz/run.sh $(SECONDS)

install:
	@DESTDIR="$(DESTDIR)" LIBDIR="$(LIBDIR)" tools/install.sh "$(PREFIX)"

uninstall:
	@DESTDIR="$(DESTDIR)" LIBDIR="$(LIBDIR)" tools/install.sh --uninstall "$(PREFIX)"

wheel: build
	@tools/wheel.sh

wheel-check:
	@tools/wheel_matrix.sh

arm64-check:
	@tools/arm64.sh

deb:
	@tools/deb.sh

bench: build
	@tools/setup.sh --bench
	@$(PYTHON) benchmarks/engine.py
	@$(PYTHON) benchmarks/threads.py

docs: build
	@$(PYTHON) -c 'import furo, ipykernel, latex2mathml, matplotlib, myst_nb, pandas, sklearn, sphinx, sphinx_gallery' 2>/dev/null || $(PYTHON) -m pip install --quiet --editable '.[docs]'
	@$(PYTHON) -m sphinx -q -W -E --keep-going -b html docs build/docs
	@tools/swift_docs.sh build/docs-swift
	@echo build/docs/index.html, build/docs-swift/pages/documentation/backtune

lint: build
	swift format lint --strict --recursive Package.swift Plugins Sources Tests examples/swift
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

format: build
	swift format --in-place --recursive Package.swift Plugins Sources Tests examples/swift
	$(PYTHON) tools/generate_units.py
	$(PYTHON) -m ruff format .

clean:
	rm -rf .build* .venv* build dist docs/gallery docs/notebook python/backtune/lib python/*.egg-info examples/output
