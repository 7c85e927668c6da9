#!/usr/bin/env bash
# Copies the library that the build made for this machine, and the header, below a folder.
#
# usage: tools/install.sh PREFIX
set -eu
cd "$(dirname "$0")/.."
prefix=$1
library=$(.venv/bin/python -c 'from backtune._abi import lib; print(lib._name)')
mkdir -p "$prefix/lib" "$prefix/include"
install -m 755 "$library" "$prefix/lib/libbacktune.so.1"
ln -sf libbacktune.so.1 "$prefix/lib/libbacktune.so"
install -m 644 include/backtune.h "$prefix/include/backtune.h"
echo "installed $prefix/lib/libbacktune.so and $prefix/include/backtune.h"
