# SPDX-License-Identifier: GPL-2.0-or-later
# gnuplot -e "data='FILE'; picture='FILE'" relay.gnuplot: four panels, bars are medians, whiskers reach the quartiles.
set terminal svg size 960,640 font "sans-serif,12" background "white"
set output picture
set style fill solid border linecolor "black"
set yrange [0:*]
set xtics rotate by -30 nomirror
set ytics nomirror
set border 3
set grid ytics
set offsets 0.3, 0.3, graph 0.05, 0
unset key

array titles[4] = ["TCP, Gbit/s", "UDP of 64 bytes, thousands received/s", "flood ping, round trip, µs", "CPU seconds for a GB of TCP"]
array scales[4] = [1, 1e-3, 1, 1]

set multiplot layout 2,2
do for [i = 1:4] {
	set title titles[i]
	plot data index i - 1 using 0:(column(2) * scales[i]):(column(3) * scales[i]):(column(4) * scales[i]):(0.6): \
		(strcol(1) eq "tunlab" ? 0xcc6677 : 0x88aacc):xtic(1) with boxerrorbars linecolor rgb variable
}
unset multiplot
