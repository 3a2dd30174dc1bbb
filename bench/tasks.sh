#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One network for all tasks against one network per task: same architecture, same number of steps, three seeds; the test
# samples of each task. Writes DIR/study.csv (a row per network and task) and DIR/study.json (mean and spread over seeds).
#
#   bench/tasks.sh PROGRAM DIR STEPS "TASKS" OPTION-OF-TASKS [options of train]
#   bench/tasks.sh build/apps/graft-fisher runs/study 63000 "kpp nws zfk" -laws
#
# A data set of one task has the samples that the task has in the common one: streams go by the task's name.
set -eu
program=$1 dir=$2 steps=$3 tasks=$4 option=$5
shift 5
mkdir -p "$dir"
all=$(echo "$tasks" | tr ' ' ',')

# Error (%) of each task that metrics.json has: task, mean.
errors() {
  awk '/"name":/ { split($2, q, "\""); task = q[2] }
       /"rel_l2": *{/ { getline; sub(",", "", $2); printf "%s,%.4f\n", task, 100 * $2 }' "$1"
}

# A network named $1 on the tasks $2 with seed $3.
network() {
  name=$1 list=$2 seed_=$3
  shift 3
  data="$dir/$(echo "$list" | tr ',' '-').h5" run="$dir/$name-$seed_"
  [ -f "$data" ] || "$program" solve -quiet "$option" "$list" -o "$data" > /dev/null
  "$program" train -quiet -data "$data" -o "$run" -seed "$seed_" -steps "$steps" "$@" > /dev/null
  "$program" eval -quiet -baselines false -model "$run/model.h5" -data "$data" > /dev/null
  errors "$run/metrics.json" | while read -r row; do echo "$kind,$seed_,$row" >> "$dir/study.csv"; done
}

echo "network,seed,task,rel_l2_percent" > "$dir/study.csv"
for seed in 1 2 3; do
  kind=multi
  network multi "$all" "$seed" "$@"
  for task in $tasks; do
    kind=single
    network "$task" "$task" "$seed" "$@"
  done
done

awk -F, -v steps="$steps" '
  NR > 1 { key = $1 "," $3; n[key]++; sum[key] += $4; square[key] += $4 * $4; if (!(key in seen)) { order[++count] = key; seen[key] } }
  END {
    printf "{\n  \"steps\": %d,\n  \"rows\": [\n", steps
    for (i = 1; i <= count; i++) {
      key = order[i]; split(key, part, ","); mean = sum[key] / n[key]
      spread = n[key] > 1 ? sqrt((square[key] - n[key] * mean * mean) / (n[key] - 1)) : 0
      printf "    {\"network\": \"%s\", \"task\": \"%s\", \"seeds\": %d, \"rel_l2_percent\": %.4f, \"spread\": %.4f}%s\n",
             part[1], part[2], n[key], mean, spread, i < count ? "," : ""
    }
    print "  ]\n}"
  }' "$dir/study.csv" > "$dir/study.json"
cat "$dir/study.json"
