#!/usr/bin/env bash
# Installs backtune for C programs, or takes it away: the library for every level of processors (the loader picks the best
# one that the machine runs), the static library, header, backtune.pc, CMake package, manual page and licences. What is not
# built yet is built, with the Swift toolchain, binutils and liblapack-dev alone.
#
# usage: tools/install.sh [--uninstall] [PREFIX]
# Variables: PREFIX (/usr/local), LIBDIR (PREFIX/lib), DESTDIR (nothing): a folder that stands for /; FLAVOURS ("baseline
# x86-64-v3 x86-64-v4"): the first is what other processors get, and what the static library is.
set -eu
cd "$(dirname "$0")/.."
remove=no
if [ "${1:-}" = --uninstall ]; then
  remove=yes
  shift
fi
prefix=${1:-${PREFIX:-/usr/local}}
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
libdir=${LIBDIR:-$prefix/lib}
root=${DESTDIR:-}
if [ "$(uname -m)" = x86_64 ]; then all="baseline x86-64-v3 x86-64-v4"; else all=baseline; fi
flavours=${FLAVOURS:-$all}
version=$(sed -n 's/^#define BT_VERSION "\(.*\)"$/\1/p' include/backtune.h)
soname=libbacktune.so.1
file=$soname.$version
licences=$prefix/share/doc/backtune

# The loader's list of libraries, where it has this folder.
list() {
  case $root$libdir in /usr/lib* | /usr/local/lib*) [ "$(id -u)" != 0 ] || ldconfig ;; esac
}

if [ $remove = yes ]; then
  rm -f "$root$libdir"/{libbacktune.so,"$soname","$soname".*,libbacktune.a,pkgconfig/backtune.pc} \
    "$root$libdir"/glibc-hwcaps/x86-64-v{3,4}/"$soname" "$root$libdir"/cmake/backtune/backtune-config{,-version}.cmake \
    "$root$prefix"/{include/backtune.h,share/man/man3/backtune.3} "$root$licences"/{LICENSE,GCC.txt,LAPACK.txt,Swift.txt,Unicode.txt}
  # Folders of its own; those that others use stay.
  for folder in "$libdir"/{cmake/backtune,glibc-hwcaps/x86-64-v{3,4},glibc-hwcaps} "$licences"; do
    rmdir "$root$folder" 2>/dev/null || true
  done
  list
  exit
fi

if ! ls "/usr/lib/$(uname -m)-linux-gnu/liblapack_pic.a" >/dev/null 2>&1; then
  echo "liblapack-dev is missing; install it with: sudo apt-get install gcc liblapack-dev" >&2
  exit 1
fi
for flavour in $flavours; do
  echo "building for $flavour"
  tools/library.sh "$flavour" --quiet
done

put() { install -D -m 644 "$1" "$root$2"; }
# made SOURCE TARGET: with its names replaced.
made() {
  local include
  include=$(realpath -m --relative-to="$libdir" "$prefix/include")
  sed -e "s|@PREFIX@|$prefix|" -e "s|@LIBDIR@|$libdir|" -e "s|@VERSION@|$version|" \
    -e "s|@INCLUDE_FROM_LIB@|$include|" "$1" | install -D -m 644 /dev/stdin "$root$2"
}

first=yes
for flavour in $flavours; do
  library=.build-lib-$flavour/release/libbacktune-c.so
  if [ $first = yes ]; then
    install -D -m 755 "$library" "$root$libdir/$file"
    ln -sf "$file" "$root$libdir/$soname"
    ln -sf "$soname" "$root$libdir/libbacktune.so"
    tools/static.sh "$flavour" "$root$libdir/libbacktune.a"
    first=no
  else
    install -D -m 755 "$library" "$root$libdir/glibc-hwcaps/$flavour/$soname"
  fi
done
put include/backtune.h "$prefix/include/backtune.h"
put LICENSE "$licences/LICENSE"
for text in GCC LAPACK Swift Unicode; do put "licenses/$text.txt" "$licences/$text.txt"; done
made tools/install/backtune.pc.in "$libdir/pkgconfig/backtune.pc"
made tools/install/backtune-config.cmake.in "$libdir/cmake/backtune/backtune-config.cmake"
made tools/install/backtune-config-version.cmake.in "$libdir/cmake/backtune/backtune-config-version.cmake"
tools/install/man.sh include/backtune.h "$version" | install -D -m 644 /dev/stdin "$root$prefix/share/man/man3/backtune.3"
list
echo "installed backtune $version in $root$prefix"
