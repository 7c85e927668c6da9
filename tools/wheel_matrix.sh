#!/usr/bin/env bash
# Checks a wheel where nothing else is: in Debian's suites with a Python from 3.9 to 3.14, no compiler and no index of
# packages, each with the oldest and the newest NumPy that it has. Needs root, debootstrap (which is installed where it is missing)
# and about 300 MB a suite.
#
# usage: tools/wheel_matrix.sh [WHEEL]     default: the one in dist
# Variables: SUITES ("bullseye bookworm trixie sid"), ROOTS (/var/tmp/backtune-suites: where they stay for the next time)
set -eu
cd "$(dirname "$0")/.."
wheel=$(realpath "${1:-$(ls -t dist/backtune-*.whl | head -n 1)}")
suites=${SUITES:-bullseye bookworm trixie sid}
. tools/suite.sh

# Of the Python of a suite: the first NumPy from 1.24 that has wheels for it.
oldest() {
  case $1 in
    3.9 | 3.10 | 3.11) echo 1.24.0 ;;
    3.12) echo 1.26.0 ;;
    3.13) echo 2.1.0 ;;
    3.14) echo 2.3.2 ;;
    *) echo "wheel_matrix.sh: which NumPy is the oldest for Python $1?" >&2 && exit 1 ;;
  esac
}

# there ROOT COMMAND...: without network.
there() {
  local root=$1
  shift
  inside "$root" /root --net -- "$@"
}

# check ROOT PYTHON REQUIREMENT...: with wheels that are fetched outside.
check() {
  local root=$1 python=$2
  shift 2
  rm -rf "$root/root/wheels" "$root/root/fresh"
  python3 -m pip download -q -d "$root/root/wheels" --only-binary=:all: --python-version "$python" \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_17_x86_64 \
    --platform manylinux2014_x86_64 "$wheel" "$@" &&
    cp tools/wheel_check.py "$root/root" &&
    there "$root" python3 -m venv fresh &&
    there "$root" fresh/bin/python -m pip install -q --no-index --find-links wheels backtune &&
    there "$root" fresh/bin/python wheel_check.py
}

passed=0
failed=0
for suite in $suites; do
  root=$roots/$suite
  if [ ! -e "$root/made" ]; then
    make_suite "$root" "$suite" --include=python3,python3-venv >"$roots/$suite.log" 2>&1 ||
      { tail "$roots/$suite.log" && exit 1; }
    touch "$root/made"
  fi
  python=$(there "$root" python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  libc=$(there "$root" python3 -c 'import platform; print(platform.libc_ver()[1])')
  for requirements in "numpy==$(oldest "$python") tqdm==4.60.0" "numpy tqdm"; do
    echo "== $suite: glibc $libc, Python $python, $requirements"
    # shellcheck disable=SC2086
    if check "$root" "$python" $requirements; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
