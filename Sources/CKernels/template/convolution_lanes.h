// Convolutions with a vector's lanes along the output channels. Tiles read the padded image element by element where it lies,
// whatever the kernel, the dilation and the width of the image: nothing is unfolded. The weights lie in panels
// [channels / NR][links][NR], arranged once for each call or once for all; results are turned back at the end.

/// Output channels of a group from which lanes along them pay.
#define LANE_CHANNELS (VL == 16 ? 12 : VL + 1)
/// Elements of one block of results.
#define LANE_RESULTS 32768

/// The padded rows that a block of outputs reads. Columns are sorted by their remainder modulo the stride, so that outputs
/// that are neighbours read neighbours.
struct strip {
    long cols;     // of one remainder
    long row;      // distance of rows
    long rows;     // at most
    long channel;  // distance of channels
    bool plain;    // the image itself will do
};

static struct strip strip_of(const struct cairn_convolution *s, long out_rows) {
    struct strip p;
    p.plain = s->stride_x == 1 && s->pad_top == 0 && s->pad_left == 0
        && (s->out_height - 1) * s->stride_y + (s->kernel_height - 1) * s->dilation_y < s->height
        && s->out_width + (s->kernel_width - 1) * s->dilation_x <= s->width;
    p.cols = s->out_width + (s->kernel_width - 1) * s->dilation_x / s->stride_x;
    p.row = p.plain ? s->width : p.cols * s->stride_x;
    p.rows = (out_rows - 1) * s->stride_y + (s->kernel_height - 1) * s->dilation_y + 1;
    p.channel = p.plain ? s->height * s->width : p.rows * p.row;
    return p;
}

/// The lanes of x[0 ..< VL] that lie in [0, width) when x is element `at` of a row, the rest +0.
INLINE vf row_lanes(const float *row, long at, long width) {
    if (at >= 0 && at + VL <= width) return v_load(row + at);
    long first = at < 0 ? -at : 0, last = width - at < VL ? width - at : VL;
    return first < last ? v_load_lanes(row + at, first, last) : v_all(0);
}

/// One row, sorted by remainders: element c of remainder r is x[c * stride + r - left], +0 outside. Writes up to a vector and a
/// left margin too much. The same row of the next channel, `next` elements on, is fetched ahead.
static void strip_row(const float *x, long width, long left, long stride, long cols, long next, float *to) {
    if (stride == 2) {
        for (long r = 0; r < 2; r++, to += cols) {
            const bool odd = (left + r) % 2 == 1;
            long c = (left + 1 - r) / 2, at = 0;
            zero_run(to, c);
            __builtin_prefetch(x + next + r * VL);
            for (; at + 2 * VL <= width && c < cols; c += VL, at += 2 * VL) {
                const vf low = v_load(x + at), high = v_load(x + at + VL);
                v_store(to + c, odd ? V_ODD(low, high) : V_EVEN(low, high));
            }
            if (at < width && c < cols) {
                const vf low = row_lanes(x, at, width), high = row_lanes(x, at + VL, width);
                v_store(to + c, odd ? V_ODD(low, high) : V_EVEN(low, high));
                c += VL;
            }
            for (; c < cols; c += VL) v_store(to + c, v_all(0));
        }
        return;
    }
    for (long r = 0; r < stride; r++)
        for (long c = 0, at = r - left; c < cols; c++, at += stride)
            to[r * cols + c] = at >= 0 && at < width ? x[at] : 0.0f;
}

/// Whether some tap along one axis falls on positions with this remainder.
INLINE bool taps_meet(long kernel, long dilation, long stride, long remainder) {
    for (long k = 0; k < kernel; k++)
        if (k * dilation % stride == remainder) return true;
    return false;
}

/// Rows [first, first + rows) of one channel, each with `left` zeros before it and as many behind it as make `cols`: one run,
/// since what follows a row is its right margin and the next row's left one. Writes up to two vectors and a left margin
/// too much.
static void strip_run(
    const float *x, long height, long width, long first, long rows, long left, long cols, float *to) {
    const long above = first >= 0 ? 0 : -first < rows ? -first : rows;
    const long last = height - first < rows ? height - first : rows, inside = last > above ? last - above : 0;
    const long next = height * width;
    zero_run(to, above * cols + left);
    to += above * cols + left;
    x += (first + above) * width;
    for (long r = 0; r < inside; r++, x += width, to += cols) {
        long c = 0;
        for (; c + VL <= width; c += VL) {
            __builtin_prefetch(x + next + c);
            v_store(to + c, v_load(x + c));
        }
        __builtin_prefetch(x + next + c);
        v_store(to + c, v_load_first(x + c, width - c));
        for (c += VL; c < cols; c += VL) v_store(to + c, v_all(0));
    }
    if (above + inside < rows) zero_run(to, (rows - above - inside) * cols);
}

