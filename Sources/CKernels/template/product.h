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

/// Transposes VL vectors in place: four by four within the blocks of four lanes, which no processor does at more than one
/// shuffle a vector, then whole blocks.
INLINE void v_transpose(vf r[VL]) {
    vf four[VL];
#pragma clang loop unroll(full)
    for (int i = 0; i < VL; i += 4) {
        const vf low = V_ONES_LOW(r[i], r[i + 1]), high = V_ONES_HIGH(r[i], r[i + 1]);
        const vf next_low = V_ONES_LOW(r[i + 2], r[i + 3]), next_high = V_ONES_HIGH(r[i + 2], r[i + 3]);
        four[i] = V_TWOS_LOW(low, next_low);
        four[i + 1] = V_TWOS_HIGH(low, next_low);
        four[i + 2] = V_TWOS_LOW(high, next_high);
        four[i + 3] = V_TWOS_HIGH(high, next_high);
    }
    // Now block b of four[4 * g + j] holds column 4 * b + j of rows 4 * g to 4 * g + 3.
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++) {
#if VL == 16
        const vf even = V_FOURS_EVEN(four[j], four[4 + j]), odd = V_FOURS_ODD(four[j], four[4 + j]);
        const vf next_even = V_FOURS_EVEN(four[8 + j], four[12 + j]), next_odd = V_FOURS_ODD(four[8 + j], four[12 + j]);
        r[j] = V_FOURS_EVEN(even, next_even);
        r[4 + j] = V_FOURS_EVEN(odd, next_odd);
        r[8 + j] = V_FOURS_ODD(even, next_even);
        r[12 + j] = V_FOURS_ODD(odd, next_odd);
#elif VL == 8
        r[j] = V_FOURS_EVEN(four[j], four[4 + j]);
        r[4 + j] = V_FOURS_ODD(four[j], four[4 + j]);
#else
        r[j] = four[j];
#endif
    }
}

/// Stores the first `n` of VL vectors, `step` elements apart.
INLINE void v_store_rows(const vf r[VL], long n, float *out, long step) {
    if (n == VL) {
#pragma clang loop unroll(full)
        for (int i = 0; i < VL; i++) v_store(out + i * step, r[i]);
    } else {
        // An index that is not constant would keep all of them in memory.
#pragma clang loop unroll(full)
        for (int i = 0; i < VL; i++)
            if (i < n) v_store(out + i * step, r[i]);
    }
}

/// The same panel from B stored [n, k], with `step` elements from link to link: `b` points at the first of `cols` rows, `ldb`
/// apart. A panel of one vector leaves the other as it is.
static void pack_panel_transposed(const float *b, long ldb, long links, long cols, long step, float *out) {
    for (long j = 0; j < cols; j += VL) {
        for (long k = 0; k < links; k += VL) {
            long n = links - k < VL ? links - k : VL;
            const float *from = b + j * ldb + k;
            vf r[VL];
            if (n == VL && j + VL <= cols) {
#pragma clang loop unroll(full)
                for (int i = 0; i < VL; i++) r[i] = v_load(from + i * ldb);
            } else {
#pragma clang loop unroll(full)
                for (int i = 0; i < VL; i++) r[i] = j + i < cols ? v_load_first(from + i * ldb, n) : v_all(0);
            }
            v_transpose(r);
            v_store_rows(r, n, out + k * step + j, step);
        }
    }
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
    const struct direct_tile *choice = tiles_direct[p->m];
    for (long j = 0; j < p->n;) {
        long left = p->n - j;
        while (choice->vectors > 1 && left < choice->vectors * VL) choice++;
        long cols = left < VL ? left : choice->vectors * VL;
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
            choice->run(&t);
        }
        finish(p, 0, j, p->m, cols);
        j += cols;
    }
}

/// The same from panels, whose last is padded: nothing is packed.
static void product_few_rows_panels(const struct cairn_product *p) {
    const struct direct_tile *choice = tiles_direct_panels[p->m];
    for (long j = 0; j < p->n;) {
        long left = p->n - j;
        while (choice->vectors > 1 && left <= (choice->vectors - 1) * VL) choice++;
        long cols = left < choice->vectors * VL ? left : choice->vectors * VL;
        for (long k = 0; k < p->k; k += CAIRN_CHAIN) {
            struct tile t = {.a = p->a + k, .a_stride = p->lda, .c = p->c + j, .c_stride = p->ldc, .cols = cols};
            t.links = p->k - k < CAIRN_CHAIN ? p->k - k : CAIRN_CHAIN;
            t.first = k == 0;
            t.b = p->b + j * p->k + k * NR;
            t.b_panel = NR * p->k;
            choice->run(&t);
        }
        finish(p, 0, j, p->m, cols);
        j += cols;
    }
}

/// Columns of one row of C that stay in the first-level cache while B streams by.
#define STREAM_COLS 2048
/// A matrix B of more elements than this is streamed when A is a single row.
#define STREAM_ELEMENTS 65536

