# SPDX-License-Identifier: BSD-2-Clause
# Meshes behind a data set, one a task, up to four a line.
#
#   meshes, x0, x1, y0, y1; task1, size1 (text), the same with 2 …
#   data/mesh-NUMBER.dat (edges), data/mesh-NUMBER-outline.dat

columns = meshes < 4 ? meshes : meshes == 5 || meshes == 6 ? 3 : 4
lines = (meshes + columns - 1) / columns
panel = columns < 3 ? 2.6 : columns == 3 ? 2.2 : 1.7   # inches, as all that follows
block = panel + 0.55
width = 0.42 + columns * (panel + 0.3)
height = lines * block + 0.1
load scripts . '/common.gp'

left(c) = (0.52 + ((c - 1) % columns) * (panel + 0.3)) / width
bottom(c) = 1 - (((c - 1) / columns) * block + 0.3 + panel) / height

set multiplot
unset key
unset grid
set xrange [x0:x1]
set yrange [y0:y1]
set xtics x0, 0.5 * (x1 - x0), x1 format '%g' offset 0, 0.4
set ytics y0, 0.5 * (y1 - y0), y1 offset 0.5, 0
set title offset 0, -0.5

do for [c = 1:meshes] {
  first = (c - 1) % columns == 0
  last = c + columns > meshes
  set format y (first ? '%g' : '')
  set ylabel (first ? 'y' : '') offset 1.2, 0
  set format x (last ? '%g' : '')
  set xlabel (last ? 'x' : '') offset 0, 1.1
  set lmargin at screen left(c)
  set rmargin at screen left(c) + panel / width
  set bmargin at screen bottom(c)
  set tmargin at screen bottom(c) + panel / height
  set title sprintf('%s: %s', pretty(value(sprintf('task%d', c))), value(sprintf('size%d', c)))
  plot sprintf('data/mesh-%d.dat', c) with lines linewidth 0.25 linecolor '#0072b2', \
       sprintf('data/mesh-%d-outline.dat', c) with lines linewidth 0.8 linecolor '#000000'
}
unset multiplot
