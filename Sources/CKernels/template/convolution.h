// Convolutions as tiles over shifted views, without an unfolded copy of the input.
//
// The padded input is laid out in planes in which a step of the kernel's stride is a step of one (stride 2 makes four
// planes per channel). Then every link of the product reads the same window of a plane at another offset, and a tile runs over
// the flattened window, rows and the few junk columns between them alike; junk is dropped when C is copied out.

/// Distances inside the padded input of one image and one group.
struct planes {
    long rows, cols;  // of one plane
    long plane;       // elements of one plane
    long channel;     // elements of all the planes of one channel
};

static struct planes conv_planes(const struct cairn_convolution *s) {
    struct planes p;
    // The last row that any tap of any output reads, counted in steps of the stride.
    p.rows = s->out_height + (s->kernel_height - 1) * s->dilation_y / s->stride_y + 1;
    p.cols = s->out_width + (s->kernel_width - 1) * s->dilation_x / s->stride_x + 1;
    if (s->stride_y == 1) p.rows = s->out_height + (s->kernel_height - 1) * s->dilation_y;
    if (s->stride_x == 1) p.cols = s->out_width + (s->kernel_width - 1) * s->dilation_x;
    p.plane = p.rows * p.cols;
    p.channel = p.plane * s->stride_y * s->stride_x;
    return p;
}

/// Where tap (ky, kx) of output (0, 0) lies in its channel.
static long conv_tap(const struct cairn_convolution *s, const struct planes *p, long ky, long kx) {
    long y = ky * s->dilation_y, x = kx * s->dilation_x;
    long phase = (y % s->stride_y) * s->stride_x + x % s->stride_x;
    return phase * p->plane + (y / s->stride_y) * p->cols + x / s->stride_x;
}

/// Copies `n` neighbours, in vectors.
INLINE void copy_run(const float *from, long n, float *to) {
    long j = 0;
    for (; j + VL <= n; j += VL) v_store(to + j, v_load(from + j));
    if (j < n) v_store_first(to + j, v_load_first(from + j, n - j), n - j);
}

/// +0 in `n` elements, and up to a vector behind them.
INLINE void zero_run(float *to, long n) {
    for (long j = 0; j < n; j += VL) v_store(to + j, v_all(0));
}

/// Whether conv_fill writes the padding, too: it does where a row of a plane fits one vector.
static bool conv_fills_padding(const struct cairn_convolution *s, const struct planes *p) {
    return s->stride_y == 1 && s->stride_x == 1 && p->cols <= VL && s->pad_left + s->width <= p->cols
        && s->pad_top + s->height <= p->rows;
}

/// Fills the planes of one channel from one image plane. Unless conv_fills_padding, the padding, +0, is there already; if
/// so, it writes +0 into up to a vector behind the channel as well, so channels are filled in their order.
static void conv_fill(const struct cairn_convolution *s, const struct planes *p, const float *x, float *out) {
    if (conv_fills_padding(s, p)) {
        const long left = s->pad_left, last = left + s->width;
        zero_run(out, s->pad_top * p->cols);
        out += s->pad_top * p->cols;
        for (long y = 0; y < s->height; y++, x += s->width, out += p->cols)
            v_store(out, v_load_lanes(x - left, left, last));
        zero_run(out, (p->rows - s->pad_top - s->height) * p->cols);
        return;
    }
    if (s->stride_y == 1 && s->stride_x == 1) {
        long rows = s->height < p->rows - s->pad_top ? s->height : p->rows - s->pad_top;
        long cols = s->width < p->cols - s->pad_left ? s->width : p->cols - s->pad_left;
        out += s->pad_top * p->cols;
        out += s->pad_left;
        for (long y = 0; y < rows; y++, x += s->width, out += p->cols) copy_run(x, cols, out);
        return;
    }
    for (long y = 0; y < s->height; y++, x += s->width) {
        long r = (y + s->pad_top) / s->stride_y, py = (y + s->pad_top) % s->stride_y;
        if (r >= p->rows) continue;
        for (long px = 0; px < s->stride_x; px++) {
            float *row = out + (py * s->stride_x + px) * p->plane + r * p->cols;
            // Column c of the plane is column c * stride + px - pad of the image.
            long first = s->pad_left > px ? (s->pad_left - px + s->stride_x - 1) / s->stride_x : 0;
            long last = (s->width - 1 + s->pad_left - px) / s->stride_x;
            if (s->width - 1 + s->pad_left < px) continue;
            if (last > p->cols - 1) last = p->cols - 1;
            const float *from = x + first * s->stride_x + px - s->pad_left;
            for (long c = first; c <= last; c++, from += s->stride_x) row[c] = *from;
        }
    }
}

/// Bias and activation on `n` computed elements, on their way to y.
INLINE void conv_finish(const float *c, long n, float bias, bool biased, int activation, float *y) {
    for (long j = 0; j < n; j += VL) {
        long m = n - j < VL ? n - j : VL;
        vf v = m == VL ? v_load(c + j) : v_load_first(c + j, m);
        if (biased) v = v + v_all(bias);
        if (activation == CAIRN_ACTIVATION_RELU) v = v_relu(v);
        if (m == VL) v_put(y + j, v);
        else v_put_first(y + j, v, m);
    }
}

