# SPDX-License-Identifier: BSD-2-Clause
# Mean error against the number of random regions in training (bench/regions.sh), the same number of steps for all: with
# a coarse solution (runs c…) and without (p…), on new random regions and on the mean of the five named shapes.
#
#   study.csv: run, set (fresh, targets), task, error in %

width = 4.6
height = 3.2
load scripts . '/common.gp'

set datafile separator ','
set logscale xy
set xlabel 'random regions in training'
set ylabel 'mean relative L² error (%)'
set key outside top center horizontal samplen 2 Left reverse maxrows 2
set format y '%g'

# Data blocks $c_fresh …: number of regions, mean error of each task.
of(run, kind) = run[1:1] eq kind && strstrt('0123456789', run[2:2]) > 0
regions(run) = of(run, 'c') || of(run, 'p') ? real(run[2:*]) : NaN
do for [kind in 'c p'] {
  do for [part in 'fresh targets'] {
    eval sprintf("set table $%s_%s", kind, part)
    plot 'study.csv' skip 1 using (regions(strcol(1))):4 with table \
        if (of(strcol(1), kind) && strcol(2) eq part)
    unset table
  }
}
set datafile separator whitespace
set yrange [0.1:20]
set xrange [80:8000]
set ytics (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
set xtics (100, 300, 1000, 3000, 6000)
plot $p_fresh using 1:2 smooth unique with linespoints pointtype 6 linecolor rgb colour[2] title 'network alone, new random', \
     $p_targets using 1:2 smooth unique with linespoints pointtype 6 dashtype 2 linecolor rgb colour[2] title 'named shapes', \
     $c_fresh using 1:2 smooth unique with linespoints pointtype 4 linecolor rgb colour[1] title 'with coarse solution, new random', \
     $c_targets using 1:2 smooth unique with linespoints pointtype 4 dashtype 2 linecolor rgb colour[1] title 'named shapes'
