#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# "N passed, N failed" over the test points of meson's testlog.json files (one JSON object a line).
#
#   scripts/count.sh LOG...
# A program that speaks TAP counts by its points, any other as one; a program that fails without a failed point
# (crash, time-out) counts as one failure.
awk '
function points(pattern,   text, n) { text = $0; n = gsub(pattern, "", text); return n }
{
  result = $0
  sub(/.*"result": "/, "", result); sub(/".*/, "", result)
  ok = points("(\"|\\\\n)ok [0-9]+"); bad = points("(\"|\\\\n)not ok [0-9]+")
  good = (result == "OK" || result == "EXPECTEDFAIL")
  if (result == "SKIP") { skipped++; next }
  if (ok + bad == 0) { if (good) ok = 1; else bad = 1 }
  if (!good && bad == 0) bad = 1
  passed += ok; failed += bad
}
END { printf "%d passed, %d failed\n", passed, failed }' "$@"
