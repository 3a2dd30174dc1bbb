# SPDX-License-Identifier: BSD-2-Clause
# Truth, prediction and error of some samples of a task over space and time, and profiles at some times; one sample a row.
#
#   task, rows, nx, nt, x0, x1 (time), y0, y1 (space), profiles, prefix, predicted (0: truth and profiles only),
#   solved (0: the profile of the input only, called title_input)
#   label1, note1, sample1, error1 (in %), numbers1, top_u1, top_error1, the same with 2 …
#   data/PREFIX TASK-LABEL-{truth,prediction,error}.bin, …-profiles.dat

panels = predicted ? 4 : solved ? 2 : 1
width = predicted ? 8.6 : solved ? 4.6 : 3.2
height = 0.05 + 2.75 * rows
load scripts . '/common.gp'

name(row) = sprintf('data/%s%s-%s', prefix, task, value('label' . row))
dx = 1.0 * (y1 - y0) / (nx - 1)
dt = 1.0 * (x1 - x0) / (nt - 1)
image = "binary array=(nx, nt) format='%float' dx=dx dy=dt origin=(y0, x0)"

# Panels: column c, row r from the top; in inches, divided by the size of the picture.
row_h = 2.75
left(c) = (0.55 + (c - 1) * 1.9 + (c == panels ? 0.35 : 0)) / width
bottom(r) = 1 - (0.5 + 1.5 + (r - 1) * row_h) / height
right(c) = left(c) + (c == panels ? 1.6 : 1.55) / width

set multiplot
unset key
unset grid
set xrange [y0:y1]
set xtics y0, 0.5 * (y1 - y0), y1 format '%g' offset 0, 0.4
set xlabel 'x' offset 0, 1.0
set title offset 0, -0.6

do for [row = 1:rows] {
  say = sprintf('%s, %s', pretty(task), value('numbers' . row))
  say = say . (predicted ? sprintf(': sample %d, error %.2f %%%s', value('sample' . row), value('error' . row), value('note' . row)) \
                         : sprintf(' (sample %d)', value('sample' . row)))
  set label 1 say at screen left(1), screen bottom(row) + 1.88 / height left
  do for [c = 1:panels] {
    what = c == panels ? 'profiles' : word('truth prediction error', c)
    set lmargin at screen left(c)
    set rmargin at screen right(c)
    set bmargin at screen bottom(row)
    set tmargin at screen bottom(row) + 1.5 / height
    if (what eq 'profiles') {
      set title (predicted ? 'u: lines, û: dots (–)' : solved ? 'u (–)' : title_input . ' (–)')
      do for [k = 1:(solved ? profiles : 0)] {
        set label 1 + k sprintf(k == 1 ? 't = %g' : '%g', x0 + (x1 - x0) * (k - 1.0) / (profiles - 1)) textcolor rgb colour[k] \
            at screen left(c) + (k == 1 ? 0 : 0.08 + 0.37 * (k - 1)) / width, screen bottom(row) - 0.48 / height left
      }
      set ylabel
      set yrange [0:*]
      set ytics auto offset 0.5, 0
      set format y '%g'
      unset colorbox
      plot for [k = 1:(solved ? profiles : 1)] name(row) . '-profiles.dat' using 1:(column(1 + k)) with lines \
               linewidth 1.2 linecolor rgb colour[k], \
           for [k = 1:(predicted ? profiles : 0)] name(row) . '-profiles.dat' using 1:(column(1 + profiles + k)) with points \
               pointtype 7 pointsize 0.25 linecolor rgb colour[k]
    } else {
      set yrange [x0:x1]
      set ytics x0, 0.5 * (x1 - x0), x1 offset 0.5, 0
      if (c == 1) { set ylabel 't' offset 1.2, 0; set format y '%g' } else { set ylabel; set format y '' }
      if (what eq 'error') {
        set title 'error |û – u| (–)'
        set palette defined (@reds)
        largest = value('top_error' . row)
      } else {
        set title (what eq 'truth' ? 'truth u (–)' : 'prediction û (–)')
        set palette defined (@viridis)
        largest = value('top_u' . row)
      }
      set cbrange [0:largest]
      set colorbox horizontal user origin left(c), bottom(row) - 0.5 / height size 1.55 / width, 0.08 / height
      set cbtics tic(largest) offset 0, 0.5 scale 0.3 format '%g'
      plot name(row) . '-' . what . '.bin' @image with image
    }
    unset label
  }
}
unset multiplot
