// The grid tile: RY by RX elements of A, each times NV vectors of B. A is read one element at a time where it lies, so a
// convolution's windows need not be unfolded: neighbours along x are neighbours in memory, rows lie `a_row` apart, and link k
// is the same grid at another offset.

struct grid_tile {
    const float *a;
    long a_row;
    const int32_t *offsets;  // of each link, in elements
    const float *b;          // [links][NR]
    float *c;                // [RY][RX][NR]
    long c_row;              // distance of C's rows
    long links;
    bool first;  // chunk: store; otherwise add to what C holds
};

INLINE void grid_run(const int RY, const int RX, const int NV, const struct grid_tile *t) {
    vf acc[2 * MAX_ROWS][2];
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
    const bool first = t->first;
    float *c = t->c;
    const long rest = t->c_row - RX * NR;
#pragma clang loop unroll(full)
    for (int y = 0; y < RY; y++, c += rest) {
#pragma clang loop unroll(full)
        for (int x = 0; x < RX; x++, c += NR)
#pragma clang loop unroll(full)
            for (int j = 0; j < NV; j++) {
                vf v = acc[y * RX + x][j];
                if (!first) v = v_load(c + j * VL) + v;
                v_store(c + j * VL, v);
            }
    }
}

typedef void (*grid_function)(const struct grid_tile *);

#define GRID(RX, RY, NV) \
    static void grid_##RY##_##RX##_##NV(const struct grid_tile *t) { grid_run(RY, RX, NV, t); }
#define GRID_ENTRY(RX, RY, NV) grid_##RY##_##RX##_##NV,

// With one vector of B, twice as many elements of A fit the registers as with two.
#if MAX_ROWS == 14
#define GRIDS_2(X)                                                                                               \
    FOR_ROWS(X, 1, 2)                                                                                            \
    X(1, 2, 2) X(2, 2, 2) X(3, 2, 2) X(4, 2, 2) X(5, 2, 2) X(6, 2, 2) X(7, 2, 2)                                  \
    X(1, 3, 2) X(2, 3, 2) X(3, 3, 2) X(4, 3, 2)
#define GRIDS_1(X)                                                                                               \
    FOR_ROWS(X, 1, 1) FOR_ROWS(X, 2, 1)                                                                          \
    X(1, 3, 1) X(2, 3, 1) X(3, 3, 1) X(4, 3, 1) X(5, 3, 1) X(6, 3, 1) X(7, 3, 1) X(8, 3, 1) X(9, 3, 1)
#elif MAX_ROWS == 6
#define GRIDS_2(X) FOR_ROWS(X, 1, 2) X(1, 2, 2) X(2, 2, 2) X(3, 2, 2) X(1, 3, 2) X(2, 3, 2)
#define GRIDS_1(X) FOR_ROWS(X, 1, 1) FOR_ROWS(X, 2, 1) X(1, 3, 1) X(2, 3, 1) X(3, 3, 1) X(4, 3, 1)
#elif MAX_ROWS == 4
#define GRIDS_2(X) FOR_ROWS(X, 1, 2) X(1, 2, 2) X(2, 2, 2) X(1, 3, 2)
#define GRIDS_1(X) FOR_ROWS(X, 1, 1) FOR_ROWS(X, 2, 1) X(1, 3, 1) X(2, 3, 1)
#endif
GRIDS_1(GRID)
GRIDS_2(GRID)

/// Rows of a grid at most.
#define GRID_ROWS 3
static const grid_function grids_1[] = {GRIDS_1(GRID_ENTRY)}, grids_2[] = {GRIDS_2(GRID_ENTRY)};

/// Columns of a grid of `rows` rows at most.
INLINE int grid_cols(int rows, long vectors) {
    static const int8_t most[2][GRID_ROWS] = {
        {MAX_ROWS, MAX_ROWS, 2 * MAX_ROWS / 3}, {MAX_ROWS, MAX_ROWS / 2, MAX_ROWS / 3}};
    return most[vectors - 1][rows - 1];
}

INLINE grid_function grid_of(int rows, int cols, long vectors) {
    int at = cols - 1;
    for (int above = 1; above < rows; above++) at += grid_cols(above, vectors);
    return vectors == 1 ? grids_1[at] : grids_2[at];
}
