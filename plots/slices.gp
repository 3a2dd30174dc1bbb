# SPDX-License-Identifier: BSD-2-Clause
# Truth, prediction and error of two samples of a task on a grid of three axes, two slices of each: at half the height, and
# through the axis.
#
#   task, rows, nx, ny, nz, x0, x1, y0, y1, z0, z1
#   label1, note1, sample1, error1 (in %), top_u1, top_error1 (largest values), the same with 2
#   data/TASK-LABEL-{plane,axial}-{truth,prediction,error}.bin

width = 7.0
height = 0.3 + 3.75 * rows
load scripts . '/common.gp'

file(row, slice, what) = sprintf('data/%s-%s-%s-%s.bin', task, value('label' . row), slice, what)
top(what) = value(sprintf('top_%s%d', what, row))
array_plane = sprintf("binary array=(%d, %d) format='%%float' dx=%.9g dy=%.9g origin=(%.9g, %.9g)", nx, ny, \
  1.0 * (x1 - x0) / (nx - 1), 1.0 * (y1 - y0) / (ny - 1), x0, y0)
array_axial = sprintf("binary array=(%d, %d) format='%%float' dx=%.9g dy=%.9g origin=(%.9g, %.9g)", nx, nz, \
  1.0 * (x1 - x0) / (nx - 1), 1.0 * (z1 - z0) / (nz - 1), x0, z0)

row_h = 3.75
left(c) = (0.75 + (c - 1) * 2.05) / width
bottom(r) = 1 - (0.75 + 1.7 + (r - 1) * row_h) / height

set multiplot
unset key
unset grid
set xrange [x0:x1]
set xtics x0, 0.5 * (x1 - x0), x1 format '%g' offset 0, 0.4
set title offset 0, -0.6
do for [row = 1:rows] {
  set label 1 sprintf('%s: design %d, error %.2f %%%s', pretty(task), value('sample' . row), value('error' . row), \
      value('note' . row)) at screen left(1), screen bottom(row) + 2.15 / height left
  do for [c = 1:3] {
    what = word('truth prediction error', c)
    if (c < 3) {
      set palette defined (@viridis)
    } else {
      set palette defined (@reds)
    }
    largest = top(c < 3 ? 'u' : 'error')
    set cbrange [0:largest]
    set lmargin at screen left(c)
    set rmargin at screen left(c) + 1.7 / width
    unset colorbox
    set title (c == 1 ? 'truth T (–)' : c == 2 ? 'prediction û (–)' : 'error |û – T| (–)')
    set bmargin at screen bottom(row)
    set tmargin at screen bottom(row) + 1.7 / height
    set yrange [y0:y1]
    set ytics y0, 0.5 * (y1 - y0), y1 offset 0.5, 0
    if (c == 1) { set format y '%g' } else { set format y '' }
    set format x ''
    unset xlabel
    if (c == 1) { set ylabel 'y at z = 0.5' offset 0.5, 0 } else { unset ylabel }
    plot file(row, 'plane', what) @array_plane with image
    unset label 1
    unset title
    set colorbox horizontal user origin left(c), bottom(row) - 1.3 / height size 1.7 / width, 0.08 / height
    set cbtics tic(largest) offset 0, 0.5 scale 0.3 format '%g'
    set bmargin at screen bottom(row) - 0.68 / height
    set tmargin at screen bottom(row) - 0.15 / height
    set yrange [z0:z1]
    set ytics 0, 1, 1 offset 0.5, 0
    set format x '%g'
    set xlabel 'x' offset 0, 1.0
    if (c == 1) { set ylabel 'z at y = 0' offset 0.5, 0 }
    plot file(row, 'axial', what) @array_axial with image
  }
}
unset multiplot
