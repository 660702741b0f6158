// Which function this processor can run.

#include "internal.h"

cairn_keccak_absorb cairn_keccak_for(int set)
{
    switch (set) {
    case CAIRN_KECCAK_PORTABLE: return cairn_keccak_absorb_portable;
#if defined(__x86_64__)
    case CAIRN_KECCAK_BMI:
        return __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") ? cairn_keccak_absorb_bmi : NULL;
    case CAIRN_KECCAK_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") ? cairn_keccak_absorb_avx512
                                                                                        : NULL;
#endif
    default: return NULL;
    }
}
