#!/usr/bin/env bash
# Makes a static library of what tools/library.sh has built, the Swift run-time and LAPACK in it; no names but bt_* can be
# seen. Programs link it with -lstdc++ -lm -lpthread.
#
# usage: tools/static.sh FLAVOUR TARGET
set -eu
cd "$(dirname "$0")/.."
release=$PWD/.build-lib-$1/release
target=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

objects=$release/backtune-c.product/Objects.LinkFileList
# Beside the compiler, in folders of its own.
swift=$(dirname "$(readlink -f "$(command -v swift)")")
runtime=$(dirname "$swift")/lib/swift_static/linux
[ -d "$runtime" ] || {
  echo "static.sh: the toolchain has no static run-time ($runtime)" >&2
  exit 1
}
"$swift/swift-autolink-extract" "@$objects" -o "$work/links"
libraries=$(tr '\0' '\n' <"$work/links" | grep -E '^-l' | grep -vxE -e '-l(dl|m|pthread|util)' | sort -u)
# One object, in which names can be hidden.
# shellcheck disable=SC2086
ld -r --force-group-allocation -o "$work/all.o" "$runtime/$(uname -m)/swiftrt.o" "@$objects" \
  -L"$runtime" -L"/usr/lib/$(uname -m)-linux-gnu" --start-group $libraries --end-group
nm --defined-only "$work/all.o" | awk '$2 == "T" && $3 ~ /^bt_/ { print $3 }' >"$work/names"
objcopy --strip-debug "--keep-global-symbols=$work/names" "$work/all.o" "$work/backtune.o"
rm -f "$target"
ar rcsD "$target" "$work/backtune.o"
