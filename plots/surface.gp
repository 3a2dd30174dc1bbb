# SPDX-License-Identifier: BSD-2-Clause
# Truth, prediction and error of samples of a task on the surface of the body, seen from above and shaded.
#
#   task, rows
#   label1, note1, sample1, error1 (in %), numbers1 (a text), top_t1, top_e1 (largest values), the same with 2 …
#   data/TASK-LABEL-surface.dat: x, y, z, truth, prediction, |error|

row_h = 2.75
width = 7.2
height = 0.1 + row_h * rows
load scripts . '/common.gp'

side = 2.3 # of a panel, in inches
left(c) = (0.12 + (c - 1) * 2.36) / width
bottom(r) = 1 - (0.3 + side * 0.8 + (r - 1) * row_h) / height

set multiplot
unset key
unset grid
unset border
unset xtics
unset ytics
unset ztics
set view 48, 20, 1.75, 1
set view equal xyz
set xyplane at 0
set xrange [-2:2]
set yrange [-2:2]
set zrange [0:1]
set pm3d depthorder noborder lighting primary 0.25 specular 0.1
do for [row = 1:rows] {
  set label 1 sprintf('%s: design %d (%s), error %.2f %%%s', pretty(task), value('sample' . row), \
      value('numbers' . row), value('error' . row), value('note' . row)) font ',8.5' \
      at screen left(1) + 0.1 / width, screen bottom(row) + (side * 0.8 + 0.14) / height left
  do for [c = 1:3] {
    if (c < 3) {
      set palette defined (@viridis)
    } else {
      set palette defined (@reds)
    }
    largest = value(sprintf('top_%s%d', c < 3 ? 't' : 'e', row))
    set cbrange [0:largest]
    set lmargin at screen left(c)
    set rmargin at screen left(c) + side / width
    set bmargin at screen bottom(row) - 0.1 / height
    set tmargin at screen bottom(row) + (side * 0.8 - 0.1) / height
    set colorbox horizontal user origin left(c) + 0.35 / width, bottom(row) - 0.12 / height size (side - 0.7) / width, 0.08 / height
    set cbtics tic(largest) offset 0, 0.5 scale 0.3 format '%g'
    set label 2 (c == 1 ? 'truth T (–)' : c == 2 ? 'prediction û (–)' : 'error |û – T| (–)') \
        at screen left(c) + 0.5 * side / width, screen bottom(row) - 0.5 / height center
    splot sprintf('data/%s-%s-surface.dat', task, value('label' . row)) using 1:2:3:(column(3 + c)) with pm3d
    unset label 1
    unset label 2
  }
}
unset multiplot
