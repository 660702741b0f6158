// The fast kernels of Cairn's canonical arithmetic, one table of functions for each instruction set.
//
// Every table gives the same bytes for the same input. Callers choose a table once (cairn_kernels_for) and call
// through it; nothing here allocates, except the two packing buffers that each thread keeps after its first product.
// Sizes and pointers are trusted: the Swift module above checks them.

#ifndef CAIRN_KERNELS_H
#define CAIRN_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Longest chain of fused multiply-adds, in links; part of the definition of every product.
#define CAIRN_CHAIN 256
/// Elements of one chunk of a sum; part of the definition of every sum.
#define CAIRN_SUM_CHUNK 4096
/// Columns of arranged matrices, and output channels of convolutions, are cut only at multiples of this.
#define CAIRN_UNIT 32

enum cairn_set { CAIRN_PORTABLE = 0, CAIRN_AVX2 = 1, CAIRN_AVX512 = 2, CAIRN_NEON = 3 };

enum cairn_unary {
    CAIRN_EXP = 0,
    CAIRN_LOG,
    CAIRN_TANH,
    CAIRN_ERF,
    CAIRN_SIGMOID,
    CAIRN_GELU,
    CAIRN_GELU_TANH,
    CAIRN_RELU,
    CAIRN_NEGATE,
    CAIRN_ABS,
    CAIRN_SQRT,
    CAIRN_RECIPROCAL,
    CAIRN_SQUARE,
    CAIRN_COPY,
    CAIRN_UNARY_COUNT
};

enum cairn_binary {
    CAIRN_ADD = 0,
    CAIRN_SUBTRACT,
    CAIRN_MULTIPLY,
    CAIRN_DIVIDE,
    CAIRN_MAXIMUM,
    CAIRN_MINIMUM,
    CAIRN_BINARY_COUNT
};

enum cairn_activation { CAIRN_ACTIVATION_NONE = 0, CAIRN_ACTIVATION_RELU = 1 };

enum cairn_fold { CAIRN_FOLD_SUM = 0, CAIRN_FOLD_MAXIMUM, CAIRN_FOLD_MINIMUM };

/// C[m,n] = A[m,k] B[k,n], then + bias[n] (or bias[m] when bias_per_row), then the activation.
/// A is stored [k,m] when transpose_a; B is stored [n,k] when transpose_b, and as product_pack arranges it when packed_b.
/// Leading dimensions are in elements.
struct cairn_product {
    const float *a, *b;
    float *c;
    const float *bias;
    long m, n, k;
    long lda, ldb, ldc;
    bool transpose_a, transpose_b, packed_b, bias_per_row;
    int activation;
};

/// An operand of an operation over rows: element (r, c) is p[r * row + c * step], with a step of 0 or 1.
struct cairn_row_operand {
    const float *p;
    long row, step;
};

/// Sizes of a convolution over [batch, channels, height, width]; weights are [out, in / groups, kernel].
struct cairn_convolution {
    long batch, in_channels, height, width, out_channels, kernel_height, kernel_width;
    long stride_y, stride_x, pad_top, pad_left, dilation_y, dilation_x, groups;
    long out_height, out_width;
};

/// Sizes of a pooling over planes of [height, width].
struct cairn_pooling {
    long height, width, kernel_height, kernel_width, stride_y, stride_x;
    long pad_top, pad_left, pad_bottom, pad_right;
    long out_height, out_width;
    bool count_padding;
};

/// Numbers of one Adam or AdamW step; the powers are running products that include this step.
struct cairn_adam {
    float rate, beta1, beta2, epsilon, power1, power2, weight_decay;
};

