# SPDX-License-Identifier: BSD-2-Clause
# How accurate a data set is: histogram of the samples' estimated errors per task, on a logarithmic axis.
#
#   tasks (names, parted by blanks); median1, largest1 (in %), the same with 2 …; low, high (in %, over all tasks)
#   data/estimates-TASK.dat (one value in % a row)

width = 5.2
height = 0.75 + 1.05 * words(tasks)
load scripts . '/common.gp'

bins = 30
wide = (log10(high) - log10(low)) / bins
if (wide <= 0) { wide = 0.02 }
left = log10(low) - wide
right = log10(high) + wide
bin(e) = left + wide * (floor((log10(e) - left) / wide) + 0.5)

set xrange [left - wide:right + wide]
set style fill solid 0.55 border
set boxwidth wide
# Tics as in set_log_tics, but on an axis of logarithms; numbers at the lowest panel only.
values = right - left > 1.3 ? '1 2 5' : right - left > 0.6 ? '1 2 3 5' : '1 1.5 2 3 4 5 6 8'
ticks = "set xtics () scale 0.5; do for [p = floor(left) - 1:ceil(right)] { do for [m in values] { \
  set xtics add ('' log10(m * 10.0 ** p)) } }"
labels = "set xtics () scale 0.5; do for [p = floor(left) - 1:ceil(right)] { do for [m in values] { \
  set xtics add (sprintf('%g', m * 10.0 ** p) log10(m * 10.0 ** p)) } }"
@ticks

panel = 1.05 / height
set multiplot
do for [k = 1:words(tasks)] {
  low_edge = 0.5 / height + (words(tasks) - k) * panel
  set lmargin at screen 0.13
  set rmargin at screen 0.97
  set bmargin at screen low_edge
  set tmargin at screen low_edge + 0.85 * panel
  median = value(sprintf('median%d', k))
  largest = value(sprintf('largest%d', k))
  unset arrow
  unset label
  set arrow 1 from log10(median), graph 0 to log10(median), graph 0.75 nohead linewidth 1 linecolor '#333333' front
  set arrow 2 from log10(largest), graph 0 to log10(largest), graph 0.75 nohead linewidth 1 dashtype 2 linecolor '#333333' front
  unset key
  if (k == 1) { set key at screen 0.97, screen 1 - 0.12 / height right center horizontal samplen 2 }
  set label 1 sprintf('%s: median %.2g %%, largest %.2g %%', pretty(word(tasks, k)), median, largest) \
      at graph 0.01, 0.9 left font ',8' front
  if (k == words(tasks)) {
    @labels
    set xlabel 'estimated relative error of u (%)' offset 0, 0.4
  }
  set yrange [*:*]
  set table $H
  plot sprintf('data/estimates-%s.dat', word(tasks, k)) using (bin($1)):(1.0) smooth frequency
  unset table
  stats $H using 2 nooutput name 'H'
  set yrange [0:1.45 * H_max]
  set ytics 0, ceil(tic(H_max)) scale 0.5
  if (k == (words(tasks) + 1) / 2) { set ylabel 'samples' offset 1, 0 } else { unset ylabel }
  plot sprintf('data/estimates-%s.dat', word(tasks, k)) using (bin($1)):(1.0) smooth frequency with boxes \
           linecolor rgb colour[1 + (k - 1) % 8] notitle, \
       keyentry with lines linewidth 1 linecolor '#333333' title 'median', \
       keyentry with lines linewidth 1 dashtype 2 linecolor '#333333' title 'largest'
}
unset multiplot
