# SPDX-License-Identifier: BSD-2-Clause
# Mean error of the network and of the classical baselines, a group of bars a task, values on top.
#
#   tasks (names, parted by blanks), methods (columns of the file); ../summary.csv

width = 7.6
height = 3.4
load scripts . '/common.gp'

set datafile separator ','
set ylabel 'mean relative L² error (%)'

M = words(methods)
group = M + 1.5

# Bars start at 0; those above twice the median of the methods are cut: they are torn. Every bar carries its value.
array mean[M]
do for [m = 1:M] {
  stats '../summary.csv' using (100 * column(word(methods, m))) nooutput name 'S'
  mean[m] = S_mean
}
top = 0
do for [m = 1:M] {
  smaller = 0
  do for [j = 1:M] { smaller = smaller + (mean[j] < mean[m]) }
  if (smaller == M / 2) { top = 2 * mean[m] }
}
shown(v) = v > top ? top : v

set xrange [0.5:group * words(tasks)]
set yrange [0:1.1 * top]
set xtics () scale 0
do for [k = 1:words(tasks)] { set xtics add (pretty(word(tasks, k)) (k - 1) * group + 0.5 + (M + 1) / 2.0) }
set key outside top center horizontal samplen 1 Left reverse
set style fill solid 0.85 noborder
set boxwidth 0.9

at(m, row) = (row - 1) * group + 0.5 + m
error(m) = 100 * column(word(methods, m))
text(v) = sprintf(v < 10 ? '%.2f' : '%.1f', v)
plot for [m = 1:M] '../summary.csv' using (at(m, $0)):(shown(error(m))) with boxes \
         linecolor rgb colour[m] title pretty(word(methods, m)), \
     for [m = 1:M] '' using (at(m, $0)):(shown(error(m))):(text(error(m))) with labels \
         font ',9' offset 0, 0.5 notitle, \
     for [m = 1:M] for [z = 0:3] '' using (at(m, $0) - 0.45 + 0.225 * z):(error(m) > top ? (z % 2 ? 0.93 : 0.9) * top : NaN): \
         (0.225):(z % 2 ? -0.03 * top : 0.03 * top) with vectors nohead linewidth 2.5 linecolor '#ffffff' notitle
