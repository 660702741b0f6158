// C = op(A) op(B): blocks that fit the caches, chunks of 256 links in their order, tiles in registers.

#define NR (2 * VL)
#define BLOCK_ROWS 168
#define BLOCK_COLS 512
/// A matrix B of at most this many elements is read where it lies.
#define DIRECT_B_ELEMENTS 32768

/// Packs `links` rows of B (columns `cols` <= NR of it) into one panel [links][NR], padded with +0.
static void pack_panel(const float *b, long ldb, long links, long cols, float *out) {
    for (long k = 0; k < links; k++, b += ldb, out += NR) {
        if (cols == NR) {
            v_store(out, v_load(b));
            v_store(out + VL, v_load(b + VL));
        } else {
            long low = cols < VL ? cols : VL;
            v_store(out, v_load_first(b, low));
            v_store(out + VL, cols > VL ? v_load_first(b + VL, cols - VL) : v_all(0));
        }
    }
}

/// The same from B stored [n, k]: `b` points at the first of `cols` rows, `ldb` apart.
static void pack_panel_transposed(const float *b, long ldb, long links, long cols, float *out) {
    for (long j = 0; j < cols; j++) {
        const float *row = b + j * ldb;
        for (long k = 0; k < links; k++) out[k * NR + j] = row[k];
    }
    for (long k = 0; k < links; k++)
        for (long j = cols; j < NR; j++) out[k * NR + j] = 0.0f;
}

/// Copies `rows` rows of `links` elements to the fixed distance at which tiles read them.
static void pack_rows(const float *a, long lda, long rows, long links, float *out) {
    for (long i = 0; i < rows; i++) memcpy(out + i * A_ROW, a + i * lda, (size_t)links * sizeof(float));
}

/// Bias and activation over a rectangle of C: separate operations, on values that are already rounded.
static void finish(const struct cairn_product *p, long row, long col, long rows, long cols) {
    bool relu = p->activation == CAIRN_ACTIVATION_RELU;
    if (!p->bias && !relu) return;
    for (long i = 0; i < rows; i++) {
        float *c = p->c + (row + i) * p->ldc + col;
        for (long j = 0; j < cols; j += VL) {
            long n = cols - j < VL ? cols - j : VL;
            vf v = v_load_first(c + j, n);
            if (p->bias) v = v + (p->bias_per_row ? v_all(p->bias[row + i]) : v_load_first(p->bias + col + j, n));
            if (relu) v = v_relu(v);
            v_put_first(c + j, v, n);
        }
    }
}

static void product_empty(const struct cairn_product *p) {
    for (long i = 0; i < p->m; i++)
        for (long j = 0; j < p->n; j++) p->c[i * p->ldc + j] = 0.0f;
    finish(p, 0, 0, p->m, p->n);
}

/// At most DIRECT_ROWS rows: nothing of A is packed, and B only where a vector would reach past its end.
static void product_few_rows(const struct cairn_product *p, float *panel) {
    const long wide = wide_vectors[p->m] * VL;
    for (long j = 0; j < p->n;) {
        long left = p->n - j;
        long cols = left >= wide ? wide : left < VL ? left : VL;
        for (long k = 0; k < p->k; k += CAIRN_CHAIN) {
            struct tile t = {.a = p->a + k, .a_stride = p->lda, .c = p->c + j, .c_stride = p->ldc, .cols = cols};
            t.links = p->k - k < CAIRN_CHAIN ? p->k - k : CAIRN_CHAIN;
            t.first = k == 0;
            if (cols < VL) {
                pack_panel(p->b + k * p->ldb + j, p->ldb, t.links, cols, panel);
                t.b = panel;
                t.b_stride = NR;
            } else {
                t.b = p->b + k * p->ldb + j;
                t.b_stride = p->ldb;
            }
            (cols == wide ? tiles_wide : tiles_direct)[p->m](&t);
        }
        finish(p, 0, j, p->m, cols);
        j += cols;
    }
}

/// One block of rows against one packed (or directly read) block of columns, one chunk.
static void product_block(
    const struct cairn_product *p, long row, long rows, long col, long cols, long k, long links, bool direct,
    const float *panels, float *rows_buffer) {
    const tile_function(*tiles)[MAX_ROWS + 1] = p->transpose_a ? tiles_columns : tiles_rows;
    if (!p->transpose_a) pack_rows(p->a + row * p->lda + k, p->lda, rows, links, rows_buffer);
    long count = (rows + MAX_ROWS - 1) / MAX_ROWS;
    for (long index = 0, i = 0; index < count; index++) {
        long height = (rows - i + (count - index) - 1) / (count - index);
        for (long j = 0; j < cols; j += NR) {
            long width = cols - j < NR ? cols - j : NR;
            struct tile t = {
                .a = p->transpose_a ? p->a + k * p->lda + row + i : rows_buffer + i * A_ROW,
                .a_stride = p->lda,
                .c = p->c + (row + i) * p->ldc + col + j,
                .c_stride = p->ldc,
                .links = links,
                .cols = width,
                .first = k == 0,
            };
            if (direct && width == NR) {
                t.b = p->b + k * p->ldb + col + j;
                t.b_stride = p->ldb;
            } else {
                t.b = panels + (direct ? 0 : j * links);
                t.b_stride = NR;
            }
            tiles[width > VL][height](&t);
        }
        i += height;
    }
}

static void k_product(const struct cairn_product *p) {
    if (p->m <= 0 || p->n <= 0) return;
    if (p->k <= 0) return product_empty(p);
    struct cairn_buffers buffers = cairn_thread_buffers();
    if (p->m <= DIRECT_ROWS && !p->transpose_a && !p->transpose_b) return product_few_rows(p, buffers.panels);
    bool direct = !p->transpose_b && p->n * p->k <= DIRECT_B_ELEMENTS;
    for (long col = 0; col < p->n; col += BLOCK_COLS) {
        long cols = p->n - col < BLOCK_COLS ? p->n - col : BLOCK_COLS;
        for (long k = 0; k < p->k; k += CAIRN_CHAIN) {
            long links = p->k - k < CAIRN_CHAIN ? p->k - k : CAIRN_CHAIN;
            for (long j = direct ? cols - cols % NR : 0; j < cols; j += NR) {
                long width = cols - j < NR ? cols - j : NR;
                float *out = buffers.panels + (direct ? 0 : j * links);
                if (p->transpose_b) {
                    pack_panel_transposed(p->b + (col + j) * p->ldb + k, p->ldb, links, width, out);
                } else {
                    pack_panel(p->b + k * p->ldb + col + j, p->ldb, links, width, out);
                }
            }
            for (long row = 0; row < p->m; row += BLOCK_ROWS) {
                long rows = p->m - row < BLOCK_ROWS ? p->m - row : BLOCK_ROWS;
                product_block(p, row, rows, col, cols, k, links, direct, buffers.panels, buffers.rows);
                if (k + links == p->k) finish(p, row, col, rows, cols);
            }
        }
    }
}
