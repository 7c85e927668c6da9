#!/bin/sh
# Compiles the interpreter of FMUs, and writes it and its sources as a Swift file, which becomes part of the library: an
# export needs no compiler and no other file.
#
# usage: embed.sh COMPILER TARGET
set -eu
# Files in the same order everywhere.
export LC_ALL=C
compiler=$1
target=$2
cd "$(dirname "$0")"
binary=$target.so
"$compiler" -std=c99 -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror -Wl,-s -Wl,--no-undefined \
  -Wl,-soname,model.so -o "$binary" *.c -lm
{
  echo "/// The interpreter of FMUs, in base64: made by Sources/Interpreter/embed.sh."
  echo "enum InterpreterFiles {"
  printf '  static let binary = "%s"\n' "$(base64 -w 0 "$binary")"
  echo "  static let sources: [(name: String, text: String)] = ["
  for source in *.c *.h; do printf '    ("%s", "%s"),\n' "$source" "$(base64 -w 0 "$source")"; done
  echo "  ]"
  echo "}"
} >"$target.new"
rm -f "$binary"
mv "$target.new" "$target"
