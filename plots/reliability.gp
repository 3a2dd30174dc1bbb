# SPDX-License-Identifier: BSD-2-Clause
# What the spread of an ensemble is worth: share of points whose error lies within the interval of a nominal level.
#
#   tasks (names, parted by blanks); ../calibration.csv

width = 3.6
height = 3.9
load scripts . '/common.gp'

set datafile separator ','
set datafile missing 'nan'
set size ratio 1
set xrange [0:100]
set yrange [0:100]
set xtics 20
set ytics 20
set xlabel 'nominal level of the interval (%)'
set ylabel 'points covered (%)'
set key outside top center horizontal Left reverse samplen 1.5 maxrows 2
percent(name) = 100 * column(name)
plot x with lines linewidth 1 dashtype (4, 4) linecolor rgb '#333333' title 'ideal', \
     for [k = 1:words(tasks)] '../calibration.csv' using (percent('level')):(percent(word(tasks, k))) with linespoints \
         linewidth 1.3 pointtype 7 pointsize 0.5 linecolor rgb colour[(k - 1) % 8 + 1] title pretty(word(tasks, k))
