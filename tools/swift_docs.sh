#!/usr/bin/env bash
# Builds the manual of the Swift package, warnings being errors, from the modules that the build of the library left.
#
# usage: tools/swift_docs.sh FOLDER     the pages go to FOLDER/pages, the symbols to FOLDER/symbols
set -eu
cd "$(dirname "$0")/.."
folder=$1
modules=$(ls -td .build-lib-*/release/Modules | head -n 1)
target=$(swift -print-target-info | sed -nE 's/^ *"triple": "(.*)",$/\1/p' | head -n 1)
engine=$(ls -d Sources/Backtune/*/ | xargs -n 1 basename | grep -v docc | sed 's/^/Backtune/' | paste -sd,)
rm -rf "$folder/pages" "$folder/symbols"
mkdir -p "$folder/symbols"
# What the umbrella module exports again is its own here.
swift symbolgraph-extract -module-name Backtune -I "$modules" -I Sources/CLAPACK -I Sources/CProcessor -I Sources/CThread \
  -target "$target" -minimum-access-level public \
  -experimental-allowed-reexported-modules="$engine" -output-dir "$folder/symbols"
docc convert Sources/Backtune/Backtune.docc --additional-symbol-graph-dir "$folder/symbols" \
  --fallback-display-name Backtune --fallback-bundle-identifier backtune --output-dir "$folder/pages" --warnings-as-errors
