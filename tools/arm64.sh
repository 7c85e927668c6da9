#!/usr/bin/env bash
# Builds the engine for arm64 and runs the tests of C and Swift on an emulated processor, in a bare Debian with its own Swift:
# the compiler is of this machine, what it links of the other. Needs root, debootstrap (which is installed where it is
# missing), the kernel's binfmt_misc and 6 GB; takes an hour or more. Polls are left out: they are timed.
#
# usage: tools/arm64.sh
# Variables: SUITE (sid: the first with Swift 6.2), ROOTS (/var/tmp/backtune-suites: where it stays for the next time)
set -eu
cd "$(dirname "$0")/.."
suite=${SUITE:-sid}
. tools/suite.sh
root=$roots/$suite-arm64

# there COMMAND...: in the project's folder in that Debian.
there() { inside "$root" /root/backtune -- "$@"; }

if [ ! -e "$root/made" ]; then
  make_suite "$root" "$suite"
  mkdir -p "$root/root/backtune"
  # Of a mirror that is updated rarely.
  echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/99old"
  there dpkg --add-architecture arm64
  there apt-get update -q
  there apt-get install -y -q --no-install-recommends swiftlang swiftlang-dev g++ libc6-dev qemu-user liblapack-dev libblas-dev \
    {gcc,g++}-aarch64-linux-gnu {libc6-dev,liblapack-dev,libblas-dev,libstdc++-15-dev}:arm64
  # The compiler is of this machine, what it links of the other.
  there bash -c 'cd /root && apt-get download swiftlang:arm64 libswiftlang:arm64 && for each in *_arm64.deb; do dpkg -x "$each" /arm64; done'
  touch "$root/made"
fi

# Programs of arm64 run there like others.
registry=/proc/sys/fs/binfmt_misc
[ -e $registry/register ] || mount -t binfmt_misc none $registry
if [ ! -e $registry/qemu-aarch64 ]; then
  head='\x7fELF\x02\x01\x01' mask='\xff\xff\xff\xff\xff\xff\xff' none='\x00\x00\x00\x00\x00\x00\x00\x00'
  all='\xff\xff\xff\xff\xff\xff\xff\xff'
  printf '%s' ":qemu-aarch64:M::$head\x00$none\x02\x00\xb7\x00:$mask\x00$all\xfe\xff\xff\xff:$root/usr/bin/qemu-aarch64:F" \
    >$registry/register
fi

sources=$root/root/backtune
find "$sources" -mindepth 1 -maxdepth 1 ! -name '.build*' -exec rm -r {} +
git ls-files -z | tar c --null -T - | tar x -C "$sources"

libraries=/arm64/usr/libexec/swift/lib
cross=(-c release --triple aarch64-unknown-linux-gnu -Xcc --target=aarch64-linux-gnu)
there swift build --product backtune-c "${cross[@]}" --scratch-path .build-lib -Xswiftc -static-stdlib \
  -Xswiftc -resource-dir -Xswiftc $libraries/swift_static \
  -Xlinker --version-script=/root/backtune/Sources/BacktuneC/exports.map -Xlinker -soname=libbacktune.so.1
status=0
there env CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ CLANG=none \
  Tests/c/run.sh --no-valgrind .build-lib/aarch64-unknown-linux-gnu/release || status=1

# Debian leaves this one out, of which nothing is used.
there aarch64-linux-gnu-gcc -shared -o $libraries/swift/linux/lib_Testing_Foundation.so -x c /dev/null
there swift build --build-tests "${cross[@]}" --scratch-path .build-test -Xswiftc -enable-testing \
  -Xswiftc -resource-dir -Xswiftc $libraries/swift
there env LD_LIBRARY_PATH=$libraries/swift/linux \
  .build-test/aarch64-unknown-linux-gnu/release/backtunePackageTests.xctest --testing-library swift-testing --skip PollTests ||
  status=1
exit $status
