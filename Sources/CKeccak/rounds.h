// The 24 rounds of Keccak-f[1600] over 25 lanes named `a` + x + y, for whatever type and operations are defined:
//
//   LANE            the type of a lane
//   XOR3(a, b, c)   a ^ b ^ c
//   XOR(a, b)       a ^ b
//   ROTATE(a, n)    a rotated left by the constant n, 0 < n < 64
//   CHI(a, b, c)    a ^ (~b & c)
//   CONSTANT(i)     the round constant i as a lane
//
// A lane is used once after theta, so 25 lanes and the five column parities are all that lives at a time.

#include "internal.h"

#define XOR5(a, b, c, d, e) XOR3(XOR3(a, b, c), d, e)

#define KECCAK_ROUND(i) \
    do { \
        const LANE c0 = XOR5(a00, a01, a02, a03, a04); \
        const LANE c1 = XOR5(a10, a11, a12, a13, a14); \
        const LANE c2 = XOR5(a20, a21, a22, a23, a24); \
        const LANE c3 = XOR5(a30, a31, a32, a33, a34); \
        const LANE c4 = XOR5(a40, a41, a42, a43, a44); \
        const LANE d0 = XOR(c4, ROTATE(c1, 1)); \
        const LANE d1 = XOR(c0, ROTATE(c2, 1)); \
        const LANE d2 = XOR(c1, ROTATE(c3, 1)); \
        const LANE d3 = XOR(c2, ROTATE(c4, 1)); \
        const LANE d4 = XOR(c3, ROTATE(c0, 1)); \
        const LANE b00 = XOR(a00, d0); \
        const LANE b10 = ROTATE(XOR(a11, d1), 44); \
        const LANE b20 = ROTATE(XOR(a22, d2), 43); \
        const LANE b30 = ROTATE(XOR(a33, d3), 21); \
        const LANE b40 = ROTATE(XOR(a44, d4), 14); \
        const LANE b01 = ROTATE(XOR(a30, d3), 28); \
        const LANE b11 = ROTATE(XOR(a41, d4), 20); \
        const LANE b21 = ROTATE(XOR(a02, d0), 3); \
        const LANE b31 = ROTATE(XOR(a13, d1), 45); \
        const LANE b41 = ROTATE(XOR(a24, d2), 61); \
        const LANE b02 = ROTATE(XOR(a10, d1), 1); \
        const LANE b12 = ROTATE(XOR(a21, d2), 6); \
        const LANE b22 = ROTATE(XOR(a32, d3), 25); \
        const LANE b32 = ROTATE(XOR(a43, d4), 8); \
        const LANE b42 = ROTATE(XOR(a04, d0), 18); \
        const LANE b03 = ROTATE(XOR(a40, d4), 27); \
        const LANE b13 = ROTATE(XOR(a01, d0), 36); \
        const LANE b23 = ROTATE(XOR(a12, d1), 10); \
        const LANE b33 = ROTATE(XOR(a23, d2), 15); \
        const LANE b43 = ROTATE(XOR(a34, d3), 56); \
        const LANE b04 = ROTATE(XOR(a20, d2), 62); \
        const LANE b14 = ROTATE(XOR(a31, d3), 55); \
        const LANE b24 = ROTATE(XOR(a42, d4), 39); \
        const LANE b34 = ROTATE(XOR(a03, d0), 41); \
        const LANE b44 = ROTATE(XOR(a14, d1), 2); \
        a00 = XOR(CHI(b00, b10, b20), CONSTANT(i)); \
        a10 = CHI(b10, b20, b30); \
        a20 = CHI(b20, b30, b40); \
        a30 = CHI(b30, b40, b00); \
        a40 = CHI(b40, b00, b10); \
        a01 = CHI(b01, b11, b21); \
        a11 = CHI(b11, b21, b31); \
        a21 = CHI(b21, b31, b41); \
        a31 = CHI(b31, b41, b01); \
        a41 = CHI(b41, b01, b11); \
        a02 = CHI(b02, b12, b22); \
        a12 = CHI(b12, b22, b32); \
        a22 = CHI(b22, b32, b42); \
        a32 = CHI(b32, b42, b02); \
        a42 = CHI(b42, b02, b12); \
        a03 = CHI(b03, b13, b23); \
        a13 = CHI(b13, b23, b33); \
        a23 = CHI(b23, b33, b43); \
        a33 = CHI(b33, b43, b03); \
        a43 = CHI(b43, b03, b13); \
        a04 = CHI(b04, b14, b24); \
        a14 = CHI(b14, b24, b34); \
        a24 = CHI(b24, b34, b44); \
        a34 = CHI(b34, b44, b04); \
        a44 = CHI(b44, b04, b14); \
    } while (0)

