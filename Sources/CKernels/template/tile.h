// The register tile: MR rows by NV vectors of C, one chunk of at most 256 links. Everything that multiplies matrices
// (products, convolutions and their gradients) is loops around it.

/// How a tile finds A: rows at a fixed distance (a packed copy), rows at any distance, or k-major columns.
enum { A_ROWS, A_DIRECT, A_COLUMNS };
/// How a tile finds row k of B: at a fixed distance from the last, through a table of offsets, or in panels of two vectors.
enum { B_STRIDE, B_OFFSETS, B_PANELS };

/// Distance between the rows of a packed block of A: 256 and a cache line more, so that rows fall in different sets.
#define A_ROW (CAIRN_CHAIN + 16)

struct tile {
    const float *a, *b;
    const int32_t *offsets;
    float *c;
    long a_stride, b_stride, c_stride;
    long b_panel;  // distance of panels
    long links;    // of this chunk
    long cols;     // of C that are stored; at most NV * VL
    bool first;    // chunk: store; otherwise add to what C holds
};

INLINE void tile_run(const int MR, const int NV, const int A, const int B, const struct tile *t) {
    vf acc[14][8];
#pragma clang loop unroll(full)
    for (int i = 0; i < MR; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < NV; j++) acc[i][j] = v_all(0);
    const float *a = t->a, *b = t->b;
    const int32_t *offsets = t->offsets;
    const long as = t->a_stride, bs = t->b_stride, links = t->links;
#pragma clang loop unroll(disable)
    for (long k = 0; k < links; k++) {
        const float *row = B == B_OFFSETS ? b + offsets[k] : b;
        vf bv[8];
#pragma clang loop unroll(full)
        for (int j = 0; j < NV; j++) bv[j] = v_load(B == B_PANELS ? row + j / 2 * t->b_panel + j % 2 * VL : row + j * VL);
#pragma clang loop unroll(full)
        for (int i = 0; i < MR; i++) {
            vf av = v_all(A == A_ROWS ? a[i * A_ROW] : A == A_DIRECT ? a[i * as] : a[i]);
#pragma clang loop unroll(full)
            for (int j = 0; j < NV; j++) acc[i][j] = v_fma(av, bv[j], acc[i][j]);
        }
        a += A == A_COLUMNS ? as : 1;
        if (B == B_STRIDE) b += bs;
        if (B == B_PANELS) b += 2 * VL;
    }
    float *c = t->c;
    const bool first = t->first;
    if (t->cols == NV * VL) {
#pragma clang loop unroll(full)
        for (int i = 0; i < MR; i++) {
#pragma clang loop unroll(full)
            for (int j = 0; j < NV; j++) {
                vf v = acc[i][j];
                if (!first) v = v_load(c + j * VL) + v;
                v_put(c + j * VL, v);
            }
            c += t->c_stride;
        }
        return;
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < MR; i++) {
#pragma clang loop unroll(full)
        for (int j = 0; j < NV; j++) {
            long left = t->cols - j * VL;
            if (left <= 0) continue;
            long n = left < VL ? left : VL;
            vf v = acc[i][j];
            if (!first) v = v_load_first(c + j * VL, n) + v;
            v_put_first(c + j * VL, v, n);
        }
        c += t->c_stride;
    }
}

typedef void (*tile_function)(const struct tile *);

#define TILE(MR, NV, A, B) \
    static void tile_##A##_##B##_##MR##_##NV(const struct tile *t) { tile_run(MR, NV, A, B, t); }

#if MAX_ROWS == 14
#define FOR_ROWS(X, ...)                                                                                     \
    X(1, __VA_ARGS__) X(2, __VA_ARGS__) X(3, __VA_ARGS__) X(4, __VA_ARGS__) X(5, __VA_ARGS__)                \
    X(6, __VA_ARGS__) X(7, __VA_ARGS__) X(8, __VA_ARGS__) X(9, __VA_ARGS__) X(10, __VA_ARGS__)               \
    X(11, __VA_ARGS__) X(12, __VA_ARGS__) X(13, __VA_ARGS__) X(14, __VA_ARGS__)
#elif MAX_ROWS == 6
#define FOR_ROWS(X, ...)                                                                                     \
    X(1, __VA_ARGS__) X(2, __VA_ARGS__) X(3, __VA_ARGS__) X(4, __VA_ARGS__) X(5, __VA_ARGS__) X(6, __VA_ARGS__)
#elif MAX_ROWS == 4
#define FOR_ROWS(X, ...) X(1, __VA_ARGS__) X(2, __VA_ARGS__) X(3, __VA_ARGS__) X(4, __VA_ARGS__)
#endif

#define TILES(A, B)           \
    FOR_ROWS(TILE, 1, A, B)   \
    FOR_ROWS(TILE, 2, A, B)
TILES(A_ROWS, B_STRIDE)
TILES(A_COLUMNS, B_STRIDE)
TILES(A_ROWS, B_OFFSETS)

#define ENTRY(MR, NV, A, B) tile_##A##_##B##_##MR##_##NV,
#define TABLE(NAME, A, B)                                                                \
    static const tile_function NAME[2][MAX_ROWS + 1] = {{0, FOR_ROWS(ENTRY, 1, A, B)},    \
                                                        {0, FOR_ROWS(ENTRY, 2, A, B)}};
TABLE(tiles_rows, A_ROWS, B_STRIDE)
TABLE(tiles_columns, A_COLUMNS, B_STRIDE)
TABLE(tiles_offsets, A_ROWS, B_OFFSETS)

// One channel of a convolution by itself (a depthwise one).
TILE(1, 8, A_ROWS, B_OFFSETS)

// Few rows: wider tiles, A where it lies.
#define DIRECT_TILES(B)                                                                          \
    TILE(1, 8, A_DIRECT, B) TILE(1, 4, A_DIRECT, B) TILE(1, 2, A_DIRECT, B) TILE(1, 1, A_DIRECT, B) \
    TILE(2, 4, A_DIRECT, B) TILE(2, 2, A_DIRECT, B) TILE(2, 1, A_DIRECT, B)                      \
    TILE(3, 2, A_DIRECT, B) TILE(3, 1, A_DIRECT, B)                                              \
    TILE(4, 2, A_DIRECT, B) TILE(4, 1, A_DIRECT, B)
DIRECT_TILES(B_STRIDE)
DIRECT_TILES(B_PANELS)

/// Rows of a direct tile at most, and for each number of rows its tiles, widest first.
#define DIRECT_ROWS 4
struct direct_tile {
    int vectors;
    tile_function run;
};
#define DIRECT_TABLE(NAME, B)                                                                    \
    static const struct direct_tile NAME[DIRECT_ROWS + 1][4] = {                                 \
        {{0, 0}},                                                                                \
        {{8, tile_A_DIRECT_##B##_1_8},                                                           \
         {4, tile_A_DIRECT_##B##_1_4},                                                           \
         {2, tile_A_DIRECT_##B##_1_2},                                                           \
         {1, tile_A_DIRECT_##B##_1_1}},                                                          \
        {{4, tile_A_DIRECT_##B##_2_4}, {2, tile_A_DIRECT_##B##_2_2}, {1, tile_A_DIRECT_##B##_2_1}}, \
        {{2, tile_A_DIRECT_##B##_3_2}, {1, tile_A_DIRECT_##B##_3_1}},                            \
        {{2, tile_A_DIRECT_##B##_4_2}, {1, tile_A_DIRECT_##B##_4_1}},                            \
    };
DIRECT_TABLE(tiles_direct, B_STRIDE)
DIRECT_TABLE(tiles_direct_panels, B_PANELS)
