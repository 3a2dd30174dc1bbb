#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Study: multi-task methods at equal numbers of steps, single-task networks beside.
# Usage: bench/study_mtl.sh BUILD DIRECTORY [jobs]
#   Settings by environment: PROBLEM (darcy or fisher), SAMPLES (of each task), EPOCHS, SEEDS, MODEL (options of the network),
#   TASKS (their names), TASK_OPTION (of solve, that chooses them), SINGLE_BATCH (samples of each task in a batch of the
#   multi-task runs; one number for all, or one for each), METHODS (a pattern of the rows' names; all of them).
# Writes DIRECTORY/study.json and DIRECTORY/study.md; runs that are there already are not repeated. Each run has one thread,
# so that processor seconds can be compared; `jobs` runs go on at the same time.
set -eu
build=$1 out=$2 jobs=${3:-1}
program=$(realpath "$build")/apps/graft-${PROBLEM:=darcy}
case $PROBLEM in
  darcy)
    : "${SAMPLES:=150}" "${EPOCHS:=80}" "${TASKS:=square disc triangle}" "${TASK_OPTION:=-shapes}" "${SINGLE_BATCH:=20}"
    : "${MODEL:=-components 200 -dense 256,256 -rotations 0 -width 128 -lr 1e-3}" ;;
  fisher) # zfk has twice the samples
    : "${SAMPLES:=300}" "${EPOCHS:=50}" "${TASKS:=kpp nws zfk}" "${TASK_OPTION:=-laws}" "${SINGLE_BATCH:=16 16 32}"
    : "${MODEL:=}" ;;
esac
: "${SEEDS:=1 2 3}"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
mkdir -p "$out"
cd "$out"

# Name of the row | options of train | epochs as a multiple of EPOCHS.
methods="mean||1
mean, 2 x steps||2
mean, 5 x steps||5
rlw|-aggregator rlw|1
mgda|-aggregator mgda|1
pcgrad|-aggregator pcgrad|1
cagrad|-aggregator cagrad|1
imtl_g|-aggregator imtl_g|1
nash|-aggregator nash|1
fairgrad|-aggregator fairgrad|1
upgrad|-aggregator upgrad|1
sam|-sam sam|1
sam, pcgrad|-sam sam -aggregator pcgrad|1
fsmtl|-sam fsmtl|1
fsmtl, rlw|-sam fsmtl -aggregator rlw|1
fsmtl, pcgrad|-sam fsmtl -aggregator pcgrad|1
fsmtl, cagrad|-sam fsmtl -aggregator cagrad|1
fsmtl, upgrad|-sam fsmtl -aggregator upgrad|1
fsmtl direct, pcgrad|-sam fsmtl -fsmtl_variant direct -aggregator pcgrad|1"

methods=$(grep -E "^(${METHODS:=.*})[|]" <<< "$methods")

[ -f all.h5 ] || nice "$program" solve -samples "$SAMPLES" -seed 5 -o all.h5 -quiet
for task in $TASKS; do # streams go by the name of the task: the same samples as in all.h5
  [ -f "$task.h5" ] || nice "$program" solve -samples "$SAMPLES" -seed 5 "$TASK_OPTION" "$task" -o "$task.h5" -quiet
done

# run DATA DIRECTORY SEED EPOCHS OPTION…: train and evaluate, with the processor seconds of training.
run() {
  local data=$1 directory=$2 seed=$3 epochs=$4
  shift 4
  [ -f "$directory/summary.csv" ] && return 0
  rm -rf "$directory"
  # shellcheck disable=SC2086 # MODEL is a list of options
  nice /usr/bin/time -f '%U' -o "$directory.seconds" "$program" train -data "$data" -o "$directory" -seed "$seed" \
    -epochs "$epochs" -threads 1 -validate_every 10 -checkpoint_every 1e6 -quiet $MODEL "$@" > "$directory.txt" 2>&1
  nice "$program" eval -baselines false -model "$directory/model.h5" -data "$data" -quiet > "$directory.txt" 2>&1
  rm -f "$directory"/checkpoint*
}

wait_for_place() { while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done; }

