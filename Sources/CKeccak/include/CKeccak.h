// The sponge of Keccak-256: absorbing blocks of 136 bytes with Keccak-f[1600] (FIPS 202, section 3) after each.
//
// One function for each instruction set; all give the same bytes. A caller chooses once (cairn_keccak_for) and calls
// through the pointer. Nothing here allocates; pointers and counts are trusted, the Swift module above checks them.

#ifndef CAIRN_KECCAK_H
#define CAIRN_KECCAK_H

#include <stddef.h>
#include <stdint.h>

/// Bytes absorbed before each permutation.
#define CAIRN_KECCAK_RATE 136

enum cairn_keccak_set {
    CAIRN_KECCAK_PORTABLE = 0,
    /// x86-64 with BMI: `andn`, and rotations that do not destroy their operand.
    CAIRN_KECCAK_BMI = 1,
    /// x86-64 with AVX-512VL: each lane in a vector register of its own, three-operand logic and rotations.
    CAIRN_KECCAK_AVX512 = 2,
    CAIRN_KECCAK_COUNT
};

/// For each of `count` blocks: XORs its 17 little-endian words into the first lanes, then permutes the 25 lanes.
/// Lane `x + 5 * y` is `A[x, y]` of FIPS 202. `blocks` needs no alignment.
typedef void (*cairn_keccak_absorb)(uint64_t *state, const uint8_t *blocks, size_t count);

/// The function of one instruction set, or NULL where this machine (or this build) has none.
cairn_keccak_absorb cairn_keccak_for(int set);

#endif
