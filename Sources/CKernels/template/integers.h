// Integer inference: products are exact, so any order gives the same bytes.

// Two links at a time: neighbouring elements lie as pairs of 16 bits in one lane, where a product of pairs cannot overflow.

#ifndef V_MULTIPLY_PAIRS
/// Low half times low half plus high half times high half, lane by lane.
#define V_MULTIPLY_PAIRS(a, b) ((((a) << 16) >> 16) * (((b) << 16) >> 16) + ((a) >> 16) * ((b) >> 16))
#endif

INLINE int32_t pair_of(int8_t low, int8_t high) {
    return (int32_t)((uint32_t)(uint16_t)low | (uint32_t)(uint16_t)high << 16);
}

INLINE vi vi_load(const int32_t *p) { return *(const vi_unaligned *)p; }

/// `rows` <= INT8_ROWS rows of pairs [rows][A_ROW] times a panel of pairs [pairs][NR], into or onto C.
INLINE void int8_run(
    const int MR, const int32_t *a, const int32_t *panel, long pairs, bool first, long cols, int32_t *c, long ldc) {
    vu acc[8][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < MR; i++) acc[i][0] = acc[i][1] = (vu)(0u);
#pragma clang loop unroll(disable)
    for (long k = 0; k < pairs; k++) {
        vi low = vi_load(panel + k * NR), high = vi_load(panel + k * NR + VL);
#pragma clang loop unroll(full)
        for (int i = 0; i < MR; i++) {
            vi x = (vi)(a[i * A_ROW + k]);
            acc[i][0] += __builtin_bit_cast(vu, V_MULTIPLY_PAIRS(x, low));
            acc[i][1] += __builtin_bit_cast(vu, V_MULTIPLY_PAIRS(x, high));
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < MR; i++) {
        float *out = (float *)(c + i * ldc);
        for (int j = 0; j < 2; j++) {
            long n = cols - j * VL < VL ? cols - j * VL : VL;
            if (n <= 0) break;
            vu v = acc[i][j];
            if (!first) v += v_uint(v_load_first(out + j * VL, n));
            v_store_first(out + j * VL, v_floatu(v), n);
        }
    }
}

#define INT8_ROWS 6
typedef void (*int8_function)(const int32_t *, const int32_t *, long, bool, long, int32_t *, long);
#define INT8_TILE(MR)                                                                                                 \
    static void int8_tile_##MR(                                                                                       \
        const int32_t *a, const int32_t *b, long pairs, bool first, long cols, int32_t *c, long ldc) {                \
        int8_run(MR, a, b, pairs, first, cols, c, ldc);                                                               \
    }
INT8_TILE(1)
INT8_TILE(2)
INT8_TILE(3)
INT8_TILE(4)
INT8_TILE(5)
INT8_TILE(6)
static const int8_function int8_tiles[INT8_ROWS + 1] = {0, int8_tile_1, int8_tile_2, int8_tile_3,
                                                         int8_tile_4, int8_tile_5, int8_tile_6};

static void int8_pack_panel(const int8_t *b, long n, long links, long cols, int32_t *out) {
    for (long k = 0; k < links; k += 2, out += NR) {
        const int8_t *low = b + k * n, *high = low + n;
        bool whole = k + 1 < links;
        for (long j = 0; j < cols; j++) out[j] = pair_of(low[j], whole ? high[j] : 0);
        for (long j = cols; j < NR; j++) out[j] = 0;
    }
}

static void k_product_int8(const int8_t *a, const int8_t *b, int32_t *c, long m, long n, long k) {
    const struct cairn_buffers buffers = cairn_thread_buffers();
    int32_t *const rows_buffer = (int32_t *)buffers.rows, *const panels = (int32_t *)buffers.panels;
    const long most = 2 * CAIRN_CHAIN;
    if (k == 0 && m > 0) memset(c, 0, (size_t)(m * n) * sizeof(int32_t));
    for (long col = 0; col < n; col += BLOCK_COLS) {
        long cols = n - col < BLOCK_COLS ? n - col : BLOCK_COLS;
        for (long start = 0; start < k; start += most) {
            long links = k - start < most ? k - start : most, pairs = (links + 1) / 2;
            for (long j = 0; j < cols; j += NR)
                int8_pack_panel(b + start * n + col + j, n, links, cols - j < NR ? cols - j : NR, panels + j * pairs);
            for (long row = 0; row < m; row += BLOCK_ROWS) {
                long rows = m - row < BLOCK_ROWS ? m - row : BLOCK_ROWS;
                for (long i = 0; i < rows; i++) {
                    const int8_t *from = a + (row + i) * k + start;
                    for (long p = 0; p < pairs; p++)
                        rows_buffer[i * A_ROW + p] = pair_of(from[2 * p], 2 * p + 1 < links ? from[2 * p + 1] : 0);
                }
                for (long i = 0; i < rows; i += INT8_ROWS) {
                    long height = rows - i < INT8_ROWS ? rows - i : INT8_ROWS;
                    for (long j = 0; j < cols; j += NR)
                        int8_tiles[height](
                            rows_buffer + i * A_ROW, panels + j * pairs, pairs, start == 0,
                            cols - j < NR ? cols - j : NR, c + (row + i) * n + col + j, n);
                }
            }
        }
    }
}

/// clamp(round-to-nearest-even(float(x) * scale) + zero point); the product is one binary32 multiplication.
static void k_requantise(const int32_t *x, float scale, int32_t zero_point, int8_t *y, long n) {
    for (long i = 0; i < n; i++) {
        float v = (float)x[i] * scale;
        v = v != v ? 0.0f : v;
        v = v > 1024.0f ? 1024.0f : v;
        v = v < -1024.0f ? -1024.0f : v;
        float t = v + 12582912.0f;
        uint32_t bits;
        memcpy(&bits, &t, 4);
        int32_t r = (int32_t)(bits - 0x4b400000u) + zero_point;
        r = r > 127 ? 127 : r;
        y[i] = (int8_t)(r < -128 ? -128 : r);
    }
}
