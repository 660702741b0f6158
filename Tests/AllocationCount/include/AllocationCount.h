// Counts what a thread asks of the allocator, for tests that claim that something allocates nothing.

#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

#include <stdbool.h>

/// Whether this system's allocator is counted.
bool allocations_are_counted(void);

/// How often this thread has asked for memory since it began.
long allocations_of_this_thread(void);

#endif
