// The table of one instruction set; the file that includes this names it.

#include "vector.h"

#define V vf
#define VI vi
#define VU vu
#include "functions.h"
#undef V
#undef VI
#undef VU

#ifdef WIDE
#define V vw
#define VI vwi
#define VU vwu
#include "functions.h"
#undef V
#undef VI
#undef VU
#endif

#include "elementwise.h"

#include "row_blocks.h"

#include "optimisers.h"

#include "reduce.h"

#include "rows.h"

#include "tile.h"

#include "product.h"

#include "grid.h"

#include "convolution.h"

#include "convolution_lanes.h"

#include "convolution_turn.h"

#include "convolution_input_gradient.h"

#include "convolution_weight_gradient.h"

#include "convolution_depthwise.h"

#include "convolution_dispatch.h"

#include "pooling.h"

#include "integers.h"

const struct cairn_kernels TABLE_NAME = {
    .set = TABLE_SET,
    .lanes = VL,
    .product_pack = k_product_pack,
    .product = k_product,
    .unary = k_unary,
    .binary = k_binary,
    .fma = k_fma,
    .relu_gradient = k_relu_gradient,
    .binary_rows = k_binary_rows,
    .fma_rows = k_fma_rows,
    .fold = k_fold,
    .softmax = k_softmax,
    .log_softmax = k_log_softmax,
    .softmax_gradient = k_softmax_gradient,
    .cross_entropy = k_cross_entropy,
    .layer_norm = k_layer_norm,
    .sgd = k_sgd,
    .momentum = k_momentum,
    .adam = k_adam,
    .adagrad = k_adagrad,
    .narrow = k_narrow,
    .widen = k_widen,
    .requantise = k_requantise,
    .convolve_packed_count = k_convolve_packed_count,
    .convolve_pack = k_convolve_pack,
    .convolve = k_convolve,
    .convolve_weight_gradient = k_convolve_weight_gradient,
    .convolve_input_gradient_reads_padding = k_convolve_input_gradient_reads_padding,
    .convolve_turned_count = k_convolve_turned_count,
    .convolve_turn_weights = k_convolve_turn_weights,
    .convolve_input_gradient = k_convolve_input_gradient,
    .max_pool = k_max_pool,
    .max_pool_gradient = k_max_pool_gradient,
    .average_pool = k_average_pool,
    .average_pool_gradient = k_average_pool_gradient,
    .product_int8 = k_product_int8,
};
