#!/usr/bin/env bash
# Builds packages for Debian (debian/): libbacktune1, libbacktune-dev, python3-backtune, in build/deb. Needs debhelper,
# dh-python and the Swift toolchain.
#
# usage: tools/deb.sh [FOLDER]
set -eu
cd "$(dirname "$0")/.."
target=${1:-build/deb}
missing=()
for package in build-essential debhelper dh-python liblapack-dev; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  [ "$(id -u)" = 0 ] || { echo "missing packages; install them with: sudo apt-get install ${missing[*]}" >&2 && exit 1; }
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi
mkdir -p "$target"
dpkg-buildpackage -us -uc -b
# It leaves them above the tree.
version=$(dpkg-parsechangelog -S Version)
mv ../{libbacktune1,libbacktune-dev,python3-backtune}_"$version"_*.deb ../backtune_"$version"_*.{buildinfo,changes} "$target"
debian/rules clean
ls -l "$target"/*.deb
