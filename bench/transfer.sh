#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A trained network on new tasks: zero-shot, fine-tuned and from scratch with the same samples and steps, at several counts of
# samples, classical baselines fitted to the same samples beside them. Writes DIR/transfer.csv (a row per task and count),
# DIR/study.json and DIR/plots/transfer.png.
#
#   bench/transfer.sh PROGRAM DIR COUNTS "TARGETS" OPTION-OF-TASKS [options of transfer]
#   bench/transfer.sh build/apps/graft-darcy runs/transfer 10,30,100,300 "lshape plus right_triangle square_hole pentagram" -shapes
#
# The environment may set SOURCE (options of the source's train), SOLVE (options of solve), TARGET_SOLVE (those of the targets'),
# RUN (a command to start programs with, e.g. nice).
set -eu
program=$1 dir=$2 counts=$3 targets=$4 option=$5
shift 5
run=${RUN:-}
mkdir -p "$dir"

# shellcheck disable=SC2086 # options are words
{
  [ -f "$dir/source.h5" ] || $run "$program" solve -quiet ${SOLVE:-} -o "$dir/source.h5" > /dev/null
  $run "$program" train -quiet -data "$dir/source.h5" -o "$dir/source" ${SOURCE:-} > /dev/null
  for target in $targets; do
    [ -f "$dir/$target.h5" ] || $run "$program" solve -quiet ${SOLVE:-} ${TARGET_SOLVE:-} "$option" "$target" -o "$dir/$target.h5" > /dev/null
    $run "$program" transfer -quiet -model "$dir/source/model.h5" -data "$dir/$target.h5" -samples "$counts" \
      -mode zero_shot,fine_tune,scratch -o "$dir/$target" "$@"
  done
}

first=1
for target in $targets; do
  tail -n +"$first" "$dir/$target/transfer.csv"
  first=2
done > "$dir/transfer.csv"

awk -F, '
  NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; columns = NF; printf "{\n  \"rows\": [" }
  NR > 1 {
    printf "%s\n    {\"task\": \"%s\", \"count\": %d", (NR > 2 ? "," : ""), $1, $2
    for (i = 3; i <= columns; i++) if ($i != "nan" && $i != "-nan") printf ", \"%s\": %.6g", name[i], $i
    printf "}"
  }
  END { print "\n  ]\n}" }' "$dir/transfer.csv" > "$dir/study.json"

here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$dir/plots"
if command -v gnuplot > /dev/null; then
  (cd "$dir/plots" && gnuplot -e "scripts = '$here/plots'; output = 'transfer.png'; load '$here/plots/transfer.gp'")
fi
cat "$dir/study.json"
