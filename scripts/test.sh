#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run all tests of a build directory and end with "N passed, N failed".
#
#   scripts/test.sh BUILD [meson test options]
set -u
build=$1
shift
meson test -C "$build" --print-errorlogs "$@"
status=$?
scripts/count.sh "$build/meson-logs/testlog.json"
exit $status
