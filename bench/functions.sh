#!/bin/sh
# Every function of the canonical arithmetic at every one of the 2^32 bit patterns: each instruction set of this processor and the scalar
# Swift reference against the portable kernels, bit for bit, and these against double precision.
#
#     bench/functions.sh [--only NAME] [--stride N] [--reference N] [--part K/N]
#
# Without options it takes about an hour of one core. --only: one function (--list names them). --stride N: every N-th pattern; --reference N:
# the reference at every N-th of those; with either, also 512 patterns around every power of two. --part K/N: the K-th of N parts, to spread
# them over cores or days. AArch64: bench/kernels-aarch64.sh.
set -eu
cd "$(dirname "$0")/functions"
swift build -c release --quiet >&2
exec nice -n 19 "$(swift build -c release --show-bin-path)/functions" "$@"
