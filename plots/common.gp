# SPDX-License-Identifier: BSD-2-Clause
# Shared by all scripts: font, line widths, colours. Sizes are for print at 300 dots per inch.
#
#   width, height   of the picture in inches, set before this script is loaded
#
# Fields are drawn with viridis, errors with a sequential map from white to dark red, the input with a diverging map;
# lines and bars use the Okabe-Ito colours. All of them can be told apart without colour vision.

dpi = 300.0
set terminal pngcairo size width * dpi, height * dpi font 'DejaVu Sans,10' fontscale dpi / 96.0 \
    linewidth dpi / 96.0 background '#ffffff'
set output output

set encoding utf8
set minussign
set macros
viridis = "0 '#440154', 1 '#482878', 2 '#3e4a89', 3 '#31688e', 4 '#26828e', 5 '#1f9e89', 6 '#35b779', 7 '#6ece58', 8 '#b5de2b', 9 '#fde725'"
reds    = "0 '#fff5f0', 1 '#fee0d2', 2 '#fcbba1', 3 '#fc9272', 4 '#fb6a4a', 5 '#ef3b2c', 6 '#cb181d', 7 '#a50f15', 8 '#67000d'"
purple_orange = "0 '#2d004b', 1 '#542788', 2 '#8073ac', 3 '#b2abd2', 4 '#d8daeb', 5 '#f7f7f7', 6 '#fee0b6', 7 '#fdb863', 8 '#e08214', 9 '#b35806', 10 '#7f3b08'"

array colour[8] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#999999']
pretty(name) = pretty_(name, strstrt(name, '_'))
pretty_(name, at) = name eq 'pod_floor' ? 'POD floor' : at == 0 ? name : pretty(name[1:at - 1] . ' ' . name[at + 1:*])

set border linewidth 0.7 linecolor '#333333'
set tics nomirror out scale 0.5
set grid ytics noxtics linetype 1 linewidth 0.4 linecolor '#cccccc'

# Tics of a logarithmic axis from low to high: at 1, 2, 5 times the powers of ten, or closer for a short axis.
set_log_tics = "set logscale y; set yrange [low / 1.1:high * 1.1]; set ytics () format '%g'; \
  do for [p = floor(log10(low)) - 1:ceil(log10(high))] { \
    do for [m in (high / low > 6 ? '1 2 5' : '1 1.2 1.5 2 2.5 3 4 5 6 8')] { set ytics add (m * 10.0 ** p) } }"

# Round steps of a colour bar: two or three from 0 to top, or one at each side of 0.
power(top) = 10.0 ** floor(log10(top))
tic_(q) = q < 2 ? 0.5 : q < 3 ? 1 : q < 4 ? 1.5 : q < 6 ? 2 : q < 8 ? 3 : 4
sides_(q) = q < 2 ? 1 : q < 4 ? 2 : q < 6 ? 4 : 6
tic(top) = power(top) * tic_(top / power(top))
sides(top) = power(top) * sides_(top / power(top))