/// One row of A against a large B: eight rows of B at a time, read from end to end.
static void product_one_row(const struct cairn_product *p, float *chain) {
    for (long col = 0; col < p->n; col += STREAM_COLS) {
        long cols = p->n - col < STREAM_COLS ? p->n - col : STREAM_COLS;
        for (long start = 0; start < p->k; start += CAIRN_CHAIN) {
            long end = p->k - start < CAIRN_CHAIN ? p->k : start + CAIRN_CHAIN;
            memset(chain, 0, (size_t)cols * sizeof(float));
            for (long k = start; k < end; k += 8) {
                long rows = end - k < 8 ? end - k : 8;
                const float *a = p->a + k, *b = p->b + k * p->ldb + col;
                long j = 0;
                if (rows == 8) {
                    for (; j + VL <= cols; j += VL) {
                        vf v = v_load(chain + j);
#pragma clang loop unroll(full)
                        for (int i = 0; i < 8; i++) v = v_fma(v_all(a[i]), v_load(b + i * p->ldb + j), v);
                        v_store(chain + j, v);
                    }
                }
                for (; j < cols; j += VL) {
                    long n = cols - j < VL ? cols - j : VL;
                    vf v = v_load_first(chain + j, n);
                    for (long i = 0; i < rows; i++) v = v_fma(v_all(a[i]), v_load_first(b + i * p->ldb + j, n), v);
                    v_store_first(chain + j, v, n);
                }
            }
            if (start == 0) each_copy(chain, p->c + col, cols);
            else pair_add(p->c + col, 1, chain, 1, p->c + col, cols);
        }
        finish(p, 0, col, 1, cols);
    }
}

/// One block of rows against one packed (or directly read) block of columns, one chunk.
static void product_block(
    const struct cairn_product *p, long row, long rows, long col, long cols, long k, long links, bool direct,
    const float *panels, long panel_links, float *rows_buffer) {
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
                t.b = panels + (direct ? 0 : j * panel_links);
                t.b_stride = NR;
            }
            tiles[width > VL][height](&t);
        }
        i += height;
    }
}

/// Packed rows times panels [cols / NR][CAIRN_CHAIN][NR], one chunk of `links`, into (or onto) C.
static void tile_block(
    const float *rows_buffer, long rows, const float *panels, long links, long cols, bool first, float *c, long ldc) {
    struct tile t = {.b_stride = NR, .c_stride = ldc, .links = links, .first = first};
    long count = (rows + MAX_ROWS - 1) / MAX_ROWS;
    for (long index = 0, i = 0; index < count; index++) {
        long height = (rows - i + (count - index) - 1) / (count - index);
        t.a = rows_buffer + i * A_ROW;
        for (long j = 0; j < cols; j += NR) {
            t.b = panels + j * CAIRN_CHAIN;
            t.c = c + i * ldc + j;
            t.cols = cols - j < NR ? cols - j : NR;
            tiles_rows[t.cols > VL][height](&t);
        }
        i += height;
    }
}

/// Panels [n / NR][k][NR] of a matrix B that many products will read.
static void k_product_pack(const float *b, long ldb, bool transposed, long n, long k, float *panels) {
    for (long col = 0; col < n; col += NR, panels += NR * k) {
        long width = n - col < NR ? n - col : NR;
        if (transposed) pack_panel_transposed(b + col * ldb, ldb, k, width, NR, panels);
        else pack_panel(b + col, ldb, k, width, panels);
    }
}

static void k_product(const struct cairn_product *p) {
    if (p->m <= 0 || p->n <= 0) return;
    if (p->k <= 0) return product_empty(p);
    const struct cairn_buffers buffers = cairn_thread_buffers();
    if (p->m <= DIRECT_ROWS && !p->transpose_a && p->packed_b) return product_few_rows_panels(p);
    const bool rowwise = !p->transpose_b && !p->packed_b;
    if (p->m == 1 && rowwise && p->n >= 8 * VL && p->n * p->k > STREAM_ELEMENTS && (!p->transpose_a || p->lda == 1))
        return product_one_row(p, buffers.panels);
    if (p->m <= DIRECT_ROWS && !p->transpose_a && rowwise) return product_few_rows(p, buffers.panels);
    const bool direct = rowwise && p->n * p->k <= DIRECT_B_ELEMENTS;
    for (long col = 0; col < p->n; col += BLOCK_COLS) {
        long cols = p->n - col < BLOCK_COLS ? p->n - col : BLOCK_COLS;
        for (long k = 0; k < p->k; k += CAIRN_CHAIN) {
            long links = p->k - k < CAIRN_CHAIN ? p->k - k : CAIRN_CHAIN;
            if (direct) {
                long whole = cols - cols % NR;
                if (whole < cols)
                    pack_panel(p->b + k * p->ldb + col + whole, p->ldb, links, cols - whole, buffers.panels);
            } else if (!p->packed_b) {
                const float *b = p->b + (p->transpose_b ? col * p->ldb + k : k * p->ldb + col);
                k_product_pack(b, p->ldb, p->transpose_b, cols, links, buffers.panels);
            }
            const float *panels = p->packed_b ? p->b + col * p->k + k * NR : buffers.panels;
            for (long row = 0; row < p->m; row += BLOCK_ROWS) {
                long rows = p->m - row < BLOCK_ROWS ? p->m - row : BLOCK_ROWS;
                product_block(
                    p, row, rows, col, cols, k, links, direct, panels, p->packed_b ? p->k : links, buffers.rows);
                if (k + links == p->k) finish(p, row, col, rows, cols);
            }
        }
    }
}
