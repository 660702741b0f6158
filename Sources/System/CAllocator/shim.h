#pragma once
#include <stdlib.h>

// glibc keeps freed memory unless told otherwise; other C libraries have neither call and need neither.
#if defined(__GLIBC__)
#include <malloc.h>

// Blocks above so many bytes come from the system one by one, and go back to it when they are freed.
// Setting one bound fixes the others at their defaults, and heaps that are cut at 128 KiB would grow and shrink with every request.
static inline void cairn_allocator_return_blocks_above(int bytes) {
    mallopt(M_MMAP_THRESHOLD, bytes);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
    mallopt(M_TOP_PAD, 256 << 10);
}

// Gives the free pages between small blocks back.
static inline void cairn_allocator_trim(void) { malloc_trim(0); }
#else
static inline void cairn_allocator_return_blocks_above(int bytes) { (void)bytes; }
static inline void cairn_allocator_trim(void) {}
#endif
