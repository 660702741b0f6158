// What the variants share.

#ifndef CAIRN_KECCAK_INTERNAL_H
#define CAIRN_KECCAK_INTERNAL_H

#include "CKeccak.h"

#include <string.h>

/// The constants of iota (FIPS 202, 3.2.5).
static const uint64_t keccak_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

/// The eight bytes at `bytes`, the first one the lowest.
static inline uint64_t keccak_word(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

void cairn_keccak_absorb_portable(uint64_t *state, const uint8_t *blocks, size_t count);
#if defined(__x86_64__)
void cairn_keccak_absorb_bmi(uint64_t *state, const uint8_t *blocks, size_t count);
void cairn_keccak_absorb_avx512(uint64_t *state, const uint8_t *blocks, size_t count);
#endif

#endif
