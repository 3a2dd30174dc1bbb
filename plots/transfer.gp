# SPDX-License-Identifier: BSD-2-Clause
# Error against the number of training samples of a new task, a panel a task; ../transfer.csv

file = '../transfer.csv'
set datafile separator ','
tasks = ''
stats file using 2 every ::1 nooutput name 'N'
do for [i = 0:N_records - 1] {
  name = ''
  stats file using (name = strcol(1), 0) every ::(i + 1)::(i + 1) nooutput
  if (!(words(tasks) > 0 && strstrt(' ' . tasks . ' ', ' ' . name . ' '))) { tasks = tasks . ' ' . name }
}
T = words(tasks)
columns = T > 3 ? 3 : T
rows = (T + columns - 1) / columns
width = 2.6 * columns + 1.6 + (T == 1)
height = 2.9 * rows + 0.1
load scripts . '/common.gp'
set datafile separator ','
set datafile missing NaN # other tasks: lines go on over them

curves = 'zero_shot fine_tune graft scratch kernel_ridge affine'
C = words(curves)
array shape[6] = [1, 7, 5, 9, 4, 12]
array there[C]
array dashes[6] = [2, 1, 1, 1, 1, 1]
low = 1e9
high = 0
do for [c = 1:C] {
  undefine S_*
  stats file using (100 * column(word(curves, c))) nooutput name 'S'
  there[c] = exists('S_records') && S_records > 0
  if (there[c]) {
    low = S_min < low ? S_min : low
    high = S_max > high ? S_max : high
  }
}
set multiplot layout rows, columns margins screen 0.6 / width, 1 - 1.35 / width, 0.55 / height, 1 - 0.35 / height \
    spacing screen 0.5 / width, screen 0.75 / height
set logscale x
set xrange [N_min / 1.3:N_max * 1.3]
set xtics () format '%g'
do for [i = 0:N_records - 1] {
  stats file using 2 every ::(i + 1)::(i + 1) nooutput name 'X'
  set xtics add (X_min)
}
@set_log_tics
set key at screen 1 - 0.05 / width, 1 - 0.4 / height right top vertical samplen 1.5 font ',9' Left reverse
do for [t = 1:T] {
  task = word(tasks, t)
  set title pretty(task) offset 0, -0.6
  set ylabel (t % columns == 1 || columns == 1 ? 'mean relative L² error (%)' : '')
  set xlabel (t > T - columns ? 'training samples of the task' : '')
  if (t == 2) { unset key }
  plot for [c = 1:C] file using 2:(there[c] && strcol(1) eq task ? 100 * column(word(curves, c)) : NaN) \
       with linespoints linecolor rgb colour[c] linewidth 1.5 pointtype shape[c] pointsize 0.8 \
       dashtype dashes[c] title (there[c] ? pretty(word(curves, c)) : '')
}
unset multiplot
