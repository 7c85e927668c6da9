#!/usr/bin/env bash
# The engine and its tests built with the sanitizers of the Swift toolchain: all C tests against an engine with
# -sanitize=address (they themselves with the one for undefined behaviour too), then with -sanitize=thread, each followed by
# the Swift tests; the pool of threads alone; and C tests that run threads under helgrind. Prints failures, then one line
# "N passed, N failed".
#
# helgrind runs the library of the Swift tests.
#
# usage: Tests/sanitize.sh [address] [thread] [helgrind]   all by default
set -uo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0
# The instruction set of the tests that are not sanitized.
flags=()
if grep -q avx2 /proc/cpuinfo && grep -q fma /proc/cpuinfo; then
  flags=(-Xcc -march=x86-64-v3 -Xswiftc -DBACKTUNE_FMA)
fi
export OPENBLAS_NUM_THREADS=1 SWIFT_BACKTRACE=enable=no
# Locals stay on the stack, by which the library tells calls apart; forked children make threads.
export ASAN_OPTIONS=detect_stack_use_after_return=0 UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS="exitcode=66 die_after_fork=0"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift_counts='s/.*Test run with ([0-9]+) tests? in [0-9]+ suites? passed.*/\1 0/p
s/.*Test run with ([0-9]+) tests? in [0-9]+ suites? failed.*with ([0-9]+) issues?.*/0 \2/p'
plain_counts='s/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p'

# count WHAT PATTERN COMMAND...: adds what it says of itself, by a sed script that prints "passed failed".
count() {
  local what=$1 pattern=$2 began=$SECONDS status good bad
  shift 2
  "$@" >"$log" 2>&1
  status=$?
  read -r good bad <<<"$(sed -nE "$pattern" "$log" | tail -n 1)"
  good=${good:-0} bad=${bad:-1}
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  echo "$what: $good passed, $bad failed, $((SECONDS - began)) s"
  [ "$bad" -eq 0 ] || grep -vE '✔|◇' "$log" | head -n 120
  passed=$((passed + good)) failed=$((failed + bad))
}

# engine NAME OF_C: engine and Swift tests with a sanitizer, then both suites.
engine() {
  local options=(-c release --sanitize "$1" -Xswiftc -enable-testing "${flags[@]}"
    --scratch-path ".build-$1")
  if ! swift build --build-tests "${options[@]}" >"$log" 2>&1; then
    echo "failed: the engine does not build with -sanitize=$1"
    grep -E 'error' "$log" | head -n 20
    failed=$((failed + 1))
    return
  fi
  count "C tests, $2" "$plain_counts" Tests/c/run.sh "--sanitizer=$2" ".build-$1/release"
  count "Swift tests, $1" "$swift_counts" env BACKTUNE_TEST_SANITIZED=1 swift test --skip-build --disable-xctest "${options[@]}"
}

[ $# -gt 0 ] || set -- address thread helgrind
for name; do
  case $name in
    address) engine address address,undefined ;;
    thread)
      engine thread thread
      count "pool of threads" "$plain_counts" Tests/threads/run.sh .build-thread/release/libbacktune-c.so
      ;;
    helgrind)
      if swift build -c release --scratch-path .build-test -Xswiftc -enable-testing "${flags[@]}" --product backtune-c >"$log" 2>&1; then
        count "C tests, helgrind" "$plain_counts" Tests/c/run.sh --helgrind .build-test/release
      else
        echo "failed: the engine does not build for helgrind"
        grep -E 'error' "$log" | head -n 20
        failed=$((failed + 1))
      fi
      ;;
    *) echo "sanitize.sh: '$name' came, expected address, thread or helgrind" >&2 && exit 2 ;;
  esac
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
