// The grid tile: RY by RX elements of A, each times NV vectors of B. A is read one element at a time where it lies, so a
// convolution's windows need not be unfolded: neighbours along x are neighbours in memory, rows lie `a_row` apart, and link k
// is the same grid at another offset.

struct grid_tile {
    const float *a;
    long a_row;
    const int32_t *offsets;  // of each link, in elements
    const float *b;          // [links][NR]
    float *c;                // [RY * RX][NR]
    long links;
    bool first;  // chunk: store; otherwise add to what C holds
};

INLINE void grid_run(const int RY, const int RX, const int NV, const struct grid_tile *t) {
    vf acc[MAX_ROWS][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < RY * RX; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < NV; j++) acc[i][j] = v_all(0);
    const float *a0 = t->a, *a1 = a0 + t->a_row, *a2 = a1 + t->a_row;
    const float *b = t->b;
    const int32_t *offsets = t->offsets, *end = offsets + t->links;
#pragma clang loop unroll(disable)
    for (; offsets < end; offsets++, b += NR) {
        long offset = *offsets;
        vf bv[2];
#pragma clang loop unroll(full)
        for (int j = 0; j < NV; j++) bv[j] = v_load(b + j * VL);
#pragma clang loop unroll(full)
        for (int y = 0; y < RY; y++)
#pragma clang loop unroll(full)
            for (int x = 0; x < RX; x++) {
                vf av = v_all((y == 0 ? a0 : y == 1 ? a1 : a2)[offset + x]);
#pragma clang loop unroll(full)
                for (int j = 0; j < NV; j++) acc[y * RX + x][j] = v_fma(av, bv[j], acc[y * RX + x][j]);
            }
    }
    float *c = t->c;
#pragma clang loop unroll(full)
    for (int i = 0; i < RY * RX; i++, c += NR)
#pragma clang loop unroll(full)
        for (int j = 0; j < NV; j++) {
            vf v = acc[i][j];
            if (!t->first) v = v_load(c + j * VL) + v;
            v_store(c + j * VL, v);
        }
}

typedef void (*grid_function)(const struct grid_tile *);

#define GRID(RX, RY, NV) \
    static void grid_##RY##_##RX##_##NV(const struct grid_tile *t) { grid_run(RY, RX, NV, t); }
#define GRID_ENTRY(RX, RY, NV) grid_##RY##_##RX##_##NV,

#if MAX_ROWS == 14
#define GRIDS(X, NV)                                                                                              \
    FOR_ROWS(X, 1, NV)                                                                                            \
    X(1, 2, NV) X(2, 2, NV) X(3, 2, NV) X(4, 2, NV) X(5, 2, NV) X(6, 2, NV) X(7, 2, NV)                            \
    X(1, 3, NV) X(2, 3, NV) X(3, 3, NV) X(4, 3, NV)
#elif MAX_ROWS == 6
#define GRIDS(X, NV) FOR_ROWS(X, 1, NV) X(1, 2, NV) X(2, 2, NV) X(3, 2, NV) X(1, 3, NV) X(2, 3, NV)
#elif MAX_ROWS == 4
#define GRIDS(X, NV) FOR_ROWS(X, 1, NV) X(1, 2, NV) X(2, 2, NV) X(1, 3, NV)
#endif
GRIDS(GRID, 1)
GRIDS(GRID, 2)

/// Rows of a grid at most.
#define GRID_ROWS 3
/// Where the grids of 1, 2 and 3 rows begin in the tables.
static const int grid_start[GRID_ROWS + 1] = {0, -1, MAX_ROWS - 1, MAX_ROWS + MAX_ROWS / 2 - 1};
static const grid_function grids[2][MAX_ROWS + MAX_ROWS / 2 + MAX_ROWS / 3] = {{GRIDS(GRID_ENTRY, 1)},
                                                                             {GRIDS(GRID_ENTRY, 2)}};

/// The tile of `rows` by `cols` elements; rows * cols is at most MAX_ROWS.
INLINE grid_function grid_of(long rows, long cols, long vectors) { return grids[vectors - 1][grid_start[rows] + cols]; }