/// The rows of one channel from output row `y` on.
static void strip_fill(
    const struct cairn_convolution *s, const struct strip *p, const float *x, long y, long out_rows, float *to) {
    const long first = y * s->stride_y - s->pad_top;
    const long rows = (out_rows - 1) * s->stride_y + (s->kernel_height - 1) * s->dilation_y + 1;
    if (s->stride_y == 1 && s->stride_x == 1) {
        strip_run(x, s->height, s->width, first, rows, s->pad_left, p->cols, to);
        return;
    }
    const bool dense = s->dilation_y == 1 && s->kernel_height >= s->stride_y;
    for (long r = 0; r < rows; r++, to += p->row) {
        if (!dense && !taps_meet(s->kernel_height, s->dilation_y, s->stride_y, r % s->stride_y)) continue;
        const bool inside = first + r >= 0 && first + r < s->height;
        if (inside)
            strip_row(x + (first + r) * s->width, s->width, s->pad_left, s->stride_x, p->cols, s->height * s->width, to);
        else zero_run(to, p->row);
    }
}

/// Turns results [positions][NR] of up to NR channels into planes, with bias and activation on the way.
static void lanes_store(
    const float *c, long positions, long channels, const float *bias, int activation, float *y, long plane) {
    for (long at = 0; at < channels; at += VL) {
        const long width = channels - at < VL ? channels - at : VL;
        const vf offset = bias ? v_load_first(bias + at, width) : v_all(0);
        for (long i = 0; i < positions; i += VL) {
            const long n = positions - i < VL ? positions - i : VL;
            vf r[VL];
            for (int j = 0; j < VL; j++) r[j] = v_load(c + (j < n ? i + j : i) * NR + at);
            if (bias)
                for (int j = 0; j < VL; j++) r[j] = r[j] + offset;
            if (activation == CAIRN_ACTIVATION_RELU)
                for (int j = 0; j < VL; j++) r[j] = v_relu(r[j]);
            float *to = y + at * plane + i;
            v_transpose(r);
            if (n == VL && width == VL) {
#pragma clang loop unroll(full)
                for (int j = 0; j < VL; j++) v_put(to + j * plane, r[j]);
            } else {
#pragma clang loop unroll(full)
                for (int j = 0; j < VL; j++)
                    if (j < width) v_put_first(to + j * plane, r[j], n);
            }
        }
    }
}

/// All tiles of `rows` rows of outputs of one panel, one chunk; `c_row` between rows of C.
static void lanes_tiles(
    struct grid_tile *t, const float *a, long a_row, long rows, long width, long vectors, float *c, long c_row) {
    // As few tiles a row as possible, then as many rows a tile as fit; where that leaves four columns or fewer, too few chains
    // to keep the multipliers busy, two rows of narrower tiles.
    const int wide = (int)width, high = (int)rows;
    int across = (wide + MAX_ROWS - 1) / MAX_ROWS;
    if (wide > MAX_ROWS && wide <= 4 * across) across = (wide + grid_cols(2, vectors) - 1) / grid_cols(2, vectors);
    const int narrow = wide / across, wider = wide % across;
    int most = GRID_ROWS;
    while (grid_cols(most, vectors) < narrow + (wider > 0)) most--;
    const int down = (high + most - 1) / most, low = high / down, higher = high % down;
    t->a_row = a_row;
    t->c_row = c_row;
    for (int row = 0; row < down; row++) {
        const int height = low + (row < higher);
        t->a = a;
        t->c = c;
        for (int col = 0; col < across; col++) {
            const int cols = narrow + (col < wider);
            grid_of(height, cols, vectors)(t);
            t->a += cols;
            t->c += cols * NR;
        }
        a += height * a_row;
        c += height * c_row;
    }
}

static bool conv_uses_lanes(const struct cairn_convolution *s) {
    return s->out_channels / s->groups >= LANE_CHANNELS;
}

