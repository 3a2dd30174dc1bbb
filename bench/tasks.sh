#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Study: one network for all tasks against one network per task, of the same architecture and options. For each seed it trains
#   multi    one network on all K tasks, STEPS steps
#   single   one network on each task, STEPS steps each: K times the work
#   share    one network on each task, STEPS / K steps each: the same work in all
# and takes the errors on the tasks' test samples.
#
#   bench/tasks.sh PROGRAM DIR STEPS "TASKS" OPTION-OF-TASKS [options of train]
#   bench/tasks.sh build/apps/graft-fisher runs/study 12000 "kpp nws zfk" -laws
#
# By environment: SEEDS ("1 2 3"), KINDS ("multi single share"), SOLVE (options of solve), JOBS (runs at a time), RUN (a
# command before each training, e.g. nice). Every run has one thread. Runs that are there are not repeated.
# Writes into DIR: study.csv (network, seed, task, error in %), runs.csv (network, seed, task or all, parameters, processor
# seconds of the training), study.json, study.md (mean and standard deviation over seeds), study.png.
#
# A data set of one task has the samples that the task has in the common one: streams go by the task's name.
set -eu
plots=$(realpath "$(dirname "$0")/../plots")
program=$(realpath "$1") dir=$2 steps=$3 tasks=$4 option=$5
shift 5
: "${SEEDS:=1 2 3}" "${KINDS:=multi single share}" "${SOLVE:=}" "${JOBS:=1}" "${RUN:=}"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
mkdir -p "$dir"
cd "$dir"
all=${tasks// /,}
count=$(echo "$tasks" | wc -w)

# Error (%) of each task that a metrics.json has: task,mean.
errors() {
  awk '/"name":/ { split($2, q, "\""); task = q[2] }
       /"rel_l2": *{/ { getline; sub(",", "", $2); printf "%s,%.4f\n", task, 100 * $2 }' "$1"
}

# network KIND NAME TASKS SEED STEPS [options]: train and evaluate; the directory is NAME-SEED.
network() {
  local run=$2-$4 data=${3//,/-}.h5 seed=$4 number=$5
  shift 5
  [ -f "$run/metrics.json" ] && return 0
  # shellcheck disable=SC2086 # RUN is a command with options
  $RUN /usr/bin/time -f '%U' -o "$run.seconds" "$program" train -quiet -json -data "$data" -o "$run" -seed "$seed" \
    -steps "$number" "$@" > "$run.json"
  "$program" eval -quiet -baselines false -model "$run/model.h5" -data "$data" > /dev/null
  rm -f "$run"/checkpoint*
}

wait_for_place() { while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do wait -n; done; }

for list in $all $tasks; do
  # shellcheck disable=SC2086 # SOLVE is a list of options
  [ -f "${list//,/-}.h5" ] || "$program" solve -quiet "$option" "$list" -o "${list//,/-}.h5" $SOLVE > /dev/null
done
for seed in $SEEDS; do
  for kind in $KINDS; do
    for task in $tasks; do
      wait_for_place
      case $kind in
        multi) [ "$task" != "${tasks%% *}" ] || network multi multi "$all" "$seed" "$steps" "$@" & ;;
        single) network single "single-$task" "$task" "$seed" "$steps" "$@" & ;;
        share) network share "share-$task" "$task" "$seed" $((steps / count)) "$@" & ;;
      esac
    done
  done
done
wait

# The tables, from what is there.
number() { awk -F'[:,]' -v key="\"$1\"" '$1 ~ key { print $2 + 0 }' "$2"; }
echo "network,seed,task,rel_l2_percent" > study.csv
echo "network,seed,task,parameters,seconds" > runs.csv
for run in multi single share; do
  for metrics in "$run"-*/metrics.json; do
    [ -f "$metrics" ] || continue
    name=${metrics%/metrics.json} seed=${metrics%/metrics.json}
    task=${name#"$run"-} seed=${seed##*-}
    errors "$metrics" | sed "s/^/$run,$seed,/" >> study.csv
    [ "$run" = multi ] && task=all
    echo "$run,$seed,${task%-*},$(number parameters "$name.json"),$(tail -1 "$name.seconds")" >> runs.csv
  done
done

awk -F, -v steps="$steps" -v count="$count" '
  FNR == 1 { next }
  FILENAME == "runs.csv" {
    parameters[$1] = parameters[$1] < $4 ? $4 : parameters[$1]
    seconds[$1] += $5; if (!(($1, $2) in seeds)) { seeds[$1, $2] = 1; runs[$1]++ }
    next
  }
  { if (!($1 in kinds)) { kind[++K] = $1; kinds[$1] = 1 }
    if (!($3 in places)) { task[++T] = $3; places[$3] = 1 }
    n[$1, $3]++; sum[$1, $3] += $4; square[$1, $3] += $4 * $4 }
  function mean(k, t) { return sum[k, t] / n[k, t] }
  function sd(k, t) {
    return n[k, t] > 1 ? sqrt(n[k, t] * (square[k, t] / n[k, t] - mean(k, t) ^ 2) / (n[k, t] - 1) + 1e-300) : 0
  }
  END {
    printf "{\n  \"steps\": %d,\n  \"networks\": [\n", steps > "study.json"
    printf "| network | steps |" > "study.md"
    for (t = 1; t <= T; t++) printf " %s |", task[t] > "study.md"
    printf " parameters | processor time |\n| --- | --- |" > "study.md"
    for (t = 1; t <= T + 2; t++) printf " --- |" > "study.md"
    printf "\n" > "study.md"
    for (i = 1; i <= K; i++) {
      k = kind[i]
      own = k == "share" ? int(steps / count) : steps
      time = seconds[k] / runs[k]
      printf "    {\"name\": \"%s\", \"seeds\": %d, \"steps\": %d, \"parameters\": %d, \"seconds\": %.1f, \"tasks\": [\n", \
             k, runs[k], own, parameters[k], time > "study.json"
      printf "| %s | %d |", k, own > "study.md"
      for (t = 1; t <= T; t++) {
        printf "      {\"name\": \"%s\", \"rel_l2_percent\": %.4f, \"sd\": %.4f}%s\n", task[t], mean(k, task[t]), \
               sd(k, task[t]), t < T ? "," : "" > "study.json"
        printf " %.3f ± %.3f |", mean(k, task[t]), sd(k, task[t]) > "study.md"
      }
      printf "    ]}%s\n", i < K ? "," : "" > "study.json"
      printf(time < 100 ? " %d | %.1f s |\n" : " %d | %.0f s |\n", parameters[k], time) > "study.md"
    }
    print "  ]\n}" > "study.json"
    printf "tasks = \"" > "study.gp"
    for (t = 1; t <= T; t++) printf("%s%s", (t > 1) ? " " : "", task[t]) > "study.gp"
    printf "\"\nnetworks = \"" > "study.gp"
    for (i = 1; i <= K; i++) printf("%s%s", (i > 1) ? " " : "", kind[i]) > "study.gp"
    print "\"" > "study.gp"
  }' runs.csv study.csv
if command -v gnuplot > /dev/null; then
  gnuplot -e "scripts = '$plots'; output = 'study.png'; load 'study.gp'" "$plots/tasks.gp"
fi
cat study.md
