# SPDX-License-Identifier: BSD-2-Clause
# Distribution of the samples' errors: every sample as a dot, quartiles and median as a box.
#
#   tasks (names, parted by blanks); ../errors.csv

width = 4.5
height = 3.4
load scripts . '/common.gp'

set datafile separator ','
set ylabel 'relative L² error of a sample (%)'
stats '../errors.csv' using (100 * column('rel_l2')) nooutput name 'S'
low = S_min
high = S_max
@set_log_tics
set xrange [0.4:words(tasks) + 0.6]
set xtics () scale 0
do for [k = 1:words(tasks)] { set xtics add (pretty(word(tasks, k)) k) }
unset key
set style boxplot range 1.5 nooutliers
set style fill solid 0.25 border
set boxwidth 0.3
set jitter overlap 0.5 spread 0.35

of(k) = strcol('task') eq word(tasks, k) ? 100 * column('rel_l2') : NaN
plot for [k = 1:words(tasks)] '../errors.csv' using (k + 0.24):(of(k)) with points pointtype 7 pointsize 0.3 \
         linecolor rgb colour[k], \
     for [k = 1:words(tasks)] '../errors.csv' using (k - 0.12):(of(k)) with boxplot linewidth 1 linecolor rgb colour[k]
