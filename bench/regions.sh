#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Study: Darcy flow on regions that no network has seen. Trained on the random families star and polygon; errors on new
# random regions and on five named shapes.
#   data      random regions (seed 1, some numbers of them), the named shapes (seed 2), 200 new random regions (seed 7)
#   ablation  parts of preset `unseen` one after the other, STEPS steps each, on 1200 regions
#   curve     the preset on more and more regions, STEPS steps each
#   long      the preset without a coarse solution on the most regions, LONG steps; classical baselines; pictures
#
#   bench/regions.sh build/apps/graft-darcy runs/regions
#
# By environment: STEPS (600), LONG (7520), SAMPLES (samples of a family in each data set of the curve; two thirds train),
# PARTS ("data ablation curve long"), RUN (a command before each training, e.g. nice). Every run has one thread. What is
# there is not repeated. Writes into DIR: study.csv (part, run, task, error in %), study.md, regions.png, errors beside classical baselines fitted to 1200 random regions, and pictures of the worst predictions.
set -eu
plots=$(realpath "$(dirname "$0")/../plots")
program=$(realpath "$1") dir=$2
: "${STEPS:=600}" "${SAMPLES:=75 225 900 4500}" "${LONG:=7520}" "${PARTS:=data ablation curve long}" "${RUN:=}"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
mkdir -p "$dir"
cd "$dir"
targets=lshape,plus,right_triangle,square_hole,pentagram
pure=sdf,torsion,slope,log_k_around,torsion_around

# data NAME [options]
data() { [ -f "$1.h5" ] || "$program" solve -quiet -grid 48 -o "$1.h5" "${@:2}" > /dev/null; }

# train NAME DATA [options]: a run of the preset with other options, and its errors on new regions and named shapes.
train() {
  local run=$1
  # shellcheck disable=SC2086 # RUN is a command with options
  [ -f "$run/model.h5" ] ||
    $RUN /usr/bin/time -f '%U' -o "$run.seconds" "$program" train -quiet -preset unseen -threads 1 -data "$2.h5" -o "$run" "${@:3}" > /dev/null
  for set in targets fresh; do
    [ -f "$run/$set/metrics.json" ] ||
      "$program" eval -quiet -baselines false -model "$run/model.h5" -data "$set.h5" -o "$run/$set" > /dev/null
  done
}

# errors FILE: task,mean in %.
errors() {
  awk '/"name":/ { split($2, q, "\""); task = q[2] }
       /"rel_l2": *{/ { getline; sub(",", "", $2); printf "%s,%.4f\n", task, 100 * $2 }' "$1"
}

for part in $PARTS; do
  case $part in
    data)
      for n in $SAMPLES; do data "r$n" -shapes star,polygon -samples "$n" -seed 1; done
      data targets -shapes $targets -samples 450 -seed 2
      data fresh -shapes star,polygon -samples 450 -seed 7
      ;;
    ablation)
      short="-steps $STEPS -validate_steps $STEPS"
      # shellcheck disable=SC2086 # a list of options
      {
        train a1-coordinates r900 $short -features x,y -transform identity -scale 10 -gain 1 -input log_k,mask
        train a2-torsion r900 $short -features x,y -transform torsion
        train a3-point r900 $short -features x,y,sdf,torsion,slope,log_k -transform torsion
        train a4-log_k_around r900 $short -features sdf,torsion,slope,log_k_around -transform torsion
        train p1200 r900 $short -features $pure -transform torsion
        train a5-coarse_around r900 $short -features $pure,coarse_around -transform torsion
        train c1200 r900 $short
        train a7-coarse8 r900 $short -coarse 8
        train a8-no-image r900 $short -input torsion -channels 1 -dense 1
      }
      ;;
    curve)
      for n in $SAMPLES; do
        train "c$((n * 4 / 3))" "r$n" -steps "$STEPS" -validate_steps "$STEPS"
        train "p$((n * 4 / 3))" "r$n" -steps "$STEPS" -validate_steps "$STEPS" -features $pure -transform torsion
      done
      ;;
    long)
      train pure "r${SAMPLES##* }" -steps "$LONG" -validate_steps 940 -features $pure -transform torsion
      for run in c1200 pure; do
        for set in targets fresh; do
          "$program" eval -quiet -model $run/model.h5 -data $set.h5 -training r900.h5 -o $run/$set | tee $run/$set.txt
        done
      done
      "$program" plot -quiet -run c1200/fresh -worst 5
      ;;
  esac
done

# The tables, from what is there.
echo "run,set,task,rel_l2_percent" > study.csv
for metrics in */*/metrics.json; do
  run=${metrics%%/*} set=${metrics#*/}
  errors "$metrics" | sed "s/^/$run,${set%%/*},/" >> study.csv
done
awk -F, 'FNR > 1 {
    if (!($1 in kinds)) { run[++R] = $1; kinds[$1] = 1 }
    if (!($3 in places)) { task[++T] = $3; places[$3] = 1 }
    error[$1, $3] = $4 }
  END {
    printf "| run |"; for (t = 1; t <= T; t++) printf " %s |", task[t]
    printf " processor time |\n| --- |"; for (t = 0; t <= T; t++) printf " --- |"; printf "\n"
    for (r = 1; r <= R; r++) {
      file = run[r] ".seconds"; seconds = "?"
      while ((getline line < file) > 0) seconds = line
      printf "| %s |", run[r]; for (t = 1; t <= T; t++) printf " %.2f |", error[run[r], task[t]]
      printf " %s s |\n", seconds
    } }' study.csv > study.md
if command -v gnuplot > /dev/null && grep -q '^c' study.csv; then
  gnuplot -e "scripts = '$plots'; output = 'regions.png'" "$plots/regions.gp"
fi
cat study.md