/// A 1x1 convolution without padding is a product of whole planes.
static bool conv_is_product(const struct cairn_convolution *s) {
    return s->kernel_height == 1 && s->kernel_width == 1 && s->stride_y == 1 && s->stride_x == 1 && s->pad_top == 0
        && s->pad_left == 0 && s->out_height == s->height && s->out_width == s->width;
}

/// What one piece of a convolution works on: some output channels of one group of some images.
struct conv_piece {
    const struct cairn_convolution *s;
    const float *x;  // the group's first channel of the first image
    const float *w, *bias;
    float *y;  // the first output channel of the first image
    int activation;
    long images, channels;
};

/// Offsets of all links of one output in the padded planes of an image.
static int32_t *conv_offsets(const struct cairn_convolution *s, const struct planes *p) {
    const long in = s->in_channels / s->groups;
    int32_t *offsets =
        (int32_t *)cairn_thread_scratch(CAIRN_SCRATCH_OFFSETS, in * s->kernel_height * s->kernel_width);
    long k = 0;
    for (long c = 0; c < in; c++)
        for (long ky = 0; ky < s->kernel_height; ky++)
            for (long kx = 0; kx < s->kernel_width; kx++)
                offsets[k++] = (int32_t)(c * p->channel + conv_tap(s, p, ky, kx));
    return offsets;
}

/// Whether the planes of an image are the image itself: nothing is padded and no step is longer than one.
static bool conv_is_plain(const struct cairn_convolution *s, const struct planes *p) {
    return s->stride_y == 1 && s->stride_x == 1 && s->pad_top == 0 && s->pad_left == 0 && p->rows == s->height
        && p->cols == s->width;
}

/// Few output channels: tiles read the planes themselves, junk columns included.
static void conv_direct(const struct conv_piece *piece) {
    const struct cairn_convolution *s = piece->s;
    const long area = s->out_height * s->out_width, in = s->in_channels / s->groups, rows = piece->channels;
    const long links = in * s->kernel_height * s->kernel_width;
    const struct planes planes = conv_planes(s);
    const struct cairn_buffers buffers = cairn_thread_buffers();
    const int32_t *offsets = conv_offsets(s, &planes);
    const long size = in * planes.channel + 8 * VL;
    float *input = cairn_thread_scratch(CAIRN_SCRATCH_PLANES, size);
    const bool plain = conv_is_plain(s, &planes);
    if (!plain && !conv_fills_padding(s, &planes)) memset(input, 0, (size_t)size * sizeof(float));
    const long flat = (s->out_height - 1) * planes.cols + s->out_width;
    for (long image = 0; image < piece->images; image++) {
        const float *x = piece->x + image * s->in_channels * s->height * s->width;
        float *y = piece->y + image * s->out_channels * area;
        const float *source = x;
        // Tiles read a little beyond the window: in the last image of a piece that might be beyond the tensor.
        if (!plain || image + 1 == piece->images) {
            for (long c = 0; c < in; c++)
                conv_fill(s, &planes, x + c * s->height * s->width, input + c * planes.channel);
            source = input;
        }
        for (long from = 0; from < flat; from += BLOCK_COLS) {
            long count = flat - from < BLOCK_COLS ? flat - from : BLOCK_COLS;
            for (long start = 0; start < links; start += CAIRN_CHAIN) {
                long n = links - start < CAIRN_CHAIN ? links - start : CAIRN_CHAIN;
                if (links > CAIRN_CHAIN || (from == 0 && image == 0))
                    pack_rows(piece->w + start, links, rows, n, buffers.rows);
                struct tile t = {.c_stride = BLOCK_COLS, .links = n, .first = start == 0};
                t.offsets = offsets + start;
                for (long j = 0; j < count; j += t.cols) {
                    t.cols = rows == 1 && count - j > 4 * VL ? 8 * VL : count - j > VL ? NR : VL;
                    t.b = source + from + j;
                    long tiles = (rows + MAX_ROWS - 1) / MAX_ROWS;
                    for (long index = 0, i = 0; index < tiles; index++) {
                        long height = (rows - i + (tiles - index) - 1) / (tiles - index);
                        t.a = buffers.rows + i * A_ROW;
                        t.c = buffers.panels + i * BLOCK_COLS + j;
                        if (t.cols == 8 * VL) tile_A_ROWS_B_OFFSETS_1_8(&t);
                        else tiles_offsets[t.cols > VL][height](&t);
                        i += height;
                    }
                }
            }
            for (long i = 0; i < rows; i++) {
                const float *c = buffers.panels + i * BLOCK_COLS;
                for (long at = 0; at < count;) {
                    long row = (from + at) / planes.cols, col = (from + at) % planes.cols;
                    long left = planes.cols - col < count - at ? planes.cols - col : count - at;
                    long n = col >= s->out_width ? 0 : s->out_width - col < left ? s->out_width - col : left;
                    conv_finish(
                        c + at, n, piece->bias ? piece->bias[i] : 0.0f, piece->bias != NULL, piece->activation,
                        y + i * area + row * s->out_width + col);
                    at += left;
                }
            }
        }
    }
}
