#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("bmi,bmi2"))), apply_to = function)

#define UNROLL 2
#include "scalar.h"

void cairn_keccak_absorb_bmi(uint64_t *state, const uint8_t *blocks, size_t count)
{
    absorb_blocks(state, blocks, count);
}

#pragma clang attribute pop

#endif