for seed in $SEEDS; do
  while IFS='|' read -r name options times; do
    wait_for_place
    # shellcheck disable=SC2086 # a list of options
    run all.h5 "${name//[^a-z0-9_]/-}-$seed" "$seed" $((EPOCHS * times)) $options &
  done <<< "$methods"
  read -ra batch <<< "$SINGLE_BATCH"
  for task in $TASKS; do
    wait_for_place
    run "$task.h5" "single-$task-$seed" "$seed" "$EPOCHS" -batch "${batch[0]}" &
    [ ${#batch[@]} -eq 1 ] || batch=("${batch[@]:1}")
  done
done
wait

# One line per run: name seed seconds error…, errors in per cent in the order of TASKS.
table() {
  local name options times seed task
  for seed in $SEEDS; do
    printf 'single\t%s\t%s' "$seed" "$(for task in $TASKS; do tail -1 "single-$task-$seed.seconds"; done | awk '{s += $1} END {print s}')"
    for task in $TASKS; do awk -F, 'NR == 2 {printf "\t%.6g", 100 * $2}' "single-$task-$seed/summary.csv"; done
    echo
    while IFS='|' read -r name options times; do
      local directory="${name//[^a-z0-9_]/-}-$seed"
      printf '%s\t%s\t%s' "$name" "$seed" "$(tail -1 "$directory.seconds")"
      for task in $TASKS; do awk -F, -v t="$task" '$1 == t {printf "\t%.6g", 100 * $2}' "$directory/summary.csv"; done
      echo
    done <<< "$methods"
  done
}
table > runs.tsv

# Mean and standard deviation over seeds, Delta m against the single-task networks (mean relative change in per cent,
# negative: better), processor seconds in units of the plain method's. Rows in the order of the first seed.
awk -F'\t' -v tasks="$TASKS" -v epochs="$EPOCHS" -v samples="$SAMPLES" '
  BEGIN { K = split(tasks, task, " ") }
  !($1 in runs) { order[++rows] = $1 }
  { r = ++runs[$1]; seconds[$1] += $3
    mean = 0
    for (k = 1; k <= K; k++) { e[$1, k] += $(3 + k); mean += $(3 + k) / K }
    value[$1, r] = mean }
  END {
    printf("{\n  \"samples\": %d,\n  \"epochs\": %d,\n  \"tasks\": [", samples, epochs) > "study.json"
    for (k = 1; k <= K; k++) printf("%s\"%s\"", k > 1 ? ", " : "", task[k]) > "study.json"
    printf("],\n  \"methods\": [\n") > "study.json"
    printf("| method |") > "study.md"
    for (k = 1; k <= K; k++) printf(" %s |", task[k]) > "study.md"
    printf(" mean ± sd | Δm (%%) | time |\n| --- |") > "study.md"
    for (k = 1; k <= K + 3; k++) printf(" --- |") > "study.md"
    printf("\n") > "study.md"
    for (i = 1; i <= rows; i++) {
      m = order[i]; n = runs[m]; sum = square = change = 0
      for (r = 1; r <= n; r++) sum += value[m, r] / n
      for (r = 1; r <= n; r++) square += (value[m, r] - sum) ^ 2
      sd = n > 1 ? sqrt(square / (n - 1)) : 0
      for (k = 1; k <= K; k++) change += 100 / K * (e[m, k] / runs[m] / (e["single", k] / runs["single"]) - 1)
      time = seconds[m] / n / (seconds["mean"] / runs["mean"])
      printf("    {\"name\": \"%s\", \"runs\": %d, \"errors\": [", m, n) > "study.json"
      printf("| %s |", m) > "study.md"
      for (k = 1; k <= K; k++) {
        printf("%s%.5g", k > 1 ? ", " : "", e[m, k] / n) > "study.json"
        printf(" %.2f |", e[m, k] / n) > "study.md"
      }
      printf("], \"mean\": %.5g, \"sd\": %.3g, \"delta_m\": %.4g, \"time\": %.3g}%s\n", sum, sd, change, time, i < rows ? "," : "") > "study.json"
      printf(" %.2f ± %.2f | %+.1f | %.1f |\n", sum, sd, change, time) > "study.md"
    }
    printf("  ]\n}\n") > "study.json"
  }' runs.tsv
cat study.md