static long k_convolve_packed_count(const struct cairn_convolution *s) {
    if (!conv_uses_lanes(s)) return 0;
    const long out = s->out_channels / s->groups, links = s->in_channels / s->groups * s->kernel_height * s->kernel_width;
    return s->groups * ((out + NR - 1) / NR) * NR * links;
}

static void k_convolve_pack(
    const struct cairn_convolution *s, const float *w, float *packed, long first_channel, long channels) {
    const long out = s->out_channels / s->groups, links = s->in_channels / s->groups * s->kernel_height * s->kernel_width;
    const long padded = (out + NR - 1) / NR * NR, end = first_channel + channels;
    for (long c = first_channel, width; c < end; c += width) {
        width = out - c % out < NR ? out - c % out : NR;
        if (width > end - c) width = end - c;
        pack_panel_transposed(w + c * links, links, links, width, NR, packed + (c / out * padded + c % out) * links);
    }
}

/// `packed`: the panels from the piece's first channel on.
static void conv_lanes(const struct conv_piece *piece, const float *packed) {
    const struct cairn_convolution *s = piece->s;
    const long in = s->in_channels / s->groups, kernel = s->kernel_height * s->kernel_width, links = in * kernel;
    const long width = s->out_width, area = s->out_height * width, channels = piece->channels;
    const long padded = (channels + NR - 1) / NR * NR;
    // A block of results: some rows of an image, or some images.
    const long most = LANE_RESULTS / padded > 8 * MAX_ROWS ? LANE_RESULTS / padded : 8 * MAX_ROWS;
    const long block_rows = area <= most ? s->out_height : most / width > 1 ? most / width : 1;
    const long joined = area >= most ? 1 : most / area < piece->images ? most / area : piece->images;
    const struct strip p = strip_of(s, block_rows);
    const long image_size = p.plain ? s->in_channels * s->height * s->width : in * p.channel;
    float *strip = p.plain ? NULL : cairn_thread_scratch(CAIRN_SCRATCH_PLANES, joined * image_size + 2 * VL + s->pad_left);
    float *results = cairn_thread_scratch(CAIRN_SCRATCH_RESULT, joined * block_rows * width * padded);
    int32_t *offsets = (int32_t *)cairn_thread_scratch(CAIRN_SCRATCH_OFFSETS, links);
    for (long k = 0; k < links; k++) {
        long x = k % s->kernel_width * s->dilation_x, y = k / s->kernel_width % s->kernel_height * s->dilation_y;
        offsets[k] = (int32_t)(k / kernel * p.channel + y * p.row + x % s->stride_x * p.cols + x / s->stride_x);
    }
    for (long image = 0; image < piece->images; image += joined) {
        const long images = piece->images - image < joined ? piece->images - image : joined;
        for (long y = 0; y < s->out_height; y += block_rows) {
            const long rows = s->out_height - y < block_rows ? s->out_height - y : block_rows;
            const float *x = piece->x + image * s->in_channels * s->height * s->width;
            if (!p.plain)
                for (long i = 0; i < images; i++)
                    for (long c = 0; c < in; c++)
                        strip_fill(
                            s, &p, x + (i * s->in_channels + c) * s->height * s->width, y, rows,
                            strip + i * image_size + c * p.channel);
            const float *a = p.plain ? x + y * s->stride_y * p.row : strip;
            const long size = rows * width * NR;
            for (long start = 0; start < links; start += CAIRN_CHAIN) {
                struct grid_tile t = {.first = start == 0, .offsets = offsets + start};
                t.links = links - start < CAIRN_CHAIN ? links - start : CAIRN_CHAIN;
                for (long c = 0; c < channels; c += NR) {
                    t.b = packed + c * links + start * NR;
                    for (long i = 0; i < images; i++)
                        lanes_tiles(
                            &t, a + i * image_size, s->stride_y * p.row, rows, width, channels - c > VL ? 2 : 1,
                            results + (c / NR * images + i) * size, width * NR);
                }
            }
            for (long c = 0; c < channels; c += NR)
                for (long i = 0; i < images; i++)
                    lanes_store(
                        results + (c / NR * images + i) * size, rows * width, channels - c < NR ? channels - c : NR,
                        piece->bias ? piece->bias + c : NULL, piece->activation,
                        piece->y + ((image + i) * s->out_channels + c) * area + y * width, area);
        }
    }
}
