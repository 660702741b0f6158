// Which table this processor can run, the floating-point environment, and the buffers of a thread.

#include "internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void cairn_float_flush_to_zero(void) {
#if defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | 0x8040u);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)1 << 24));
#endif
}

// Large enough for every instruction set: 168 rows of 272 elements, 512 columns of 256 (and one panel's padding).
#define ROWS_BYTES ((size_t)168 * 272 * 4)
#define PANELS_BYTES ((size_t)(512 + 32) * 256 * 4)

/// All that a thread keeps; freed when it ends.
struct thread_memory {
    char *blocks;
    float *scratch[CAIRN_SCRATCH_COUNT];
    long capacity[CAIRN_SCRATCH_COUNT];
};

static _Thread_local struct thread_memory *thread_memory;
static pthread_key_t memory_key;
static pthread_once_t memory_once = PTHREAD_ONCE_INIT;

static void free_memory(void *pointer) {
    struct thread_memory *memory = pointer;
    for (int i = 0; i < CAIRN_SCRATCH_COUNT; i++) free(memory->scratch[i]);
    free(memory->blocks);
    free(memory);
}

static void make_memory_key(void) { pthread_key_create(&memory_key, free_memory); }

static void *allocate(size_t bytes) {
    void *memory = NULL;
    if (posix_memalign(&memory, 64, bytes) != 0) {
        fprintf(stderr, "cairn: out of memory: %zu bytes of working space for a kernel\n", bytes);
        abort();
    }
    return memory;
}

static struct thread_memory *this_thread(void) {
    if (!thread_memory) {
        pthread_once(&memory_once, make_memory_key);
        struct thread_memory *memory = allocate(sizeof(struct thread_memory));
        memset(memory, 0, sizeof *memory);
        pthread_setspecific(memory_key, memory);
        thread_memory = memory;
    }
    return thread_memory;
}

struct cairn_buffers cairn_thread_buffers(void) {
    struct thread_memory *memory = this_thread();
    if (!memory->blocks) memory->blocks = allocate(ROWS_BYTES + PANELS_BYTES);
    return (struct cairn_buffers){(float *)memory->blocks, (float *)(memory->blocks + ROWS_BYTES)};
}

float *cairn_thread_scratch(int purpose, long count) {
    struct thread_memory *memory = this_thread();
    if (memory->capacity[purpose] < count) {
        free(memory->scratch[purpose]);
        memory->scratch[purpose] = allocate((size_t)count * sizeof(float));
        memory->capacity[purpose] = count;
    }
    return memory->scratch[purpose];
}
