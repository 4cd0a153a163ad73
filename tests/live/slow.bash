# SPDX-License-Identifier: GPL-2.0-or-later
# For tests of what tunlab says on slow machines. $scratch is the test's folder.
# shellcheck shell=bash disable=SC2154 # set in setup

load "$(dirname "${BASH_SOURCE[0]}")/helpers"

# failures: of the TAP on standard input, the points that are not ok for another reason than the machine.
failures() { grep '^not ok' | grep -v ' # inconclusive: this machine fell behind by [0-9.]* ms$'; }

# all_wrong COUNT: the points of slow-wrong.json are all wrong, and so many of them on any machine.
all_wrong() {
	"$TUNLAB" run "$LIVE/slow-wrong.json" >"$scratch/tap" 3>&- || true
	cat "$scratch/tap"
	[ "$(grep -c '^not ok' "$scratch/tap")" = 14 ]
	[ "$(failures <"$scratch/tap" | wc -l)" -ge "$1" ]
}

