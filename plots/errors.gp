# SPDX-License-Identifier: BSD-2-Clause
# Distribution of the samples' errors: density (of the logarithm) between the least and the largest as a violin,
# quartiles and median as a box in it, whiskers up to 1.5 times the box; below, the number of samples.
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
unset key

# Data blocks: $E1, $E2 … errors of each task, $V1, $V2 … their density over log10 of the error.
unset logscale y
set xrange [log10(low) - 0.08:log10(high) + 0.08]
set yrange [*:*]
set samples 300
array top[words(tasks)]
array from[words(tasks)]
array to[words(tasks)]
array count[words(tasks)]
do for [k = 1:words(tasks)] {
  set datafile separator ','
  eval sprintf("set table $E%d", k)
  plot '../errors.csv' using (100 * column('rel_l2')) with table if (strcol('task') eq word(tasks, k))
  unset table
  set datafile separator whitespace
  eval sprintf("set table $V%d", k)
  eval sprintf("plot $E%d using (log10($1)):(1) smooth kdensity", k)
  unset table
  eval sprintf("stats $V%d using 2 nooutput name 'V'", k)
  top[k] = V_max
  eval sprintf("stats $E%d using (log10($1)) nooutput name 'T'", k)
  from[k] = T_min
  to[k] = T_max
  count[k] = T_records
}
@set_log_tics
set yrange [low / 1.25:high * 1.25]
set xrange [0.4:words(tasks) + 0.6]
set xtics () scale 0
do for [k = 1:words(tasks)] { set xtics add (sprintf("%s\nn = %d", pretty(word(tasks, k)), count[k]) k) }
set bmargin 3.2

set style fill solid 0.35 noborder
set style boxplot range 1.5 nooutliers
set boxwidth 0.09
command = 'plot '
do for [k = 1:words(tasks)] {
  do for [side in '-0.36 0.36'] {
    command = command . sprintf("$V%d using (%d + %s * $2 / %g):($1 < %.9g || $1 > %.9g ? NaN : 10**$1) with filledcurves x=%d linecolor rgb '%s', ", \
        k, k, side, top[k], from[k], to[k], k, colour[k])
  }
  command = command . sprintf("$E%d using (%d.0):1 with boxplot linewidth 1 linecolor rgb '#333333', ", k, k)
}
eval command
