# SPDX-License-Identifier: BSD-2-Clause
# One network for all tasks beside one per task (bench/tasks.sh): mean errors over seeds as bars, each seed as a point.
#
#   tasks, networks (names, parted by blanks: multi, single, share); study.csv: network, seed, task, error in %

M = words(networks)
group = M + 1.2
width = 1.6 + 0.34 * group * words(tasks)
width = width < 4.6 ? 4.6 : width
height = 3.0
load scripts . '/common.gp'

set datafile separator ','
set ylabel 'mean relative L² error (%)'
set xrange [0.4:group * words(tasks) - 0.1]
set yrange [0:*]
set xtics () scale 0
do for [k = 1:words(tasks)] { set xtics add (pretty(word(tasks, k)) (k - 1) * group + (M + 1.2) / 2.0 + 0.4) }
set key outside top center horizontal samplen 1 Left reverse
set style fill solid 0.6 noborder
set boxwidth 0.9

say(m) = m eq 'multi' ? 'one for all tasks' : m eq 'single' ? 'one each, as many steps each' : 'one each, as many steps in all'
array mean[M * words(tasks)]
do for [k = 1:words(tasks)] {
  do for [m = 1:M] {
    undefine S_*
    stats 'study.csv' using (strcol(1) eq word(networks, m) && strcol(3) eq word(tasks, k) ? column(4) : NaN) nooutput name 'S'
    mean[(k - 1) * M + m] = exists('S_mean') ? S_mean : NaN
  }
}
place(k, m) = (k - 1) * group + m + 0.1
task(i) = (int(i) - 1) / M + 1
network(i) = (int(i) - 1) % M + 1
index(name, list) = sum [i = 1:words(list)] (name eq word(list, i) ? i : 0)

set samples 2
plot for [m = 1:M] for [k = 1:words(tasks)] '+' using (place(k, m)):($0 == 0 ? mean[(k - 1) * M + m] : NaN) with boxes \
         linecolor rgb colour[m] title (k == 1 ? say(word(networks, m)) : ''), \
     'study.csv' skip 1 using (place(index(strcol(3), tasks), index(strcol(1), networks)) + 0.18 * (column(2) - 2)):4 \
         with points pointtype 6 pointsize 0.5 linecolor '#000000' notitle
