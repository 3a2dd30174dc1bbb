# SPDX-License-Identifier: BSD-2-Clause
# Samples of a data set, up to four a line: input above, solution below (if it is there).
#
#   task, prefix, samples, solved (0 or 1), title_input, title_u (if solved), nx, ny, x0, x1, y0, y1
#   sample1, top_input1, top_u1 (largest absolute values), low_u1 (least value) the same with 2 …
#   data/PREFIX TASK-NUMBER-{input,truth}.bin, …-outline.dat

columns = samples < 4 ? samples : 4
lines = (samples + 3) / 4
panel = 1.5                        # inches, as all that follows
pitch = 0.58 + panel               # from a row to the next one of the same samples
block = 0.3 + (1 + solved) * panel + solved * 0.58 + 0.86
width = 0.42 + columns * (panel + 0.3)
height = lines * block
load scripts . '/common.gp'

file(c, what) = sprintf('data/%s%s-%d-%s.bin', prefix, task, c, what)
top(what, c) = value(sprintf('top_%s%d', what, c))
low_u(c) = value(sprintf('low_u%d', c))
dx = 1.0 * (x1 - x0) / (nx - 1)
dy = 1.0 * (y1 - y0) / (ny - 1)
image = "binary array=(nx, ny) format='%float' dx=dx dy=dy origin=(x0, y0)"
left(c) = (0.52 + ((c - 1) % 4) * (panel + 0.3)) / width
bottom(c, r) = 1 - (((c - 1) / 4) * block + 0.3 + panel + (r - 1) * pitch) / height

set multiplot
unset key
unset grid
set xrange [x0:x1]
set yrange [y0:y1]
set ytics y0, 0.5 * (y1 - y0), y1 offset 0.5, 0
set title offset 0, -0.5

do for [c = 1:samples] {
  set format y ((c - 1) % 4 == 0 ? '%g' : '')
  set ylabel ((c - 1) % 4 == 0 ? 'y' : '') offset 1.2, 0
  do for [row = 1:1 + solved] {
    last = row == 1 + solved
    set lmargin at screen left(c)
    set rmargin at screen left(c) + panel / width
    set bmargin at screen bottom(c, row)
    set tmargin at screen bottom(c, row) + panel / height
    set title (row == 1 ? sprintf('%s, sample %d', pretty(task), value('sample' . c)) : '')
    set xtics x0, 0.5 * (x1 - x0), x1 format (last ? '%g' : '') offset 0, 0.4
    set xlabel (last ? 'x' : '') offset 0, 1.1
    set colorbox horizontal user origin left(c), bottom(c, row) - (last ? 0.49 : 0.16) / height \
        size panel / width, 0.07 / height
    set label 1 (row == 1 ? title_input : title_u) center at screen left(c) + 0.5 * panel / width, \
        screen bottom(c, row) - (last ? 0.72 : 0.4) / height
    if (row == 1) {
      set palette defined (@purple_orange)
      largest = top('input', c)
      set cbrange [-largest:largest]
      step = sides(largest)
    } else {
      largest = top('u', c)
      if (low_u(c) < -0.01 * largest) {
        set palette defined (@purple_orange)
        set cbrange [-largest:largest]
        step = sides(largest)
      } else {
        set palette defined (@viridis)
        set cbrange [0:largest]
        step = tic(largest)
      }
    }
    set cbtics step offset 0, 0.6 scale 0.3 format '%g' font ',9'
    plot file(c, row == 1 ? 'input' : 'truth') @image with image, \
         sprintf('data/%s%s-%d-outline.dat', prefix, task, c) with lines linewidth 0.8 linecolor '#000000'
  }
}
unset multiplot
