// AArch64: four lanes, fused multiply-add in the base instruction set.

#include "internal.h"

#if defined(__aarch64__)

#define VL 4
#define MAX_ROWS 6
#define TAP_ROWS 6
#define TABLE_NAME cairn_kernels_neon
#define TABLE_SET CAIRN_NEON

#include "template/table.h"

#endif
