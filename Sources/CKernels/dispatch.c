// Which table this processor can run, the floating-point environment, and the buffers of a thread.

#include "internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

const struct cairn_kernels *cairn_kernels_for(int set) {
    switch (set) {
    case CAIRN_PORTABLE: return &cairn_kernels_portable;
#if defined(__x86_64__)
    case CAIRN_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &cairn_kernels_avx2 : NULL;
    case CAIRN_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
                && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
                && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
            ? &cairn_kernels_avx512
            : NULL;
#elif defined(__aarch64__)
    case CAIRN_NEON: return &cairn_kernels_neon;
#endif
    default: return NULL;
    }
}

#if defined(__x86_64__)

/// All exceptions masked, round to nearest even, no flush-to-zero, no denormals-are-zero.
#define MXCSR_CANONICAL 0x1f80u
#define MXCSR_CONTROL 0xffc0u

uint64_t cairn_float_enter(void) {
    uint32_t saved = _mm_getcsr();
    if ((saved & MXCSR_CONTROL) != MXCSR_CANONICAL) _mm_setcsr(MXCSR_CANONICAL);
    return saved;
}

void cairn_float_restore(uint64_t saved) {
    if (((uint32_t)saved & MXCSR_CONTROL) != MXCSR_CANONICAL) _mm_setcsr((uint32_t)saved);
}

void cairn_float_flush_to_zero(void) { _mm_setcsr(_mm_getcsr() | 0x8040u); }

#elif defined(__aarch64__)

/// FZ, FZ16, DN, RMode, AH, FIZ and the trap enables all zero.
uint64_t cairn_float_enter(void) {
    uint64_t saved;
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved));
    if (saved != 0) __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)0));
    return saved;
}

void cairn_float_restore(uint64_t saved) {
    if (saved != 0) __asm__ volatile("msr fpcr, %0" : : "r"(saved));
}

void cairn_float_flush_to_zero(void) { __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)1 << 24)); }

#else
#error "Cairn has no floating-point environment check for this processor: add one here."
#endif

int64_t cairn_claim(int64_t *counter) { return __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }

// Large enough for every instruction set: 168 rows of 272 elements, 512 columns of 256 (and one panel's padding).
#define ROWS_BYTES ((size_t)168 * 272 * 4)
#define PANELS_BYTES ((size_t)(512 + 32) * 256 * 4)

static _Thread_local char *thread_memory;
static pthread_key_t memory_key;
static pthread_once_t memory_once = PTHREAD_ONCE_INIT;

static void make_memory_key(void) { pthread_key_create(&memory_key, free); }

struct cairn_buffers cairn_thread_buffers(void) {
    if (!thread_memory) {
        pthread_once(&memory_once, make_memory_key);
        void *memory = NULL;
        if (posix_memalign(&memory, 64, ROWS_BYTES + PANELS_BYTES) != 0) {
            fputs("cairn: out of memory for the packing buffers of a thread (0.7 MB)\n", stderr);
            abort();
        }
        pthread_setspecific(memory_key, memory);
        thread_memory = memory;
    }
    return (struct cairn_buffers){(float *)thread_memory, (float *)(thread_memory + ROWS_BYTES)};
}
