#!/usr/bin/env bash
# Fuzzing that sees what code it reaches: the engine is built with coverage and the address sanitizer, in .build-fuzz, and the
# targets run one after the other, from the corpus of the repository and what runs before have found.
#
# usage: Tests/fuzz/run.sh [SECONDS [TARGET ...]]
#   SECONDS   for all of them together (60), the build apart
#   TARGET    calls, json, options (libFuzzer); tables, stateful (Python); all of them by default
# Variables: FUZZ_CORPUS, a folder where the corpus grows and log.txt adds up all runs (build/fuzz); FUZZ_PYTHON, a Python with
# backtune's development packages and, to see what code is reached, atheris (.venv/bin/python); FUZZ_BUILD=no, the targets as
# they were built last; FUZZ_SEED, a number: the same inputs again as far as the time reaches, other ones every time without.
# Ends with 1 where anything was found: the bytes that do it are in FUZZ_CORPUS/found, with what was said; the same target
# runs them again by `.build-fuzz/bin/TARGET FILE`, or `tables.py FILE`. What Tests/fuzz/corpus has of a target of libFuzzer was
# made by `.build-fuzz/bin/TARGET -set_cover_merge=1 -use_counters=0 -max_len=480 NEW FUZZ_CORPUS/TARGET`, the rest by seeds.py.
set -uo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(calls json options tables stateful)
corpus=${FUZZ_CORPUS:-build/fuzz}
python=${FUZZ_PYTHON:-.venv/bin/python}
mkdir -p "$corpus/found"
corpus=$(cd "$corpus" && pwd)
log=$corpus/log.txt

flags=()
grep -q avx2 /proc/cpuinfo && grep -q fma /proc/cpuinfo && flags=(-Xcc -march=x86-64-v3 -Xswiftc -DBACKTUNE_FMA)

# The engine and the targets, where anything has changed; not under the flags of the other builds.
build() {
  local target
  swift build -c release --product backtune-c --scratch-path .build-fuzz "${flags[@]}" -Xswiftc -sanitize=address \
    -Xswiftc -sanitize-coverage=edge,trace-cmp,inline-8bit-counters,pc-table || return 1
  mkdir -p .build-fuzz/bin
  for target in calls json options; do
    clang -std=c99 -pedantic -Wall -Wextra -Werror -O1 -g -D_XOPEN_SOURCE=700 -Iinclude -fsanitize=fuzzer,address \
      -fuse-ld=lld -o ".build-fuzz/bin/$target" "Tests/fuzz/$target.c" Tests/c/{support,check}.c \
      -L.build-fuzz/release -lbacktune-c "-Wl,-rpath,$PWD/.build-fuzz/release" -lm -lpthread || return 1
  done
}

native() { for target in "${targets[@]}"; do [[ $target =~ ^(calls|json|options)$ ]] && return 0; done; return 1; }
if [ "${FUZZ_BUILD:-}" != no ] && native && ! build >"$corpus/build.txt" 2>&1; then
  echo "failed: the engine or a target does not compile"
  grep -E 'error' "$corpus/build.txt" | head -n 20
  exit 1
fi

# Shares of the time, in percent, out of those of the targets at hand.
declare -A share=([calls]=30 [json]=20 [options]=20 [tables]=15 [stateful]=15)
whole=0
for target in "${targets[@]}"; do whole=$((whole + ${share[$target]})); done

export SWIFT_BACKTRACE=enable=no
failed=0
# Targets of Python say what libFuzzer says.
for target in "${targets[@]}"; do
  time=$((seconds * share[$target] / whole))
  [ "$time" -ge 1 ] || time=1
  own=$corpus/$target
  mkdir -p "$own"
  longest=4096
  [ "$target" != calls ] || longest=1280
  given=(-max_total_time="$time" -timeout=10 -rss_limit_mb=3000 -max_len=$longest -print_final_stats=1
    "-artifact_prefix=$corpus/found/$target-" "$own" "Tests/fuzz/corpus/$target")
  if [ -n "${FUZZ_SEED:-}" ]; then
    [ "$target" = stateful ] && given+=("-first=$FUZZ_SEED") || given+=("-seed=$FUZZ_SEED")
  fi
  case $target in
    calls | json | options) command=(".build-fuzz/bin/$target" "${given[@]}") ;;
    *) command=(env PYTHONPATH=python "$python" "Tests/fuzz/$target.py" "${given[@]}") ;;
  esac
  TIMEFORMAT='%U %S'
  used=$({ time "${command[@]}" >"$corpus/$target.txt" 2>&1; echo $? >"$corpus/status"; } 2>&1 | tail -n 1)
  status=$(cat "$corpus/status")
  [ "$status" -eq 0 ] || failed=$((failed + 1))
  runs=$(sed -nE 's/^stat::number_of_executed_units: ([0-9]+)/\1/p' "$corpus/$target.txt" | tail -n 1)
  edges=$(sed -nE 's/.* cov: ([0-9]+) .*/\1/p' "$corpus/$target.txt" | tail -n 1)
  printf '%s %-8s cpu %.0f s, runs %d, edges %d, corpus %d, status %d\n' "$(date -u +%FT%TZ)" "$target" \
    "$(awk '{ print $1 + $2 }' <<<"$used")" "${runs:-0}" "${edges:-0}" "$(find "$own" -type f | wc -l)" "$status" |
    tee -a "$log"
  if [ "$status" -ne 0 ]; then
    cp "$corpus/$target.txt" "$corpus/found/$target-$(date -u +%H%M%S).txt"
    grep -aE 'ERROR|SUMMARY|Test unit written|^line |^fuzz:|Error' "$corpus/$target.txt" | head -n 12
  fi
done
# All runs so far.
awk '{ for (k = 1; k < NF; k++) { if ($k == "cpu") cpu[$2] += $(k + 1); if ($k == "runs") runs[$2] += $(k + 1)
         if ($k == "edges" && $(k + 1) + 0 > edges[$2] + 0) edges[$2] = $(k + 1) + 0 } }
     END { for (name in cpu) { printf "so far %-8s cpu %d s, runs %d, edges %d\n", name, cpu[name], runs[name], edges[name]
             all += cpu[name]; every += runs[name] }
           printf "so far cpu %.2f hours, runs %d\n", all / 3600, every }' "$log"
[ $failed -eq 0 ]
