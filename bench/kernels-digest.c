// Prints one digest for each kernel and size, on inputs that every machine derives alike. Two builds of the kernels, for any
// two processors, agree if and only if they print the same text (bench/kernels-aarch64.sh compares them).
//
//     kernels-digest SET [STRIDE]     SET: 0 portable, 1 AVX2, 2 AVX-512, 3 NEON. STRIDE: every so many of the 2^32 bit
//                                     patterns go through each function (default 65537; 1 means all of them).

#include "CKernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/// Ordinary numbers; when wild, one in eight is an arbitrary bit pattern or an edge.
static float *numbers(long n, int wild) {
    static const uint32_t edges[] = {0, 0x80000000, 1, 0x80000001, 0x7fffff, 0x800000, 0x7f7fffff, 0x7f800000, 0xff800000,
                                     0x7fc00000, 0xffc01234, 0x7f800001, 0x42b20000, 0xc2d00000};
    float *x = malloc((size_t)(n + 1) * sizeof(float));
    for (long i = 0; i < n; i++) {
        uint64_t r = next();
        uint32_t bits = (uint32_t)(r >> 32);
        if (wild && (r & 31) == 0) bits = edges[bits % (sizeof edges / sizeof *edges)];
        else if (!wild || (r & 7) != 0) {
            x[i] = (float)((int32_t)bits >> 8) * 0x1p-23f;
            continue;
        }
        memcpy(x + i, &bits, 4);
    }
    return x;
}

static uint32_t digest(const void *bytes, long words) {
    const uint32_t *w = bytes;
    uint32_t h = 2166136261u;
    for (long i = 0; i < words; i++) h = (h ^ w[i]) * 16777619u;
    return h;
}

static void products(const struct cairn_kernels *k) {
    static const long sizes[][3] = {{1, 7, 255}, {1, 129, 256}, {1, 4500, 40}, {2, 33, 513}, {3, 31, 64}, {4, 16, 300},
                                    {5, 17, 1}, {13, 32, 256}, {15, 65, 259}, {29, 20, 600}, {33, 257, 47}, {64, 64, 64},
                                    {170, 40, 20}, {37, 515, 270}};
    for (unsigned s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int flags = 0; flags < 8; flags++) {
            struct cairn_product p = {.m = sizes[s][0], .n = sizes[s][1], .k = sizes[s][2]};
            p.transpose_a = flags & 1;
            p.transpose_b = flags & 2;
            p.lda = p.transpose_a ? p.m : p.k;
            p.ldb = p.transpose_b ? p.k : p.n;
            p.ldc = p.n;
            float *a = numbers(p.m * p.k, flags & 4), *b = numbers(p.k * p.n, flags & 4), *c = numbers(p.m * p.n, 0);
            p.a = a;
            p.b = b;
            p.c = c;
            k->product(&p);
            printf("product %ld %ld %ld %d %08x\n", p.m, p.n, p.k, flags, digest(c, p.m * p.n));
            free(a);
            free(b);
            free(c);
        }
}

static void convolutions(const struct cairn_kernels *k) {
    static const long cases[][12] = {
        // images, in, height, width, out, kernel, stride, pad, dilation, groups
        {2, 3, 5, 7, 4, 3, 1, 1, 1, 1}, {3, 1, 28, 28, 6, 5, 1, 2, 1, 1}, {5, 6, 14, 14, 16, 5, 1, 0, 1, 1},
        {2, 8, 9, 8, 5, 1, 2, 0, 1, 1}, {1, 3, 17, 19, 8, 7, 2, 3, 1, 1}, {2, 4, 12, 12, 6, 3, 1, 0, 2, 1},
        {2, 6, 8, 8, 9, 3, 1, 1, 1, 3}, {1, 40, 6, 6, 3, 3, 1, 1, 1, 1}, {3, 30, 7, 7, 33, 3, 1, 1, 1, 1},
        {2, 32, 9, 9, 40, 3, 2, 1, 1, 1}, {1, 3, 6, 6, 300, 2, 1, 0, 1, 1}, {2, 5, 30, 31, 24, 3, 1, 1, 1, 1},
        {2, 32, 13, 12, 32, 3, 2, 1, 2, 2}, {3, 40, 4, 4, 70, 3, 1, 1, 1, 1}, {2, 16, 8, 7, 48, 1, 2, 0, 1, 1},
        {2, 19, 15, 37, 19, 3, 1, 1, 1, 19}, {1, 18, 21, 23, 18, 3, 2, 1, 1, 18}, {2, 5, 17, 35, 5, 4, 3, 2, 2, 5},
        {1, 70, 5, 6, 20, 3, 1, 1, 1, 1}, {3, 16, 16, 16, 16, 3, 1, 1, 1, 1}, {2, 35, 7, 9, 13, 1, 3, 1, 1, 1}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        const long *q = cases[i];
        struct cairn_convolution s = {
            .batch = q[0], .in_channels = q[1], .height = q[2], .width = q[3], .out_channels = q[4],
            .kernel_height = q[5], .kernel_width = q[5], .stride_y = q[6], .stride_x = q[6], .pad_top = q[7],
            .pad_left = q[7], .dilation_y = q[8], .dilation_x = q[8], .groups = q[9]};
        s.out_height = (q[2] + 2 * q[7] - q[8] * (q[5] - 1) - 1) / q[6] + 1;
        s.out_width = (q[3] + 2 * q[7] - q[8] * (q[5] - 1) - 1) / q[6] + 1;
        long in = q[1] / q[9], links = in * q[5] * q[5];
        long nx = q[0] * q[1] * q[2] * q[3], nw = q[4] * links, ny = q[0] * q[4] * s.out_height * s.out_width;
        float *x = numbers(nx, 0), *w = numbers(nw, 0), *y = numbers(ny, 0), *turned = numbers(nw, 0), *gradient = malloc((size_t)(k->convolve_turned_count(&s, s.groups, in) + 1) * sizeof(float));
        k->convolve_turn_weights(&s, w, gradient, 0, s.groups, 0, in);
        k->convolve_input_gradient(&s, gradient, y, x, 0, s.batch, 0, s.groups, 0, in);
        printf("convolution %u dx %08x", i, digest(x, nx));
        k->convolve_weight_gradient(&s, x, y, turned, 0, s.groups, 0, in, 0, q[4] / s.groups);
        printf(" dw %08x", digest(turned, nw));
        long count = k->convolve_packed_count(&s);
        float *packed = malloc((size_t)(count + 1) * sizeof(float));
        if (count) k->convolve_pack(&s, w, packed, 0, s.out_channels);
        k->convolve(&s, x, count ? packed : w, w, CAIRN_ACTIVATION_RELU, y, 0, s.batch, 0, s.out_channels);
        printf(" y %08x\n", digest(y, ny));
        free(x);
        free(w);
        free(y);
        free(turned);
        free(packed);
        free(gradient);
    }
}

