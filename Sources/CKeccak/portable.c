#define UNROLL 2
#include "scalar.h"

void cairn_keccak_absorb_portable(uint64_t *state, const uint8_t *blocks, size_t count)
{
    absorb_blocks(state, blocks, count);
}
