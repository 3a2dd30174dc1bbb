# SPDX-License-Identifier: BSD-2-Clause
# Loss of training and validation part over the epochs, one colour a task.
#
#   tasks (names, parted by blanks), loss (its name); ../log.csv

width = 4.5
height = 3.4
load scripts . '/common.gp'

set datafile separator ','
set datafile missing 'nan'
set xrange [0:*] noextend
set xlabel 'epoch'
set ylabel 'loss (' . (loss eq 'mse' ? 'mean square' : loss eq 'relative_l2' ? 'relative L²' : pretty(loss)) . ')'
set key outside top center horizontal Left reverse samplen 1.5 maxrows 2

low = 1e300
high = 0
points = 0
do for [part in 'train validation'] {
  do for [k = 1:words(tasks)] {
    undefine S_* # a part without samples has no numbers
    stats '../log.csv' using part . '_' . word(tasks, k) nooutput name 'S'
    if (!exists('S_min')) { continue }
    if (S_min > 0 && S_min < low) { low = S_min }
    if (S_max > high) { high = S_max }
    if (S_records > points) { points = S_records }
  }
}
@set_log_tics

size = points < 30 ? 0.8 : 0 # of the marks at the values: where they are few, lines alone hide them
if (size > 0) { set xrange [0:*]; set offsets 0, graph 0.03, 0, 0 }
column_of(part, task) = part . '_' . task
plot for [k = 1:words(tasks)] '../log.csv' using 'epoch':column_of('train', word(tasks, k)) with linespoints pointtype 6 pointsize size \
         linewidth 1.8 dashtype (4, 4) linecolor rgb colour[k] notitle, \
     for [k = 1:words(tasks)] '../log.csv' using 'epoch':column_of('validation', word(tasks, k)) with linespoints pointtype 7 pointsize size \
         linewidth 1.3 linecolor rgb colour[k] title pretty(word(tasks, k)), \
     NaN with linespoints pointtype 7 pointsize size linewidth 1.3 linecolor rgb '#333333' title 'validation', \
     NaN with linespoints pointtype 6 pointsize size linewidth 1.8 dashtype (4, 4) linecolor rgb '#333333' title 'training'
