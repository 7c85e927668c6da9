#!/usr/bin/env bash
# Compiles and runs the C tests and examples, natively and under valgrind.
#
# Usage: Tests/c/run.sh [options] [folder]
#   folder         where libbacktune.so.1 (or libbacktune-c.so) is; by default the newest one that a build of this tree made
#   --sanitizer=NAMES  only the programs and fuzz, compiled with -fsanitize=NAMES by the clang of the Swift toolchain, for a
#                  library that was built with it (make sanitize)
#   --helgrind     only the programs that run threads, under valgrind's helgrind, for a library that has its symbols
#   --no-valgrind  leave out valgrind (otherwise its absence is a failure)
#   --valgrind-folder=FOLDER  the library that runs under valgrind, which knows no AVX-512 (default: the same)
#
# Prints failures, then one line "N passed, N failed" over everything; exits with 1 where something failed.
# Variables: CC (gcc), CXX (g++, else clang++), CLANG (clang, left out where missing), BACKTUNE_FUZZ_SECONDS (2),
# BACKTUNE_FUZZ_SEED (1). Without a C++ compiler what is in C++ is left out, and it says so.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
sanitizer= helgrind=0 valgrind=1 folder= valgrind_folder=
for argument in "$@"; do
  case $argument in
    --sanitizer=*) sanitizer=${argument#*=} ;;
    --helgrind) helgrind=1 ;;
    --no-valgrind) valgrind=0 ;;
    --valgrind-folder=*) valgrind_folder=${argument#*=} ;;
    -h | --help) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) echo "unknown option $argument, see --help" >&2; exit 2 ;;
    *) folder=$argument ;;
  esac
done

# ---- The library

