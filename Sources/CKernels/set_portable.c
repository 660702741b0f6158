// Any processor with IEEE 754 binary32: four lanes of plain C.

#define VL 4
#define MAX_ROWS 4
#define TAP_ROWS 2
#define EMULATED_FMA
#define TABLE_NAME cairn_kernels_portable
#define TABLE_SET CAIRN_PORTABLE

#include "internal.h"

#include "template/table.h"
