# SPDX-License-Identifier: BSD-2-Clause
# Relative error around a trained model, on a plane of its parameters: the mean over tasks, and each task. Lines of equal
# error are steps of a factor; the trained model is the cross in the middle.
#
#   tasks (names, parted by blanks), part, points, radius; ../landscape.csv

K = words(tasks)
panels = K > 1 ? (K > 5 ? 6 : K + 1) : 1
columns = panels > 3 ? (panels + 1) / 2 : panels
rows = panels > 3 ? 2 : 1
width = 2.75 * columns + 0.45
height = 2.75 * rows + 0.35
load scripts . '/common.gp'

column_of(p) = p == 1 ? 'mean' : word(tasks, p - 1)
title_of(p) = p == 1 ? (K > 1 ? 'mean of the tasks' : pretty(word(tasks, 1))) : pretty(word(tasks, p - 1))
set tics font ',8'
set xtics -radius, radius, radius offset 0, 0.4
set ytics -radius, radius, radius offset 0.5, 0
set size square
unset key
unset grid
set palette defined (@viridis)
set title font ',9' offset 0, -0.6
set xlabel 'first direction (filter lengths)' font ',8' offset 0, 0.9
set colorbox
set cbtics font ',7' offset -0.6, 0
set multiplot layout rows, columns title 'relative L² error (%) on the ' . part . ' part' font ',10' \
    margins 0.55 / width, 1 - 0.55 / width, 0.5 / height, 1 - 0.55 / height spacing 0.95 / width, 0.85 / height

do for [p = 1:panels] {
  set xrange [*:*]
  set yrange [*:*]
  # Errors in per cent, and below lines of equal error, into data blocks parted by blanks.
  set datafile separator ','
  set table $E
  plot '../landscape.csv' using 'a':'b':(100 * column(column_of(p))) with table
  unset table
  set datafile separator whitespace
  stats $E using 3 nooutput name 'S'
  set xrange [-radius:radius]
  set yrange [-radius:radius]
  steps = 10
  ratio = S_max > S_min ? S_max / S_min : 1.01
  set cbrange [S_min:S_min * ratio]
  set logscale zcb
  set cbtics ()
  do for [i = 0:4] {
    v = S_min * ratio ** (i / 4.0)
    set cbtics add (sprintf('%.3g', v) v)
  }
  set title title_of(p)
  set contour base
  unset surface
  unset logscale zcb
  levels = ''
  do for [i = 1:steps - 1] { levels = levels . (i > 1 ? ',' : '') . sprintf('%.9g', S_min * ratio ** (1.0 * i / steps)) }
  eval 'set cntrparam levels discrete ' . levels
  set dgrid3d points, points, 4
  set table $C
  splot $E using 1:2:3
  unset table
  unset dgrid3d
  unset contour
  set surface
  set logscale zcb
  set label 1 '+' at 0, 0 center front textcolor rgb '#ffffff'
  if ((p - 1) % columns == 0) { set ylabel 'second direction' font ',8' offset 1.4, 0 } else { unset ylabel }
  plot $E using 1:2:3 with image pixels, \
       $C using 1:2 with lines linewidth 0.7 linecolor rgb '#ffffff'
  unset label 1
}
unset multiplot
