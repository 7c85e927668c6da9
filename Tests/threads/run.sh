#!/usr/bin/env bash
# The pool of threads alone, behind a few C functions: many callers, forks, callbacks that are left, unloading; then the
# callers again under the thread sanitizer. Then the engine under it: estimations on several threads. Prints failures,
# then one line "N passed, N failed".
#
# usage: Tests/threads/run.sh [library of the engine built with -sanitize=thread; by default it is built]
set -uo pipefail
built=${1:+$(realpath "$1")}
cd "$(dirname "$0")"
numerics=../../Sources/Backtune/Numerics
sources=("$numerics"/Threads/*.swift "$numerics"/{Platform,ForkSafeLock,BacktuneError}.swift pool.swift)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# run NAME OPTIONS -- ARGUMENTS: builds with these options, runs with these arguments.
run() {
  local name=$1 options=()
  shift
  while [ "$1" != -- ]; do options+=("$1") && shift; done
  shift
  if ! swiftc -O -wmo -g -swift-version 6 -parse-as-library -package-name pool -module-name Pool -emit-library \
    -emit-module-path "$work/$name.swiftmodule" -Xcc -fmodule-map-file=../../Sources/CThread/module.modulemap \
    "${options[@]}" -o "$work/$name.so" "${sources[@]}" >"$work/log" 2>&1 ||
    ! clang -std=c99 -D_GNU_SOURCE -Wall -Wextra -Werror -O1 -g "${options[@]/-sanitize/-fsanitize}" \
      -c -o "$work/$name.o" pool.c >>"$work/log" 2>&1 ||
    # By swiftc: the sanitizer asks for libraries of its toolchain.
    ! swiftc "${options[@]}" -o "$work/$name" "$work/$name.o" -ldispatch -lBlocksRuntime \
      -Xlinker --export-dynamic >>"$work/log" 2>&1; then
    failed=$((failed + 1))
    echo "failed: $name does not compile"
    grep -E 'error' "$work/log" | head -n 20
    return
  fi
  count "$name" "$work/$name" "$work/$name.so" "$@"
}

# count NAME COMMAND...: adds what it says of itself.
count() {
  local name=$1 counts status good bad
  shift
  TSAN_OPTIONS="exitcode=66 halt_on_error=1" SWIFT_BACKTRACE=enable=no timeout 300 "$@" >"$work/log" 2>&1
  status=$?
  counts=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$work/log" | tail -n 1)
  read -r good bad <<<"${counts:-0 1}"
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  if [ "$bad" -ne 0 ]; then
    echo "in $name (status $status):"
    head -n 60 "$work/log"
  fi
  passed=$((passed + good)) failed=$((failed + bad))
}

# The engine from C, built with the sanitizer.
engine() {
  local root=../.. build=../../.build-tsan
  if [ -z "$built" ] && ! swift build -c release --package-path "$root" --sanitize thread --product backtune-c \
    --scratch-path "$build" >"$work/log" 2>&1 ||
    ! clang -std=c99 -D_GNU_SOURCE -Wall -Wextra -Werror -O1 -g -fsanitize=thread -I"$root/include" \
      -c -o "$work/engine.o" engine.c >>"$work/log" 2>&1 ||
    ! swiftc -sanitize=thread -o "$work/engine" "$work/engine.o" -lm -ldispatch -lBlocksRuntime \
      -Xlinker --export-dynamic >>"$work/log" 2>&1; then
    failed=$((failed + 1))
    echo "failed: the engine does not compile"
    grep -E 'error' "$work/log" | head -n 20
    return
  fi
  count engine "$work/engine" "${built:-$build/release/libbacktune-c.so}"
}

run pool --
run sanitized -sanitize=thread -- races
engine

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
