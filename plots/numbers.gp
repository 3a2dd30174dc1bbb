# SPDX-License-Identifier: BSD-2-Clause
# Errors of the samples against the numbers that tell them apart, one panel per number.
#
#   tasks (names, parted by blanks), columns1, name1_1, name1_2 … of task 1, the same with 2 …
#   data/numbers-TASK.dat: numbers, error in %

panels = 0
do for [k = 1:words(tasks)] { if (exists('columns' . k) && value('columns' . k) > panels) { panels = value('columns' . k) } }
panels = panels > 4 ? 4 : panels
width = 0.4 + 3.2 * panels
height = 3.3
load scripts . '/common.gp'

array first[4] = [1e30, 1e30, 1e30, 1e30]
array last[4] = [-1e30, -1e30, -1e30, -1e30]
low = 1e30
high = 0
do for [k = 1:words(tasks)] {
  stats sprintf('data/numbers-%s.dat', word(tasks, k)) using (column(value('columns' . k) + 1)) nooutput name 'S'
  low = S_min < low ? S_min : low
  high = S_max > high ? S_max : high
  do for [c = 1:value('columns' . k)] {
    stats sprintf('data/numbers-%s.dat', word(tasks, k)) using (column(c)) nooutput name 'S'
    if (c <= 4 && S_min < first[c]) { first[c] = S_min }
    if (c <= 4 && S_max > last[c]) { last[c] = S_max }
  }
}
low = low > 1e-3 * high ? low : 1e-3 * high
@set_log_tics
set multiplot
set key at graph 0.5, 1.1 center horizontal samplen 0.5 noautotitle
set tmargin at screen 1 - 0.4 / height
set bmargin at screen 0.55 / height
do for [c = 1:panels] {
  set lmargin at screen (0.75 + (c - 1) * 3.2) / width
  set rmargin at screen (0.75 + (c - 1) * 3.2 + 2.7) / width
  titles = ''
  do for [k = 1:words(tasks)] {
    if (value('columns' . k) >= c) {
      n = value(sprintf('name%d_%d', k, c))
      if (strstrt(' ' . titles . ' ', ' ' . n . ' ') == 0) { titles = titles . ' ' . n }
    }
  }
  span = last[c] > first[c] ? last[c] - first[c] : 1.0
  set xrange [first[c] - 0.04 * span:last[c] + 0.04 * span]
  if (span == floor(span) && span <= 10) { set xtics 1 } else { set xtics tic(span) }
  set xlabel titles[2:*]
  if (c == 1) { set ylabel 'relative L² error of a sample (%)' } else { unset ylabel }
  plot for [k = 1:words(tasks)] sprintf('data/numbers-%s.dat', word(tasks, k)) \
      using (value('columns' . k) >= c ? column(c) : NaN):(column(value('columns' . k) + 1)) with points pointtype 7 \
      pointsize 0.55 linecolor rgb colour[1 + (k - 1) % 8] notitle, \
    for [k = 1:words(tasks)] keyentry with points pointtype 7 pointsize 0.9 linecolor rgb colour[1 + (k - 1) % 8] \
      title (value('columns' . k) >= c ? pretty(word(tasks, k)) : '')
}
unset multiplot
