#!/usr/bin/env bash
# Copies the library that the build made for this machine, the header and the licences below a folder.
#
# usage: tools/install.sh PREFIX       (with the Python of .venv, or PYTHON)
set -eu
cd "$(dirname "$0")/.."
prefix=$1
library=$("${PYTHON:-.venv/bin/python}" -c 'from backtune._abi import lib; print(lib._name)')
licenses=$prefix/share/doc/backtune
mkdir -p "$prefix/lib" "$prefix/include" "$licenses"
install -m 755 "$library" "$prefix/lib/libbacktune.so.1"
ln -sf libbacktune.so.1 "$prefix/lib/libbacktune.so"
install -m 644 include/backtune.h "$prefix/include/backtune.h"
install -m 644 LICENSE licenses/LAPACK.txt "$licenses"
echo "installed $prefix/lib/libbacktune.so and $prefix/include/backtune.h"
