# SPDX-License-Identifier: BSD-2-Clause
# Loss of a run that is still training, in a window that is drawn again every few seconds; as letters where there is no
# display. Close the window, or press Ctrl-C, to end.
#
#   gnuplot -c plots/live.gp RUN [SECONDS]

if (ARGC < 1) { print 'usage: gnuplot -c live.gp RUN [SECONDS]'; exit status 2 }
log = ARG1 . '/log.csv'
interval = ARGC < 2 ? 5 : real(ARG2)
tasks = system('head -n 1 "' . log . '" | tr "," "\n" | sed -n "s/^train_//p" | tr "\n" " "')
if (words(tasks) == 0) { print log . ': no columns train_TASK'; exit status 3 }

display = system('echo "$DISPLAY$WAYLAND_DISPLAY"')
if (display eq '') { set terminal dumb }
set datafile separator ','
set datafile missing 'nan'
set logscale y
set format y '%g'
set grid
set xlabel 'epoch'
set ylabel 'loss'
set key outside top center horizontal
array colour[8] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#999999']

column_of(part, task) = part . '_' . task
open = 1
while (open) {
  plot for [k = 1:words(tasks)] log using 'epoch':column_of('train', word(tasks, k)) with lines \
           linewidth 1.8 dashtype (4, 4) linecolor rgb colour[(k - 1) % 8 + 1] title word(tasks, k) . ' training', \
       for [k = 1:words(tasks)] log using 'epoch':column_of('validation', word(tasks, k)) with lines \
           linewidth 1.6 linecolor rgb colour[(k - 1) % 8 + 1] title word(tasks, k) . ' validation'
  if (interval <= 0) { exit }
  pause interval
}
