#!/usr/bin/env bash
# Pins what CI installs: every package with its version and the hashes of its files, for the Python that runs this, in
# .ci/python3.N.txt (for .venv) and .ci/python3.N-all.txt (for .venv-all). tools/setup.sh takes them where CI is true.
#
# usage: tools/pin.sh [options of uv pip compile, such as --upgrade]
set -eu
cd "$(dirname "$0")/.."
version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/tools"
"$work/tools/bin/python" -m pip install --quiet uv
# What installs them is one of them.
printf 'pip\nsetuptools\n' >"$work/own.in"

# pin SUFFIX EXTRAS [options]
pin() {
  local target=.ci/python$version$1.txt extras=()
  for extra in ${2//,/ }; do extras+=(--extra "$extra"); done
  "$work/tools/bin/uv" pip compile --quiet --no-header --no-annotate --generate-hashes --python "$(command -v python3)" \
    --output-file "$target" "${extras[@]}" pyproject.toml "$work/own.in" "${@:3}" </dev/null
  echo "$target"
}

sed -nE 's/^.*\benvironment \.venv(-all)? ([a-z,]+)$/\2 \1/p' tools/setup.sh | while read -r extras suffix; do
  pin "$suffix" "$extras" "$@"
done
