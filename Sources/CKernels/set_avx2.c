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

#define V_MULTIPLY_PAIRS(a, b) \
    __builtin_bit_cast(vi, _mm256_madd_epi16(__builtin_bit_cast(__m256i, a), __builtin_bit_cast(__m256i, b)))

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "template/table.h"
#pragma clang attribute pop

#endif