struct cairn_kernels {
    int set;
    int lanes;
    /// Arranges a matrix B [k,n], or [n,k] when transposed; `panels` has room for k times n rounded up to CAIRN_UNIT.
    void (*product_pack)(const float *b, long ldb, bool transposed, long n, long k, float *panels);
    void (*product)(const struct cairn_product *p);
    void (*unary)(int op, const float *x, float *y, long n);
    void (*binary)(int op, const float *a, long a_step, const float *b, long b_step, float *y, long n);
    void (*fma)(const float *a, long a_step, const float *b, long b_step, const float *c, long c_step, float *y, long n);
    void (*relu_gradient)(const float *y, const float *g, float *out, long n);
    /// Over a matrix y [rows, cols].
    void (*binary_rows)(
        int op, const struct cairn_row_operand *a, const struct cairn_row_operand *b, float *y, long rows, long cols);
    void (*fma_rows)(
        const struct cairn_row_operand *a, const struct cairn_row_operand *b, const struct cairn_row_operand *c, float *y,
        long rows, long cols);
    void (*fold)(int fold, const float *x, float *y, long outer, long n, long inner);
    void (*softmax)(const float *x, float *y, long rows, long cols);
    void (*log_softmax)(const float *x, float *y, long rows, long cols);
    void (*softmax_gradient)(const float *y, const float *g, float *out, long rows, long cols);
    void (*cross_entropy)(
        const float *x, const int32_t *targets, float *loss, float *gradient, long rows, long cols, float divisor);
    void (*layer_norm)(
        const float *x, const float *gamma, const float *beta, float epsilon, float *y, float *mean, float *inverse,
        long rows, long cols);
    void (*sgd)(float *p, const float *g, long n, float rate);
    void (*momentum)(float *p, float *v, const float *g, long n, float rate, float mu, bool nesterov);
    void (*adam)(float *p, float *m, float *v, const float *g, long n, const struct cairn_adam *s);
    void (*adagrad)(float *p, float *v, const float *g, long n, float rate, float epsilon);
    void (*narrow)(const float *x, uint16_t *y, long n);
    void (*widen)(const uint16_t *x, float *y, long n);
    void (*requantise)(const int32_t *x, float scale, int32_t zero_point, int8_t *y, long n);
    /// Elements of a convolution's arranged weights, 0 where it reads them as they are. The batch plays no part.
    long (*convolve_packed_count)(const struct cairn_convolution *s);
    /// Arranges a range of output channels, cut where convolve's may be, into its part of `packed`.
    void (*convolve_pack)(
        const struct cairn_convolution *s, const float *w, float *packed, long first_channel, long channels);
    /// A range of images and a range of output channels, which begins at a multiple of CAIRN_UNIT in its group.
    /// `w` are the arranged weights where convolve_packed_count is not 0.
    void (*convolve)(
        const struct cairn_convolution *s, const float *x, const float *w, const float *bias, int activation, float *y,
        long first_image, long images, long first_channel, long channels);
    /// A range of groups and, in each, a range of its input channels and a range of its output channels.
    void (*convolve_weight_gradient)(
        const struct cairn_convolution *s, const float *x, const float *g, float *dw, long first_group, long groups,
        long first_in, long ins, long first_out, long outs);
    /// Whether convolve_input_gradient multiplies padding, too, where the definition has no term: then every weight must be
    /// finite.
    bool (*convolve_input_gradient_reads_padding)(const struct cairn_convolution *s);
    /// Elements of the weights as convolve_input_gradient reads them, for some groups and some input channels of each.
    long (*convolve_turned_count)(const struct cairn_convolution *s, long groups, long channels);
    void (*convolve_turn_weights)(
        const struct cairn_convolution *s, const float *w, float *turned, long first_group, long groups,
        long first_channel, long channels);
    /// A range of images, a range of groups and, in each, a range of its input channels, which begins at a multiple of
    /// CAIRN_UNIT; `turned` are the weights of these groups and channels.
    void (*convolve_input_gradient)(
        const struct cairn_convolution *s, const float *turned, const float *g, float *dx, long first_image, long images,
        long first_group, long groups, long first_channel, long channels);
    /// A range of planes. Winners are positions in their plane, the first of equals, and may be null.
    void (*max_pool)(
        const struct cairn_pooling *s, const float *x, float *y, int32_t *winners, long first_plane, long planes);
    void (*max_pool_gradient)(
        const struct cairn_pooling *s, const float *g, const int32_t *winners, float *dx, long first_plane, long planes);
    void (*average_pool)(const struct cairn_pooling *s, const float *x, float *y, long first_plane, long planes);
    void (*average_pool_gradient)(const struct cairn_pooling *s, const float *g, float *dx, long first_plane, long planes);
    void (*product_int8)(const int8_t *a, const int8_t *b, int32_t *c, long m, long n, long k);
};

/// The table for an instruction set, or null when this processor cannot run it.
const struct cairn_kernels *cairn_kernels_for(int set);

#if defined(__x86_64__)

/// All exceptions masked, round to nearest even, no flush-to-zero, no denormals-are-zero.
#define CAIRN_MXCSR_CANONICAL 0x1f80u
#define CAIRN_MXCSR_CONTROL 0xffc0u

/// Puts the floating-point control register into round-to-nearest with gradual underflow and no traps; returns what it
/// held, for cairn_float_restore.
static inline uint64_t cairn_float_enter(void) {
    uint32_t saved = __builtin_ia32_stmxcsr();
    if ((saved & CAIRN_MXCSR_CONTROL) != CAIRN_MXCSR_CANONICAL) __builtin_ia32_ldmxcsr(CAIRN_MXCSR_CANONICAL);
    return saved;
}

static inline void cairn_float_restore(uint64_t saved) {
    if (((uint32_t)saved & CAIRN_MXCSR_CONTROL) != CAIRN_MXCSR_CANONICAL) __builtin_ia32_ldmxcsr((uint32_t)saved);
}

#elif defined(__aarch64__)

/// The same for FPCR: FZ, FZ16, DN, RMode, AH, FIZ and the trap enables all zero.
static inline uint64_t cairn_float_enter(void) {
    uint64_t saved;
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved));
    if (saved != 0) __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)0));
    return saved;
}

static inline void cairn_float_restore(uint64_t saved) {
    if (saved != 0) __asm__ volatile("msr fpcr, %0" : : "r"(saved));
}

#else
#error "Cairn has no floating-point environment check for this processor: add one here."
#endif

/// Tells the processor that this thread only waits.
static inline void cairn_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    __asm__ volatile("yield");
#endif
}

/// Turns flush-to-zero and denormals-are-zero on for this thread, as some libraries do; for tests.
void cairn_float_flush_to_zero(void);

/// Room for `count` floats that this thread keeps for the named purpose until it asks for more of it.
float *cairn_thread_scratch(int purpose, long count);

enum cairn_scratch {
    CAIRN_SCRATCH_OFFSETS = 0,
    CAIRN_SCRATCH_PLANES,
    CAIRN_SCRATCH_RESULT,
    /// For callers; no kernel uses it.
    CAIRN_SCRATCH_CALLER,
    CAIRN_SCRATCH_COUNT
};

#endif
