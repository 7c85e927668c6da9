#!/usr/bin/env bash
# Compares the ABI of a header with that of the last release, by libabigail: what was there must be there unchanged, more may
# have come. The library itself is stripped and tells no types: a stub of the header with -g stands for it.
#
# usage: tools/abi.sh [--accept] [HEADER]     HEADER: include/backtune.h
#   --accept   makes it the ABI to compare with, for a release: Tests/abi/libbacktune.so.1.xml
set -eu
cd "$(dirname "$0")/.."
accept=no
if [ "${1:-}" = --accept ]; then
  accept=yes
  shift
fi
header=${1:-include/backtune.h}
known=Tests/abi/libbacktune.so.1.xml
for tool in abidw abidiff; do
  command -v $tool >/dev/null || {
    echo "abi.sh: $tool is missing; install it with: sudo apt-get install abigail-tools" >&2
    exit 2
  }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 tools/abi_stub.py "$header" >"$work/backtune.c"
(cd "$work" && "${CC:-gcc}" -g -O0 -w -shared -fPIC -Wl,-soname=libbacktune.so.1 -o libbacktune.so.1 backtune.c)
if [ $accept = yes ]; then
  mkdir -p "$(dirname $known)"
  # Neither places in files nor paths.
  abidw --no-show-locs --no-comp-dir-path --no-corpus-path --out-file $known "$work/libbacktune.so.1"
  echo "$known is the ABI of $header"
  exit
fi
abidiff --no-added-syms --no-architecture $known "$work/libbacktune.so.1" || {
  echo "abi.sh: $header breaks the ABI of the last release" >&2
  exit 1
}
