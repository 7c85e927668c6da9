#!/usr/bin/env bash
# Builds the library for an instruction set, with the Swift toolchain alone: .build-lib-FLAVOUR/release/libbacktune-c.so.
#
# usage: tools/library.sh baseline|x86-64-v3|x86-64-v4 [options of swift build]
set -eu
cd "$(dirname "$0")/.."
flavour=$1
shift
options=(
  -Xswiftc -static-stdlib
  -Xlinker "--version-script=$PWD/Sources/BacktuneC/exports.map"
  -Xlinker -soname=libbacktune.so.1
  -Xlinker -s
  # No hash of each module with its path: the same bytes wherever it is built.
  -Xswiftc -Xfrontend -Xswiftc -disable-incremental-llvm-codegen
  # Libraries that nothing is taken from, a sixth of the size.
  -Xswiftc -Xfrontend -Xswiftc -disable-implicit-string-processing-module-import
  -Xswiftc -Xfrontend -Xswiftc -disable-implicit-concurrency-module-import
)
case $flavour in
  baseline) ;;
  x86-64-v3) options+=(-Xcc -march=x86-64-v3 -Xswiftc -DBACKTUNE_FMA) ;;
  x86-64-v4) options+=(-Xcc -march=x86-64-v4 -Xswiftc -DBACKTUNE_FMA -Xswiftc -DBACKTUNE_V4) ;;
  *) echo "library.sh: '$flavour' came, expected baseline, x86-64-v3 or x86-64-v4" >&2 && exit 2 ;;
esac
command -v swift >/dev/null || {
  echo "backtune needs the Swift toolchain, 6.0 or later, in PATH: https://www.swift.org/install" >&2
  exit 1
}
if [ "$(uname -m)" = x86_64 ]; then
  mkdir -p ".build-lib-$flavour"
  "$(dirname "$(readlink -f "$(command -v swift)")")/clang" -c tools/older_glibc.s -o ".build-lib-$flavour/older_glibc.o"
  # Empty where glibc is 2.34 or later, but there.
  options+=(-Xlinker "$PWD/.build-lib-$flavour/older_glibc.o" -Xlinker -l:libpthread.so.0 -Xlinker -l:libdl.so.2)
fi
exec swift build -c release --product backtune-c "${options[@]}" --scratch-path "$PWD/.build-lib-$flavour" "$@"
