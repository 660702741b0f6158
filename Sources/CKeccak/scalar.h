// The rounds on 64-bit words; a file that includes this compiles them for one instruction set.

#define LANE uint64_t
#define LOAD(pointer) (*(pointer))
#define STORE(pointer, lane) (*(pointer) = (lane))
#define WORD(bytes) keccak_word(bytes)
#define XOR(a, b) ((a) ^ (b))
#define XOR3(a, b, c) ((a) ^ (b) ^ (c))
#define ROTATE(a, n) ((a) << (n) | (a) >> (64 - (n)))
#define CHI(a, b, c) ((a) ^ (~(b) & (c)))
#define CONSTANT(i) keccak_constants[i]

#include "rounds.h"
