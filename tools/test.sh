#!/usr/bin/env bash
# All tests; their outputs, then one line "N passed, N failed". Exits with 1 where anything failed or did not run.
#
# usage: tools/test.sh [options of swift test]
set -u
cd "$(dirname "$0")/.."
log=$(mktemp)
c_log=$(mktemp)
failures=$(mktemp)
c_job=
trap 'rm -f "$log" "$c_log" "$failures"; [ -z "$c_job" ] || kill -- "-$c_job" 2>/dev/null' EXIT
passed=0
failed=0

# run NAME PATTERN COMMAND: PATTERN is a sed script that prints "passed failed" from the closing line of the command.
run() {
  local name=$1 pattern=$2
  shift 2
  echo "== $name"
  local began=$SECONDS
  "$@" 2>&1 | tee "$log"
  local status=${PIPESTATUS[0]}
  local counts
  counts=$(sed -nE "$pattern" "$log" | tail -n 1)
  if [ -z "$counts" ]; then
    echo "$name: no closing line, status $status"
    counts="0 1"
  fi
  read -r good bad <<<"$counts"
  # A failure that the closing line does not count is one all the same.
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  # Told once more at the end, where somebody looks.
  [ "$bad" -eq 0 ] || grep -E '✘|^(FAILED|ERROR)|error:|failed:|no closing line' "$log" | head -n 40 >>"$failures"
  passed=$((passed + good))
  failed=$((failed + bad))
  echo "== $name: $good passed, $bad failed, $((SECONDS - began)) s"
}

swift_tests() { swift build --build-tests "$@" && swift test --skip-build "$@"; }

swift_counts='s/.*Test run with ([0-9]+) tests? in [0-9]+ suites? passed.*/\1 0/p
s/.*Test run with ([0-9]+) tests? in [0-9]+ suites? failed.*with ([0-9]+) issues?.*/0 \2/p'
plain_counts='s/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p'

# The library that Python uses: the test build leaves one of its own, which needs the Swift run-time.
library=$(.venv/bin/python -c 'from backtune._engine.abi import lib; print(lib._name)')
options=()
if [[ $library == *x86-64-v4* ]]; then
  # valgrind knows no AVX-512: it runs the build for the level below, made beside that of the Swift tests.
  BACKTUNE_FLAVOUR=x86-64-v3 .venv/bin/python setup.py --quiet build_engine --folder build/valgrind &
  options=(--valgrind-folder=build/valgrind/x86-64-v3)
fi
run "Swift tests" "$swift_counts" swift_tests "$@"
# Without it the C tests say that they miss it.
wait || true
# C tests, most of whose time valgrind takes on one processor, run beside those of Python: as a job of its own, since the shell
# has others in the background ignore Ctrl-C, which they test.
set -m
Tests/c/run.sh "${options[@]}" "$(dirname "$library")" >"$c_log" 2>&1 &
c_job=$!
set +m
run "Python tests" "$plain_counts" .venv/bin/python tools/pytest_counts.py -q
wait "$c_job"
c_status=$?
c_job=
told() { cat "$c_log"; return "$c_status"; }
run "C tests" "$plain_counts" told

cat "$failures"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
