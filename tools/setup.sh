#!/usr/bin/env bash
# Installs what is missing to build, run and test backtune on Debian or Ubuntu: system packages through apt (as root),
# Python packages in .venv. Does nothing where all is there.
#
# usage: tools/setup.sh [--all | --bench]
#   --bench  also the BLAS that benchmarks compare with
#   --all    also what the tests of `make test-all` look for, Python packages in .venv-all
# Variables: CI=true takes the versions and hashes of .ci/python*.txt (tools/pin.sh), and what the checks of CI need besides
set -eu
cd "$(dirname "$0")/.."

command -v swift >/dev/null || {
  echo "backtune needs the Swift toolchain, 6.0 or later, in PATH: https://www.swift.org/install" >&2
  exit 1
}

# liblapack-dev has the LAPACK that is linked into the library; valgrind is for the C tests.
packages=(gcc liblapack-dev libblas-dev python3-dev python3-numpy valgrind)
python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
all=${1:-}
[ "$all" != --bench ] || packages+=(libopenblas-dev)
[ "$all" != --all ] || packages+=(g++ pkg-config cmake cppcheck openmpi-bin libopenmpi-dev gcc-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user)
# Of the ABI; a test that says so is left out without it.
[ "$all" != --all ] && [ "${CI:-}" != true ] || packages+=(abigail-tools)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" -ne 0 ]; then
    echo "missing packages; install them with: sudo apt-get install ${missing[*]}" >&2
    exit 1
  fi
  echo "installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

# environment FOLDER EXTRAS: Python packages, where the project asks for others than last time.
environment() {
  local stamp=$1/installed pins=
  if [ "${CI:-}" = true ]; then
    pins=.ci/python$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')${1#.venv}.txt
    [ -e "$pins" ] || {
      echo "setup.sh: CI is true and there is no $pins: make it with tools/pin.sh" >&2
      exit 1
    }
  fi
  if [ ! -e "$stamp" ] || [ "$(cat "$stamp")" != "$pins" ] || [ -n "$(find pyproject.toml setup.py $pins -newer "$stamp")" ]; then
    [ -x "$1/bin/python" ] || python3 -m venv "$1"
    if [ -n "$pins" ]; then
      "$1/bin/python" -m pip install --quiet --require-hashes --requirement "$pins"
      "$1/bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable .
    else
      "$1/bin/python" -m pip install --quiet --upgrade pip
      "$1/bin/python" -m pip install --quiet --editable ".[$2]"
    fi
    echo "$pins" >"$stamp"
  fi
}

environment .venv dev
[ "$all" != --all ] || environment .venv-all test,docs,sktime,mpi,dask,onnx,nir,fmu,peers
