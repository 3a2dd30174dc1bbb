# SPDX-License-Identifier: BSD-2-Clause
# Input, truth, prediction and error of some samples of a task, one sample a row.
#
#   task, prefix, rows, nx, ny, x0, x1, y0, y1
#   label1, note1, sample1, error1 (in %), top_input1, top_u1, top_error1 (largest absolute values), the same with 2 …
#   data/PREFIX TASK-LABEL-{input,truth,prediction,error}.bin, …-outline.dat

width = 7.8
height = 0.05 + 2.95 * rows
load scripts . '/common.gp'

file(row, what) = sprintf('data/%s%s-%s-%s.bin', prefix, task, value('label' . row), what)
top(what) = value(sprintf('top_%s%d', what, row))
dx = 1.0 * (x1 - x0) / (nx - 1)
dy = 1.0 * (y1 - y0) / (ny - 1)
image = "binary array=(nx, ny) format='%float' dx=dx dy=dy origin=(x0, y0)"

# Panels: column c of 4, row r from the top; in inches, divided by the size of the picture.
row_h = 2.95
left(c) = (0.6 + (c - 1) * 1.77) / width
bottom(r) = 1 - (0.72 + 1.5 + (r - 1) * row_h) / height

set multiplot
unset key
unset grid
set xrange [x0:x1]
set yrange [y0:y1]
set xtics x0, 0.5 * (x1 - x0), x1 format '%g' offset 0, 0.4
set ytics y0, 0.5 * (y1 - y0), y1 offset 0.5, 0
set xlabel 'x' offset 0, 1.0
set title offset 0, -0.6

do for [row = 1:rows] {
  set label 1 sprintf('%s: sample %d, error %.2f %%%s', pretty(task), value('sample' . row), value('error' . row), \
      value('note' . row)) at screen left(1), screen bottom(row) + 1.95 / height left
  do for [c = 1:4] {
    what = word('input truth prediction error', c)
    if (c == 1) {
      set title 'input log K (–)'
      set palette defined (@purple_orange)
      largest = top('input')
      set cbrange [-largest:largest]
      set ylabel 'y' offset 1.2, 0
      set format y '%g'
    }
    if (c == 2) {
      set title 'truth u (–)'
      set palette defined (@viridis)
      largest = top('u')
      set cbrange [0:largest]
      set ylabel
      set format y ''
    }
    if (c == 3) { set title 'prediction û (–)' }
    if (c == 4) {
      set title 'error |û – u| (–)'
      set palette defined (@reds)
      largest = top('error')
      set cbrange [0:largest]
    }
    set lmargin at screen left(c)
    set rmargin at screen left(c) + 1.5 / width
    set bmargin at screen bottom(row)
    set tmargin at screen bottom(row) + 1.5 / height
    set colorbox horizontal user origin left(c), bottom(row) - 0.52 / height size 1.5 / width, 0.08 / height
    step = c == 1 ? sides(largest) : tic(largest)
    set cbtics step offset 0, 0.5 scale 0.3 format '%g'
    plot file(row, what) @image with image, \
         sprintf('data/%s%s-%s-outline.dat', prefix, task, value('label' . row)) with lines linewidth 0.8 linecolor '#000000'
    unset label 1
  }
}
unset multiplot
