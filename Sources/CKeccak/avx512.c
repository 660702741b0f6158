#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl"))), apply_to = function)

#define UNROLL 2
// A lane is the low half of a register. The third argument of the ternary logic is the truth table of its function.
#define LANE __m128i
#define LOAD(pointer) _mm_loadl_epi64((const __m128i *)(pointer))
#define STORE(pointer, lane) _mm_storel_epi64((__m128i *)(pointer), (lane))
#define WORD(bytes) _mm_loadl_epi64((const __m128i *)(bytes))
#define XOR(a, b) _mm_xor_si128((a), (b))
#define XOR3(a, b, c) _mm_ternarylogic_epi64((a), (b), (c), 0x96)
#define ROTATE(a, n) _mm_rol_epi64((a), (n))
#define CHI(a, b, c) _mm_ternarylogic_epi64((a), (b), (c), 0xd2)
#define CONSTANT(i) _mm_loadl_epi64((const __m128i *)&keccak_constants[i])

#include "rounds.h"

void cairn_keccak_absorb_avx512(uint64_t *state, const uint8_t *blocks, size_t count)
{
    absorb_blocks(state, blocks, count);
}

#pragma clang attribute pop

#endif