if [ -z "$folder" ]; then
  newest=$(ls -t "$root"/.build-lib*/release/libbacktune-c.so "$root"/python/backtune/lib/libbacktune.so.1 \
    "$root"/python/backtune/lib/*/libbacktune.so.1 2>/dev/null | head -n 1)
  folder=$(dirname "${newest:-/nowhere/x}")
fi
library=
for name in libbacktune.so.1 libbacktune.so libbacktune-c.so; do
  [ -z "$library" ] && [ -f "$folder/$name" ] && library=$(cd "$folder" && pwd)/$name
done
if [ -z "$library" ]; then
  echo "no libbacktune.so.1 in '$folder': build it first, or name its folder" >&2
  exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/lib" "$work/run"
ln -s "$library" "$work/lib/libbacktune.so.1"
ln -s libbacktune.so.1 "$work/lib/libbacktune.so"

passed=0 failed=0
pass() { passed=$((passed + $1)); }
fail() { failed=$((failed + $1)); }

# check "what" command...: one check, whose output is shown where it fails.
check() {
  local what=$1
  shift
  if "$@" >"$work/log" 2>&1; then
    pass 1
  else
    fail 1
    echo "failed: $what"
    head -n 60 "$work/log"
  fi
}

# ---- How to compile and run

CC=${CC:-gcc} CLANG=${CLANG:-clang}
CXX=${CXX:-$(basename "$(command -v g++ || command -v clang++)")}
[ -n "$CXX$sanitizer" ] || echo "left out: no C++ compiler for the header in C++ and for C++ exceptions"
flags=(-std=c99 -pedantic -Wall -Wextra -Werror -O1 -g "-I$root/include")
cxx_flags=(-Wall -Wextra -Werror -Wno-long-long -O1 -g "-I$root/include")
posix=(-D_XOPEN_SOURCE=700)
link=("-L$work/lib" -lbacktune "-Wl,-rpath,$work/lib" -lm -lpthread)
if [ -n "$sanitizer" ]; then
  toolchain=$(dirname "$(readlink -f "$(command -v swift)")")
  CC=$toolchain/clang CXX=
  flags+=("-fsanitize=$sanitizer" -fno-sanitize-recover=all -fno-omit-frame-pointer)
  # Of the thread sanitizer of this toolchain.
  link+=("-L$toolchain/../lib/swift/linux" -ldispatch -lBlocksRuntime "-Wl,-rpath,$toolchain/../lib/swift/linux")
fi

tests=()
for source in "$here"/test_*.c; do tests+=("$(basename "$source" .c)"); done
[ -z "$CXX" ] || tests+=(test_exceptions)
examples=()
for source in "$root"/examples/c/*.c; do examples+=("$(basename "$source" .c)"); done
# Those that take half a minute under valgrind, and call nothing that others do not.
long=" control observables own_unit train two_threads "

# compile suffix flags...: all programs, in the work folder.
compile() {
  local suffix=$1 name part compiler source
  shift
  for part in check support calls; do
    check "compile $part.c" "$CC" "${flags[@]}" "${posix[@]}" "$@" -c -o "$work/$part$suffix.o" "$here/$part.c"
  done
  for name in "${tests[@]}" fuzz; do
    compiler=("$CC" "${flags[@]}" "${posix[@]}") source=$here/$name.c
    [ $name != test_exceptions ] || compiler=("$CXX" -std=c++98 -pedantic "${cxx_flags[@]}") source=$here/$name.cc
    check "compile $name" "${compiler[@]}" "$@" -o "$work/$name$suffix" "$source" \
      "$work"/{check,support,calls}"$suffix.o" "${link[@]}"
  done
  for name in "${examples[@]}"; do
    check "compile $name.c" "$CC" "${flags[@]}" "$@" -o "$work/$name$suffix" "$root/examples/c/$name.c" "${link[@]}"
  done
}

# tally "what" log status: adds the last line of a test program; one failure where it did not get that far.
tally() {
  local line
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$2" | tail -n 1)
  if [ -z "$line" ]; then
    fail 1
    echo "failed: $1 ended with status $3 before its summary"
    head -n 60 "$2"
    return
  fi
  set -- "$1" "$2" "$3" ${line//[a-z,]/}
  pass "$4"
  fail "$5"
  if [ "$5" -ne 0 ]; then
    echo "in $1:"
    grep -v "^$line\$" "$2" | head -n 60
  elif [ "$3" -ne 0 ]; then
    fail 1
    echo "failed: $1 ended with status $3"
    head -n 60 "$2"
  fi
}

seconds=${BACKTUNE_FUZZ_SECONDS:-2} seed=${BACKTUNE_FUZZ_SEED:-1}

# run "what" suffix prefix...: all tests and examples, two at a time, each behind the words of the prefix.
run() {
  local what=$1 suffix=$2 name
  shift 2
  for name in "${tests[@]}"; do
    echo "cd '$work/run' && { ${*@Q} '$work/$name$suffix' >'$work/$name.log' 2>&1; echo \$? >'$work/$name.status'; }"
  done | xargs -d '\n' -P 2 -n 1 bash -c
  for name in "${tests[@]}"; do tally "$what$name" "$work/$name.log" "$(cat "$work/$name.status")"; done
  (cd "$work/run" && {
    for name in "${examples[@]}"; do
      echo 0 >"$work/$name.status"
      [[ $what != valgrind* || $long != *" $name "* ]] || continue
      arguments=() rows=/dev/null
      if [ "$name" = train ]; then
        arguments=("$root/examples/c/tank.csv" network.json)
      elif [ "$name" = identified ]; then
        arguments=("$here/identified.json" 4) rows=$here/identified.txt
      fi
      "$@" "$work/$name$suffix" "${arguments[@]}" <"$rows" >"$work/$name.log" 2>&1
      echo $? >"$work/$name.status"
    done
  })
  for name in "${examples[@]}"; do
    check "$what$name: $(head -n 30 "$work/$name.log")" test "$(cat "$work/$name.status")" = 0
  done
}

# ---- Compiling and running

compile ""

if [ -n "$sanitizer" ]; then
  export BACKTUNE_TEST_SANITIZED=1
  # The library tells calls apart by their place on the stack: locals stay there. Forked children make threads.
  export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=0} TSAN_OPTIONS=${TSAN_OPTIONS:-"exitcode=66 die_after_fork=0"}
  run "$sanitizer: " "" env
  "$work/fuzz" "$seconds" "$seed" 3 >"$work/fuzz.log" 2>&1
  tally "$sanitizer: fuzz" "$work/fuzz.log" $?
  echo "$passed passed, $failed failed"
  [ $failed -eq 0 ]
  exit
fi

if [ $helgrind = 1 ]; then
  export BACKTUNE_TEST_SMALL=1
  # Streams are handed from thread to thread by atomic words alone: not for helgrind.
  tests=(test_threads test_reduction test_loader test_refused test_leaks)
  examples=()
  run "helgrind " "" valgrind --tool=helgrind -q --error-exitcode=5 "--suppressions=$here/helgrind.supp"
  echo "$passed passed, $failed failed"
  [ $failed -eq 0 ]
  exit
fi

for name in unload keys twice; do
  check "compile $name.c" "$CC" "${flags[@]}" "${posix[@]}" -o "$work/$name" "$here/$name.c" -ldl -lpthread -lm
done
check "compile host_blas.c" "$CC" "${flags[@]}" "${posix[@]}" -rdynamic -o "$work/host_blas" "$here/host_blas.c" \
  "$work"/{check,support}.o "${link[@]}"
check "compile preloaded.so" "$CC" "${flags[@]}" -shared -fPIC -DPRELOADED -o "$work/preloaded.so" "$here/host_blas.c"
if command -v "$CLANG" >/dev/null; then
  for source in "$here"/*.c "$root"/examples/c/*.c; do
    check "$CLANG $source" "$CLANG" "${flags[@]}" "${posix[@]}" -fsyntax-only "$source"
  done
fi
# The header alone, as C and as C++.
echo '#include <backtune.h>' >"$work/header.c"
cp "$work/header.c" "$work/header.cc"
check "header as C" "$CC" "${flags[@]}" -Wstrict-prototypes -fsyntax-only "$work/header.c"
for standard in ${CXX:+c++98 c++17}; do
  check "header as $standard" "$CXX" -std=$standard "${cxx_flags[@]}" -fsyntax-only "$work/header.cc"
done

# ---- Exports: exactly the functions of the header, each of them in the tests

declared=$(grep -oE '^[a-z].*\bbt_[a-z_]+\(' "$root/include/backtune.h" | grep -v '^typedef' | grep -oE 'bt_[a-z_]+\($' |
  tr -d '(' | sort)
exported=$(nm -D --defined-only "$library" | awk '$2 ~ /[A-Z]/ { print $3 }' | sort)
check "exports are those of the header" diff <(echo "$declared") <(echo "$exported")
for name in $declared; do
  check "$name is tested" grep -qE "\b$name\b" "$here"/test_*.c "$here/calls.c"
done

run "" "" env
# Natively only: the Swift run-time keeps what it knows of types, which is lost with the library.
for name in unload keys; do
  "$work/$name" "$library" >"$work/$name.log" 2>&1
  tally $name "$work/$name.log" $?
done
# Another version beside it, where there is one: that for valgrind.
another=$library
[ -z "$valgrind_folder" ] || another=$valgrind_folder/libbacktune.so.1
cp "$another" "$work/another.so"
"$work/twice" "$library" "$work/another.so" >"$work/twice.log" 2>&1
tally twice "$work/twice.log" $?
# Functions of BLAS and LAPACK that are not the library's.
for preloaded in "" "$work/preloaded.so"; do
  LD_PRELOAD=$preloaded "$work/host_blas" >"$work/host_blas.log" 2>&1
  tally "host_blas $preloaded" "$work/host_blas.log" $?
done
for threads in 1 3; do
  "$work/fuzz" "$seconds" "$seed" $threads >"$work/fuzz.log" 2>&1
  tally "fuzz $seconds $seed $threads" "$work/fuzz.log" $?
done

if [ $valgrind = 1 ]; then
  if command -v valgrind >/dev/null; then
    export BACKTUNE_TEST_SMALL=1
    [ -z "$valgrind_folder" ] || ln -sf "$(cd "$valgrind_folder" && pwd)/libbacktune.so.1" "$work/lib/"
    run "valgrind " "" valgrind -q --error-exitcode=1 --leak-check=full --show-leak-kinds=definite \
      --errors-for-leak-kinds=definite "--suppressions=$here/valgrind.supp"
    unset BACKTUNE_TEST_SMALL
    ln -sf "$library" "$work/lib/libbacktune.so.1"
  else
    fail 1
    echo "failed: valgrind is not installed"
  fi
fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
