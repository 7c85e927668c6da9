# A bare Debian beside this one, for the scripts that read this file; needs root, debootstrap (which is installed where it is
# missing) and the network.

[ "$(id -u)" = 0 ] || { echo "$0: needs root, for chroot" >&2 && exit 1; }
command -v debootstrap >/dev/null || {
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap
}

# Where suites stay for the next time.
roots=${ROOTS:-/var/tmp/backtune-suites}
mkdir -p "$roots"

# make_suite ROOT SUITE [OPTION...]: of debootstrap.
make_suite() {
  local root=$1 suite=$2
  shift 2
  rm -rf "$root"
  debootstrap --variant=minbase "$@" "$suite" "$root" http://deb.debian.org/debian
}

# inside ROOT FOLDER [OPTION...] -- COMMAND...: in namespaces that end with the command; options of unshare.
inside() {
  local root=$1 folder=$2 options=()
  shift 2
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    unshare --mount --pid "${options[@]}" --fork --root="$root" --mount-proc=/proc --wd="$folder" "$@"
}
