#!/bin/sh
# Compares the bytes of every kernel between this processor's instruction sets and AArch64 under emulation.
#
#     bench/kernels-aarch64.sh [STRIDE]
#
# STRIDE: every so many of the 2^32 bit patterns go through each function (default 65537). Needs clang (Swift brings it) and
# the Debian packages gcc-aarch64-linux-gnu and qemu-user-static; without them only this processor is compared.
set -eu
cd "$(dirname "$0")/.."
stride=${1:-65537}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

sources="Sources/CKernels/dispatch.c Sources/CKernels/set_portable.c Sources/CKernels/set_avx2.c
    Sources/CKernels/set_avx512.c Sources/CKernels/set_neon.c bench/kernels-digest.c"
clang -O2 -w -ISources/CKernels/include $sources -o "$out/native" -lpthread -lm
"$out/native" 0 "$stride" > "$out/portable.txt"
echo "portable: $(wc -l < "$out/portable.txt") digests"

status=0
compare() { # NAME, then the command
    name=$1
    shift
    if "$@" > "$out/$name.txt" 2> "$out/error.txt"; then
        if cmp -s "$out/portable.txt" "$out/$name.txt"; then
            echo "$name: the same bytes"
        else
            echo "$name: DIFFERS"
            diff "$out/portable.txt" "$out/$name.txt" | head -20
            status=1
        fi
    else
        echo "$name: skipped ($(head -c 200 "$out/error.txt"))"
    fi
}

compare avx2 "$out/native" 1 "$stride"
compare avx512 "$out/native" 2 "$stride"
compare neon-native "$out/native" 3 "$stride"

if command -v aarch64-linux-gnu-gcc > /dev/null && command -v qemu-aarch64-static > /dev/null; then
    for source in $sources; do
        clang --target=aarch64-linux-gnu --sysroot=/usr/aarch64-linux-gnu -O2 -w -ISources/CKernels/include \
            -c "$source" -o "$out/$(basename "$source" .c).o"
    done
    aarch64-linux-gnu-gcc -static "$out"/*.o -o "$out/arm" -lpthread -lm
    compare aarch64-portable qemu-aarch64-static "$out/arm" 0 "$stride"
    compare aarch64-neon qemu-aarch64-static "$out/arm" 3 "$stride"
else
    echo "aarch64: skipped (install gcc-aarch64-linux-gnu and qemu-user-static to compare it)"
fi
exit $status
