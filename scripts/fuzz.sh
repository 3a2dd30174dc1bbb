#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Build the fuzz targets with clang and run them, one after the other; ends with a table of executions and findings.
#
#   scripts/fuzz.sh BUILD [SECONDS [TARGET...]]     default: 600 seconds, all targets of tests/fuzz
# SECONDS 0 only runs the corpus. New inputs go to BUILD/corpus/TARGET, findings to BUILD/findings/TARGET-*; a finding
# is mended and then kept, minimised, in tests/fuzz/corpus/TARGET.
set -u
build=$1
seconds=${2:-600}
[ $# -gt 2 ] && shift 2 || set -- yaml region csv npy option model checkpoint bundle_file dataset delimited schema features
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1

if [ ! -f "$build/build.ninja" ]; then
  CC=clang meson setup "$build" -Dfuzz=true -Dnative=false -Db_lundef=false -Dbuildtype=debugoptimized >/dev/null || exit 1
fi
ninja -C "$build" >/dev/null || { echo "fuzz: the build failed (ninja -C $build)" >&2; exit 1; }
mkdir -p "$build/findings"
bad=0 table=
for target; do
  mkdir -p "$build/corpus/$target"
  limit="-max_total_time=$seconds"
  [ "$seconds" = 0 ] && limit=-runs=0
  log=$build/findings/$target.log
  "$build/tests/fuzz/fuzz_$target" $limit -max_len=2048 -timeout=60 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$build/findings/$target-" "$build/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1
  status=$?
  runs=$(awk '/number_of_executed_units/ {print $2}' "$log")
  [ $status = 0 ] || { bad=$((bad + 1)); grep -E 'ERROR|SUMMARY|does not hold|artifact|runtime error' "$log"; }
  table="$table$(printf '%-12s %12s executions  %s' "$target" "${runs:-?}" "$([ $status = 0 ] && echo 'no finding' || echo FINDING)")
"
done
printf '%s' "$table"
[ $bad = 0 ]