static inline __attribute__((always_inline, unused)) void
absorb_blocks(uint64_t *state, const uint8_t *blocks, size_t count)
{
    LANE a00 = LOAD(state + 0), a10 = LOAD(state + 1), a20 = LOAD(state + 2), a30 = LOAD(state + 3);
    LANE a40 = LOAD(state + 4), a01 = LOAD(state + 5), a11 = LOAD(state + 6), a21 = LOAD(state + 7);
    LANE a31 = LOAD(state + 8), a41 = LOAD(state + 9), a02 = LOAD(state + 10), a12 = LOAD(state + 11);
    LANE a22 = LOAD(state + 12), a32 = LOAD(state + 13), a42 = LOAD(state + 14), a03 = LOAD(state + 15);
    LANE a13 = LOAD(state + 16), a23 = LOAD(state + 17), a33 = LOAD(state + 18), a43 = LOAD(state + 19);
    LANE a04 = LOAD(state + 20), a14 = LOAD(state + 21), a24 = LOAD(state + 22), a34 = LOAD(state + 23);
    LANE a44 = LOAD(state + 24);
    for (; count > 0; count--, blocks += CAIRN_KECCAK_RATE) {
        a00 = XOR(a00, WORD(blocks)), a10 = XOR(a10, WORD(blocks + 8)), a20 = XOR(a20, WORD(blocks + 16));
        a30 = XOR(a30, WORD(blocks + 24)), a40 = XOR(a40, WORD(blocks + 32)), a01 = XOR(a01, WORD(blocks + 40));
        a11 = XOR(a11, WORD(blocks + 48)), a21 = XOR(a21, WORD(blocks + 56)), a31 = XOR(a31, WORD(blocks + 64));
        a41 = XOR(a41, WORD(blocks + 72)), a02 = XOR(a02, WORD(blocks + 80)), a12 = XOR(a12, WORD(blocks + 88));
        a22 = XOR(a22, WORD(blocks + 96)), a32 = XOR(a32, WORD(blocks + 104)), a42 = XOR(a42, WORD(blocks + 112));
        a03 = XOR(a03, WORD(blocks + 120)), a13 = XOR(a13, WORD(blocks + 128));
#pragma clang loop unroll_count(UNROLL)
        for (int i = 0; i < 24; i++) KECCAK_ROUND(i);
    }
    STORE(state + 0, a00), STORE(state + 1, a10), STORE(state + 2, a20), STORE(state + 3, a30);
    STORE(state + 4, a40), STORE(state + 5, a01), STORE(state + 6, a11), STORE(state + 7, a21);
    STORE(state + 8, a31), STORE(state + 9, a41), STORE(state + 10, a02), STORE(state + 11, a12);
    STORE(state + 12, a22), STORE(state + 13, a32), STORE(state + 14, a42), STORE(state + 15, a03);
    STORE(state + 16, a13), STORE(state + 17, a23), STORE(state + 18, a33), STORE(state + 19, a43);
    STORE(state + 20, a04), STORE(state + 21, a14), STORE(state + 22, a24), STORE(state + 23, a34);
    STORE(state + 24, a44);
}
