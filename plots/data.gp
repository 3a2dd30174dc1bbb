# SPDX-License-Identifier: BSD-2-Clause
# Samples of a data set, one a column: input above, solution below (if it is there).
#
#   task, samples, solved (0 or 1), title_u (if solved), nx, ny, x0, x1, y0, y1
#   sample1, top_input1, top_u1 (largest absolute values), the same with 2 …
#   data/data-TASK-NUMBER-{input,truth}.bin, data/data-TASK-NUMBER-outline.dat

width = 0.75 + 1.77 * samples
height = 0.5 + 2.65 * (1 + solved)
load scripts . '/common.gp'

file(c, what) = sprintf('data/data-%s-%d-%s.bin', task, c, what)
top(what) = value(sprintf('top_%s%d', what, c))
dx = 1.0 * (x1 - x0) / (nx - 1)
dy = 1.0 * (y1 - y0) / (ny - 1)
image = "binary array=(nx, ny) format='%float' dx=dx dy=dy origin=(x0, y0)"
left(c) = (0.6 + (c - 1) * 1.77) / width
bottom(r) = 1 - (0.7 + 1.5 + (r - 1) * 2.65) / height

set multiplot
unset key
unset grid
set xrange [x0:x1]
set yrange [y0:y1]
set xtics x0, 0.5 * (x1 - x0), x1 format '%g' offset 0, 0.4
set ytics y0, 0.5 * (y1 - y0), y1 offset 0.5, 0
set xlabel 'x' offset 0, 1.0
set title offset 0, -0.6

do for [c = 1:samples] {
  set label 1 sprintf('%s, sample %d', pretty(task), value('sample' . c)) \
      at screen left(c) + 0.75 / width, screen 1 - 0.2 / height center
  set format y (c == 1 ? '%g' : '')
  set ylabel (c == 1 ? 'y' : '') offset 1.2, 0
  do for [row = 1:1 + solved] {
    set lmargin at screen left(c)
    set rmargin at screen left(c) + 1.5 / width
    set bmargin at screen bottom(row)
    set tmargin at screen bottom(row) + 1.5 / height
    set colorbox horizontal user origin left(c), bottom(row) - 0.52 / height size 1.5 / width, 0.08 / height
    if (row == 1) {
      set title 'input log K (–)'
      set palette defined (@purple_orange)
      largest = top('input')
      set cbrange [-largest:largest]
      step = sides(largest)
    } else {
      set title title_u . ' u (–)'
      set palette defined (@viridis)
      largest = top('u')
      set cbrange [0:largest]
      step = tic(largest)
    }
    set cbtics step offset 0, 0.5 scale 0.3 format '%g'
    plot file(c, row == 1 ? 'input' : 'truth') @image with image, \
         sprintf('data/data-%s-%d-outline.dat', task, c) with lines linewidth 0.8 linecolor '#000000'
    unset label 1
  }
}
unset multiplot
