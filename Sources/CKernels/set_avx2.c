// x86-64 with AVX2 and FMA: eight lanes. The target attribute below, not a compiler flag, turns the instructions on,
// so this file is safe to have in a program that runs on an older processor.

#include "internal.h"

#if defined(__x86_64__)

#define VL 8
#define MAX_ROWS 6
#define TAP_ROWS 2
#define TABLE_NAME cairn_kernels_avx2
#define TABLE_SET CAIRN_AVX2

#include <immintrin.h>

#define LANES_BELOW(n) \
    _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
#define V_LOAD_FIRST(p, n) __builtin_bit_cast(vf, _mm256_maskload_ps(p, LANES_BELOW(n)))
#define V_STORE_FIRST(p, x, n) _mm256_maskstore_ps(p, LANES_BELOW(n), __builtin_bit_cast(__m256, x))
/// Lanes [first, last) from memory, the rest +0; reads nothing else.
#define V_LOAD_LANES(p, first, last) \
    __builtin_bit_cast(vf, _mm256_maskload_ps(p, _mm256_andnot_si256(LANES_BELOW(first), LANES_BELOW(last))))
/// Lane i of the result is lane `index[i]` of x.
#define V_LOOKUP(x, index) \
    __builtin_bit_cast(vf, _mm256_permutevar8x32_ps(__builtin_bit_cast(__m256, x), __builtin_bit_cast(__m256i, index)))
#define V_MULTIPLY_PAIRS(a, b) \
    __builtin_bit_cast(vi, _mm256_madd_epi16(__builtin_bit_cast(__m256i, a), __builtin_bit_cast(__m256i, b)))

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "template/table.h"
#pragma clang attribute pop

#endif
