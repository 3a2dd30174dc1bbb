# SPDX-License-Identifier: BSD-2-Clause
# What the log of a run with -diagnostics says of its tasks, over the epochs: cosines of pairs of gradients, share of
# conflicting pairs, lengths of gradients, weights, sharpness, cost of a step.
#
#   tasks (names, parted by blanks); ../log.csv

width = 7.6
height = 5.2
load scripts . '/common.gp'

set datafile separator ','
log = '../log.csv'
task(k) = word(tasks, k)
K = words(tasks)

set multiplot layout 2, 3 margins 0.085, 0.985, 0.11, 0.87 spacing 0.115, 0.13
set xrange [0:*] noextend
set tics font ',7'
set ylabel offset 1.6, 0 font ',8'
set xlabel font ',8' offset 0, 0.4
set style data linespoints
set pointsize 0.45


unset xlabel
set ylabel 'length of the gradient'
low = 1e300
high = 0
do for [k = 1:K] {
  stats log using 'norm_' . task(k) nooutput name 'S'
  if (S_min > 0 && S_min < low) { low = S_min }
  if (S_max > high) { high = S_max }
}
@set_log_tics
set key outside top center vertical samplen 1.2 font ',7' maxrows 3 Left reverse
plot for [k = 1:K] log using 'epoch':'norm_' . task(k) linewidth 1.1 pointtype 4 + k \
         linecolor rgb colour[(k - 1) % 8 + 1] title K > 9 ? '' : pretty(task(k))

unset logscale y
set ytics auto format '%g'
set yrange [-1.05:1.05]
set ylabel 'cosine of two gradients'
pairs = K * (K - 1) / 2
array first[pairs + 1]
array last[pairs + 1]
i = 1
do for [a = 1:K - 1] {
  do for [b = a + 1:K] {
    first[i] = a
    last[i] = b
    i = i + 1
  }
}
title_of(p) = pretty(task(first[p])) . ', ' . pretty(task(last[p]))
plot 0 with lines linewidth 0.6 linecolor rgb '#333333' notitle, \
     for [p = 1:pairs] log using 'epoch':'cosine_' . task(first[p]) . '_' . task(last[p]) linewidth 1.1 pointtype 4 + p \
         linecolor rgb colour[(p + 2) % 8 + 1] title pairs > 6 ? '' : title_of(p)
unset key

set yrange [-2:102]
set ylabel 'conflicting pairs (%)'
plot log using 'epoch':(100 * column('conflicts')) linewidth 1.1 pointtype 7 linecolor rgb '#333333'

set xlabel 'epoch' font ',8'
set yrange [*<0:*]
set ylabel 'weight of a task''s gradient'
plot for [k = 1:K] log using 'epoch':'weight_' . task(k) linewidth 1.1 pointtype 4 + k linecolor rgb colour[(k - 1) % 8 + 1]

set yrange [*<0:*]
set ylabel sprintf('sharpness at radius %g', radius)
plot 0 with lines linewidth 0.6 linecolor rgb '#333333', \
     for [k = 1:K] log using 'epoch':'sharpness_' . task(k) linewidth 1.1 pointtype 4 + k \
         linecolor rgb colour[(k - 1) % 8 + 1]

set yrange [0:*]
set ylabel 'cost of a step (plain steps)'
plot log using 'epoch':'cost' linewidth 1.1 pointtype 7 linecolor rgb '#333333'
unset multiplot
