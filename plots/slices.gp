# SPDX-License-Identifier: BSD-2-Clause
# Truth, prediction and error of two samples of a task on a grid of three axes, two slices of each: at half the height, and
# through the axis.
#
#   task, prefix, rows, predicted (0: one field only, title_u), nx, ny, nz, x0, x1, y0, y1, z0, z1
#   label1, note1, sample1, error1 (in %), numbers1 (a text), top_u1, top_error1 (largest values), the same with 2
#   data/PREFIX TASK-LABEL-{plane,axial}-{truth,prediction,error,sdf}.bin

row_h = 4.05
panels = predicted ? 3 : 1
width = predicted ? 7.0 : 3.4
height = 0.15 + row_h * rows
load scripts . '/common.gp'

file(row, slice, what) = sprintf('data/%s%s-%s-%s-%s.bin', prefix, task, value('label' . row), slice, what)
outline(row, slice) = sprintf('data/%s%s-%s-%s-outline.dat', prefix, task, value('label' . row), slice)
top(what) = value(sprintf('top_%s%d', what, row))
array_plane = sprintf("binary array=(%d, %d) format='%%float' dx=%.9g dy=%.9g", nx, ny, \
  1.0 * (x1 - x0) / (nx - 1), 1.0 * (y1 - y0) / (ny - 1))
array_axial = sprintf("binary array=(%d, %d) format='%%float' dx=%.9g dy=%.9g", nx, nz, \
  1.0 * (x1 - x0) / (nx - 1), 1.0 * (z1 - z0) / (nz - 1))

# Outlines: where the distance is 0, or nearly so: the body's top and bottom lie on the edge of the grid.
set contour base
set cntrparam levels discrete -0.004
unset surface
do for [row = 1:rows] {
  set table outline(row, 'plane')
  splot file(row, 'plane', 'sdf') @array_plane origin=(x0, y0, 0)
  set table outline(row, 'axial')
  splot file(row, 'axial', 'sdf') @array_axial origin=(x0, z0, 0)
  unset table
}
unset contour
set surface

side = 1.75 # of the square panels, in inches
left(c) = (0.72 + (c - 1) * 2.06) / width
bottom(r) = 1 - (0.68 + side + (r - 1) * row_h) / height

set multiplot
unset key
unset grid
margin = 0.05
set xrange [x0 - margin:x1 + margin]
set xtics x0, 0.5 * (x1 - x0), x1 format '%g' offset 0, 0.4
do for [row = 1:rows] {
  say = predicted ? sprintf(', error %.2f %%%s', value('error' . row), value('note' . row)) : ''
  set label 1 sprintf(predicted ? '%s: design %d (%s)%s' : "%s, design %d\n%s%s", pretty(task), value('sample' . row), \
      value('numbers' . row), say) font ',8.5' at screen left(1), screen bottom(row) + (side + 0.47) / height left
  do for [c = 1:panels] {
    what = word('truth prediction error', c)
    if (c < 3) {
      set palette defined (@viridis)
    } else {
      set palette defined (@reds)
    }
    largest = top(c < 3 ? 'u' : 'error')
    set cbrange [0:largest]
    set lmargin at screen left(c)
    set rmargin at screen left(c) + side / width
    unset colorbox
    set bmargin at screen bottom(row)
    set tmargin at screen bottom(row) + side / height
    set yrange [y0 - margin:y1 + margin]
    set ytics y0, 0.5 * (y1 - y0), y1 offset 0.5, 0
    set format y (c == 1 ? '%g' : '')
    set format x ''
    unset xlabel
    if (c == 1) { set ylabel 'y (–), z = 0.5' offset 0.5, 0 } else { unset ylabel }
    set label 2 (!predicted ? title_u . ' (–)' : c == 1 ? 'truth T (–)' : c == 2 ? 'prediction û (–)' : 'error |û – T| (–)') \
        at screen left(c) + 0.5 * side / width, screen bottom(row) + (side + 0.14) / height center
    plot file(row, 'plane', what) @array_plane origin=(x0, y0) with image, outline(row, 'plane') using 1:2 with lines linewidth 0.8 linecolor '#000000'
    unset label 1
    unset label 2
    set colorbox horizontal user origin left(c), bottom(row) - 1.37 / height size side / width, 0.08 / height
    set cbtics tic(largest) offset 0, 0.5 scale 0.3 format '%g'
    set bmargin at screen bottom(row) - 0.7 / height
    set tmargin at screen bottom(row) - 0.12 / height
    set yrange [z0 - margin:z1 + margin]
    set ytics 0, 1, 1 offset 0.5, 0
    set format x '%g'
    set xlabel 'x (–)' offset 0, 1.0
    if (c == 1) { set ylabel 'z (–), y = 0' offset 0.5, 0 }
    plot file(row, 'axial', what) @array_axial origin=(x0, z0) with image, outline(row, 'axial') using 1:2 with lines linewidth 0.8 linecolor '#000000'
  }
}
unset multiplot
