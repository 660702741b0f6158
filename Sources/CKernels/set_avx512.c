// x86-64 with AVX-512 (F, BW, DQ, VL): sixteen lanes, masks for what is left of a row.

#include "internal.h"

#if defined(__x86_64__)

#define VL 16
#define MAX_ROWS 14
#define TAP_ROWS 6
#define TABLE_NAME cairn_kernels_avx512
#define TABLE_SET CAIRN_AVX512

#include <immintrin.h>

#define FIRST_LANES(n) ((__mmask16)((1u << (n)) - 1u))
#define V_LOAD_FIRST(p, n) __builtin_bit_cast(vf, _mm512_maskz_loadu_ps(FIRST_LANES(n), p))
#define V_STORE_FIRST(p, x, n) _mm512_mask_storeu_ps(p, FIRST_LANES(n), __builtin_bit_cast(__m512, x))
/// Lanes [first, last) from memory, the rest +0; reads nothing else.
#define V_LOAD_LANES(p, first, last) \
    __builtin_bit_cast(vf, _mm512_maskz_loadu_ps((__mmask16)(FIRST_LANES(last) & ~FIRST_LANES(first)), p))
/// x * 2^n for an integral n, rounded once.
#define V_SCALE(x, n) \
    __builtin_bit_cast(vf, _mm512_scalef_ps(__builtin_bit_cast(__m512, x), __builtin_bit_cast(__m512, n)))
/// x, or the canonical NaN, which a NaN of either kind leaves in place: table entries 0 keep the first operand, 1 the second.
#define V_CANONICAL(x)                                                                                          \
    __builtin_bit_cast(                                                                                         \
        vf, _mm512_fixupimm_ps(                                                                                 \
                __builtin_bit_cast(__m512, v_bits(CANONICAL_NAN_BITS)), __builtin_bit_cast(__m512, x),           \
                _mm512_set1_epi32(0x11111100), 0))
/// Eight vectors together feed the multipliers best, though they do not fit the registers.
#define WIDE 8
#define LANES_16(o) \
    o, o + 1, o + 2, o + 3, o + 4, o + 5, o + 6, o + 7, o + 8, o + 9, o + 10, o + 11, o + 12, o + 13, o + 14, o + 15
#define LANES_32(o) LANES_16(o), LANES_16(o + 16)
#define LANES_64(o) LANES_32(o), LANES_32(o + 32)
#define PART(x, i) __builtin_shufflevector(x, x, LANES_16(16 * i))
#define PARTS_2(F, x, y, i) \
    __builtin_shufflevector(F(PART(x, i), PART(y, i)), F(PART(x, (i + 1)), PART(y, (i + 1))), LANES_32(0))
#define PARTS_4(F, x, y, i) __builtin_shufflevector(PARTS_2(F, x, y, i), PARTS_2(F, x, y, (i + 2)), LANES_64(0))
/// F of each vector of x and its partner in y, as one wide vector.
#define V_EACH_PART(F, x, y) \
    __builtin_shufflevector(PARTS_4(F, x, y, 0), PARTS_4(F, x, y, 4), LANES_64(0), LANES_64(64))
/// Lane i of the result is lane `index[i]` of x.
#define V_LOOKUP(x, index) \
    __builtin_bit_cast(vf, _mm512_permutexvar_ps(__builtin_bit_cast(__m512i, index), __builtin_bit_cast(__m512, x)))
#define V_MULTIPLY_PAIRS(a, b) \
    __builtin_bit_cast(vi, _mm512_madd_epi16(__builtin_bit_cast(__m512i, a), __builtin_bit_cast(__m512i, b)))

#pragma clang attribute push(                                                                  \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "template/table.h"
#pragma clang attribute pop

#endif
