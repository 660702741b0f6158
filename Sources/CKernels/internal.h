// Shared between the instruction sets: their tables, and the packing buffers of a thread.

#ifndef CAIRN_INTERNAL_H
#define CAIRN_INTERNAL_H

#include "CKernels.h"

extern const struct cairn_kernels cairn_kernels_portable;
#if defined(__x86_64__)
extern const struct cairn_kernels cairn_kernels_avx2;
extern const struct cairn_kernels cairn_kernels_avx512;
#elif defined(__aarch64__)
extern const struct cairn_kernels cairn_kernels_neon;
#endif

/// Room for one block of packed rows of A and one block of packed panels of B.
struct cairn_buffers {
    float *rows;
    float *panels;
};

/// This thread's buffers, made on first use and freed when the thread ends.
struct cairn_buffers cairn_thread_buffers(void);

#endif
