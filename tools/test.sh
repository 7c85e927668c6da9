#!/usr/bin/env bash
# All tests; their outputs, then what failed, then one line "N passed, N failed". Exits with 1 where anything failed or did
# not run.
#
# usage: tools/test.sh [options of swift test]
set -u
cd "$(dirname "$0")/.."
logs=$(mktemp -d)
beside=
trap 'rm -rf "$logs"; [ -z "$beside" ] || kill -- "-$beside" 2>/dev/null' EXIT

swift_counts='s/.*Test run with ([0-9]+) tests? in [0-9]+ suites? passed.*/\1 0/p
s/.*Test run with ([0-9]+) tests? in [0-9]+ suites? failed.*with ([0-9]+) issues?.*/0 \2/p'
plain_counts='s/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p'

# run NAME PATTERN COMMAND: PATTERN is a sed script that prints "passed failed" from the closing line of the command. Leaves
# NAME.log, NAME.counts and, where something failed, NAME.failures.
run() {
  local name=$1 pattern=$2 began=$SECONDS log=$logs/$1.log
  shift 2
  echo "== $name tests"
  "$@" 2>&1 | tee "$log"
  local status=${PIPESTATUS[0]}
  local counts good bad
  counts=$(sed -nE "$pattern" "$log" | tail -n 1)
  if [ -z "$counts" ]; then
    echo "$name tests: no closing line, status $status" | tee "$logs/$name.failures"
    counts="0 1"
  fi
  read -r good bad <<<"$counts"
  # A failure that the closing line does not count is one all the same.
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  # Told once more at the end, where somebody looks.
  [ "$bad" -eq 0 ] || grep -E '✘|^(FAILED|ERROR)|error:|failed:' "$log" | head -n 40 >>"$logs/$name.failures"
  echo "$good $bad" >"$logs/$name.counts"
  echo "== $name tests: $good passed, $bad failed, $((SECONDS - began)) s"
}

# The library that Python uses: the test build leaves one of its own, which needs the Swift run-time.
library=$(.venv/bin/python -c 'from backtune._engine.abi import lib; print(lib._name)')

swift_tests() { swift build --build-tests "$@" && swift test --skip-build "$@"; }
c_tests() {
  local options=()
  if [[ $library == *x86-64-v4* ]]; then
    # valgrind knows no AVX-512: it runs a build for the level below. Without it the C tests say that they miss it.
    BACKTUNE_FLAVOUR=x86-64-v3 .venv/bin/python setup.py --quiet build_engine --folder build/valgrind
    options=(--valgrind-folder=build/valgrind/x86-64-v3)
  fi
  Tests/c/run.sh "${options[@]}" "$(dirname "$library")"
}

# Those of C and Swift, most of whose time compilers and valgrind take on one processor, run beside those of Python: as a job
# of its own, since the shell has others in the background ignore Ctrl-C, which they test.
set -m
{
  run C "$plain_counts" c_tests
  run Swift "$swift_counts" swift_tests "$@"
} >"$logs/beside" 2>&1 &
beside=$!
set +m
run Python "$plain_counts" .venv/bin/python tools/pytest_counts.py -q
wait "$beside"
beside=
cat "$logs/beside"

passed=0
failed=0
for name in Python C Swift; do
  read -r good bad 2>/dev/null <"$logs/$name.counts" || { good=0 bad=1; }
  passed=$((passed + good))
  failed=$((failed + bad))
done
cat "$logs"/*.failures 2>/dev/null
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
