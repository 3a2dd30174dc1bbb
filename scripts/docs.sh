#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Reference pages with Doxygen into BUILD/docs/html; any warning (undocumented function, wrong @param) is an error.
#
#   scripts/docs.sh BUILD
set -eu
build=$1
mkdir -p "$build/docs"
(cat docs/Doxyfile; echo "OUTPUT_DIRECTORY = $build/docs") | doxygen -
echo "Pages: $build/docs/html/index.html"