static void rows_and_folds(const struct cairn_kernels *k) {
    for (long cols = 1; cols < 9000; cols = cols * 3 + 1) {
        for (int wild = 0; wild < 2; wild++) {
            long rows = 5, n = rows * cols;
            float *x = numbers(n, wild), *g = numbers(n, 0), *y = numbers(n, 0), *z = numbers(n, 0);
            int32_t targets[5] = {0};
            printf("rows %ld %d", cols, wild);
            k->softmax(x, y, rows, cols);
            printf(" %08x", digest(y, n));
            k->softmax_gradient(y, g, z, rows, cols);
            printf(" %08x", digest(z, n));
            k->log_softmax(x, y, rows, cols);
            printf(" %08x", digest(y, n));
            k->cross_entropy(x, targets, z, y, rows, cols, 5.0f);
            printf(" %08x %08x", digest(y, n), digest(z, rows));
            k->layer_norm(x, g, g, 1e-5f, y, NULL, NULL, rows, cols);
            printf(" %08x", digest(y, n));
            for (int fold = 0; fold < 3; fold++) {
                k->fold(fold, x, y, rows, cols, 1);
                k->fold(fold, x, z, 1, rows, cols);
                printf(" %08x %08x", digest(y, rows), digest(z, cols));
            }
            struct cairn_adam step = {.rate = 0.01f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-8f,
                                      .power1 = 0.81f, .power2 = 0.998f, .weight_decay = 0.1f};
            k->adam(y, z, g, x, n, &step);
            k->momentum(y, z, x, n, 0.1f, 0.9f, true);
            k->adagrad(y, g, x, n, 0.1f, 1e-10f);
            k->sgd(y, x, n, 0.1f);
            printf(" %08x %08x %08x\n", digest(y, n), digest(z, n), digest(g, n));
            free(x);
            free(y);
            free(z);
            free(g);
        }
    }
}

static void functions(const struct cairn_kernels *k, uint64_t stride) {
    enum { BLOCK = 4096 };
    float x[BLOCK], y[BLOCK];
    for (int op = 0; op < CAIRN_UNARY_COUNT; op++) {
        uint32_t h = 0;
        for (uint64_t bits = 0; bits < (1ull << 32);) {
            long n = 0;
            for (; n < BLOCK && bits < (1ull << 32); n++, bits += stride) {
                uint32_t pattern = (uint32_t)bits;
                memcpy(x + n, &pattern, 4);
            }
            k->unary(op, x, y, n);
            h = h * 31 + digest(y, n);
        }
        printf("function %d every %llu %08x\n", op, (unsigned long long)stride, h);
    }
}

static void pairs(const struct cairn_kernels *k) {
    for (int op = 0; op < CAIRN_BINARY_COUNT + 1; op++) {
        long n = 100003;
        float *a = numbers(n, 1), *b = numbers(n, 1), *c = numbers(n, 1), *y = numbers(n, 0);
        if (op < CAIRN_BINARY_COUNT) k->binary(op, a, 1, b, 1, y, n);
        else k->fma(a, 1, b, 1, c, 1, y, n);
        printf("pairs %d %08x\n", op, digest(y, n));
        free(a);
        free(b);
        free(c);
        free(y);
    }
}

int main(int argc, char **argv) {
    const struct cairn_kernels *k = argc > 1 ? cairn_kernels_for(atoi(argv[1])) : NULL;
    if (!k) {
        fputs("usage: kernels-digest SET [STRIDE], with a SET that this processor has\n", stderr);
        return 2;
    }
    cairn_float_enter();
    state = 0x9e3779b97f4a7c15ull;
    products(k);
    convolutions(k);
    rows_and_folds(k);
    pairs(k);
    functions(k, argc > 2 ? strtoull(argv[2], NULL, 10) : 65537);
    return 0;
}
