#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Install the packages that Graft needs and that are missing (Debian, Ubuntu).
#
#   scripts/deps.sh [build] [dev]     build: to build, test and run (default); dev: lint, docs, sanitizers
#
# Says what it installs, asks for nothing, needs root (or sudo) only where a package is missing. On systems without
# apt it lists what to install by name and stops.
set -eu

build_packages="gcc libc6-dev pkg-config meson ninja-build
  petsc-dev libopenmpi-dev openmpi-bin libhdf5-openmpi-dev libgmsh-dev libopenblas-dev
  libyaml-dev zlib1g-dev gnuplot-nox fonts-dejavu-core"
dev_packages="doxygen clang-format clang-tidy cppcheck clang libclang-rt-14-dev libomp-dev"

packages=
[ $# -gt 0 ] || set -- build
for set in "$@"; do
  case $set in
    build) packages="$packages $build_packages" ;;
    dev) packages="$packages $dev_packages" ;;
    *) echo "deps.sh: expected build or dev, got '$set'" >&2; exit 2 ;;
  esac
done

if ! command -v apt-get >/dev/null 2>&1; then
  have=yes
  for tool in cc pkg-config meson ninja mpicc gnuplot; do
    command -v $tool >/dev/null 2>&1 || have=no
  done
  if [ $have = yes ] && pkg-config --exists PETSc yaml-0.1; then exit 0; fi
  echo "deps.sh: this system has no apt; please install the equivalents of:" >&2
  for p in $packages; do echo "  $p" >&2; done
  exit 1
fi

missing=
for p in $packages; do
  dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

echo "Installing Debian packages:$missing" >&2
as_root=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null 2>&1 || { echo "deps.sh: root is needed to install these packages, and sudo is not there" >&2; exit 1; }
  as_root=sudo
fi
log=$(mktemp)
run() {
  if ! $as_root env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "deps.sh: failed: $*" >&2
    exit 1
  fi
}
run apt-get update -q
# shellcheck disable=SC2086
run apt-get install -q -y --no-install-recommends $missing
rm -f "$log"
echo "Installed." >&2
