// Gradients of convolutions, over the same shifted views.

/// Appends `count` positions of an image to the chunk of unfolded taps: row i of the block is tap first + i.
static void gradient_unfold(
    const struct cairn_convolution *s, const struct planes *p, const float *input, const int32_t *offsets, long taps,
    long position, long count, float *rows, long at) {
    while (count > 0) {
        long y = position / s->out_width, x = position % s->out_width;
        long n = s->out_width - x < count ? s->out_width - x : count;
        const float *window = input + y * p->cols + x;
        for (long i = 0; i < taps; i++) {
            const float *from = window + offsets[i];
            float *to = rows + i * A_ROW + at;
            // Whole vectors: what is copied beyond `n` lies in the block's spare columns or is overwritten next.
            for (long j = 0; j < n; j += VL) v_store(to + j, v_load(from + j));
        }
        position += n;
        count -= n;
        at += n;
    }
}

/// One chunk of the product: `links` positions of `taps` taps against the output gradients in `panels`.
static void gradient_multiply(
    const struct cairn_buffers *buffers, long taps, long cols, long links, bool first, float *c) {
    long tiles = (taps + MAX_ROWS - 1) / MAX_ROWS;
    for (long index = 0, i = 0; index < tiles; index++) {
        long height = (taps - i + (tiles - index) - 1) / (tiles - index);
        for (long j = 0; j < cols; j += NR) {
            struct tile t = {.a = buffers->rows + i * A_ROW, .b = buffers->panels + j * CAIRN_CHAIN, .b_stride = NR};
            t.c = c + i * BLOCK_COLS + j;
            t.c_stride = BLOCK_COLS;
            t.links = links;
            t.cols = cols - j > VL ? NR : VL;
            t.first = first;
            tiles_rows[t.cols > VL][height](&t);
        }
        i += height;
    }
}

/// The taps [first, first + taps) of all `cols` output channels from `channel` on, in one group.
static void gradient_weights_block(
    const struct cairn_convolution *s, const float *x, const float *g, float *dw, long group, long first, long taps,
    long channel, long cols) {
    const struct planes planes = conv_planes(s);
    const struct cairn_buffers buffers = cairn_thread_buffers();
    const long area = s->out_height * s->out_width, in = s->in_channels / s->groups, out = s->out_channels / s->groups;
    const long kernel = s->kernel_height * s->kernel_width, links = in * kernel;
    const long first_in = first / kernel, ins = (first + taps - 1) / kernel - first_in + 1;
    int32_t *offsets = (int32_t *)cairn_thread_scratch(CAIRN_SCRATCH_OFFSETS, taps);
    for (long i = 0; i < taps; i++) {
        long tap = first + i, c = tap / kernel - first_in;
        long at = conv_tap(s, &planes, tap % kernel / s->kernel_width, tap % s->kernel_width);
        offsets[i] = (int32_t)(c * planes.channel + at);
    }
    float *input = cairn_thread_scratch(CAIRN_SCRATCH_PLANES, ins * planes.channel + 2 * VL);
    float *c = cairn_thread_scratch(CAIRN_SCRATCH_RESULT, taps * BLOCK_COLS);
    const long total = s->batch * area;
    long filled = 0, done = 0;
    for (long image = 0; image < s->batch; image++) {
        for (long i = 0; i < ins; i++) {
            long from = image * s->in_channels + group * in + first_in + i;
            conv_fill(s, &planes, x + from * s->height * s->width, input + i * planes.channel);
        }
        for (long position = 0; position < area;) {
            long n = CAIRN_CHAIN - filled < area - position ? CAIRN_CHAIN - filled : area - position;
            gradient_unfold(s, &planes, input, offsets, taps, position, n, buffers.rows, filled);
            for (long j = 0; j < cols; j += NR) {
                long width = cols - j < NR ? cols - j : NR;
                const float *from = g + (image * s->out_channels + group * out + channel + j) * area + position;
                pack_panel_transposed(from, area, n, width, buffers.panels + j * CAIRN_CHAIN + filled * NR);
            }
            position += n;
            filled += n;
            done += n;
            if (filled == CAIRN_CHAIN || done == total) {
                gradient_multiply(&buffers, taps, cols, filled, done <= CAIRN_CHAIN, c);
                filled = 0;
            }
        }
    }
    for (long j = 0; j < cols; j++)
        for (long i = 0; i < taps; i++)
            dw[(group * out + channel + j) * links + first + i] = total ? c[i * BLOCK_COLS + j] : 0.0f;
}

static void k_convolve_weight_gradient(
    const struct cairn_convolution *s, const float *x, const float *g, float *dw, long first_group, long groups,
    long first_tap, long taps) {
    const long out = s->out_channels / s->groups;
    for (long group = first_group; group < first_group + groups; group++)
        for (long channel = 0; channel < out; channel += BLOCK_COLS)
            for (long tap = first_tap; tap < first_tap + taps; tap += BLOCK_ROWS) {
                long end = first_tap + taps;
                gradient_weights_block(
                    s, x, g, dw, group, tap, end - tap < BLOCK_ROWS ? end - tap : BLOCK_ROWS, channel,
                    out - channel < BLOCK_COLS ? out - channel : BLOCK_COLS);
            }
}

/// The weights as [group][ky, kx][out][in]: what the gradient of the input multiplies by.
static void k_convolve_turn_weights(const struct cairn_convolution *s, const float *w, float *turned) {
    const long in = s->in_channels / s->groups, out = s->out_channels / s->groups;
    const long kernel = s->kernel_height * s->kernel_width;
    for (long group = 0; group < s->groups; group++)
        for (long o = 0; o < out; o++)
            for (long c = 0; c < in; c++)
                for (long k = 0; k < kernel; k++)
                    turned[((group * kernel + k) * out + o) * in + c] = w[((group * out + o) * in + c) * kernel + k];
}

INLINE long floor_divide(long a, long b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

/// The margins around an output gradient within which every tap of every input position falls.
struct margins {
    long top, left, rows, cols;
};

static struct margins gradient_margins(const struct cairn_convolution *s) {
    struct margins m;
    m.top = -floor_divide(s->pad_top - (s->kernel_height - 1) * s->dilation_y, s->stride_y);
    m.left = -floor_divide(s->pad_left - (s->kernel_width - 1) * s->dilation_x, s->stride_x);
    m.top = m.top > 0 ? m.top : 0;
    m.left = m.left > 0 ? m.left : 0;
    long last_y = (s->height - 1 + s->pad_top) / s->stride_y, last_x = (s->width - 1 + s->pad_left) / s->stride_x;
    m.rows = m.top + (last_y + 1 > s->out_height ? last_y + 1 : s->out_height);
    m.cols = m.left + (last_x + 1 > s->out_width ? last_x + 1 : s->out_width);
    return m;
}

/// Input positions (y0 + i * stride_y, x0 + j * stride_x) of some channels of one image and group.
static void gradient_input_phase(
    const struct cairn_convolution *s, const struct margins *m, const float *turned, const float *padded, long y0,
    long x0, long channel, long channels, float *dx) {
    const long in = s->in_channels / s->groups, out = s->out_channels / s->groups;
    const long rows = (s->height - y0 + s->stride_y - 1) / s->stride_y;
    const long cols = (s->width - x0 + s->stride_x - 1) / s->stride_x;
    const long flat = (rows - 1) * m->cols + cols, plane = m->rows * m->cols;
    float *const sums = cairn_thread_buffers().panels;
    float *const part = cairn_thread_scratch(CAIRN_SCRATCH_RESULT, MAX_ROWS * NR);
    for (long from = 0; from < flat; from += BLOCK_COLS) {
        long count = flat - from < BLOCK_COLS ? flat - from : BLOCK_COLS;
        memset(sums, 0, (size_t)channels * BLOCK_COLS * sizeof(float));
        for (long k = 0; k < s->kernel_height * s->kernel_width; k++) {
            long y = y0 + s->pad_top - k / s->kernel_width * s->dilation_y;
            long x = x0 + s->pad_left - k % s->kernel_width * s->dilation_x;
            if (y - floor_divide(y, s->stride_y) * s->stride_y != 0) continue;
            if (x - floor_divide(x, s->stride_x) * s->stride_x != 0) continue;
            const float *window = padded + (floor_divide(y, s->stride_y) + m->top) * m->cols
                + floor_divide(x, s->stride_x) + m->left + from;
            const float *weights = turned + k * out * in + channel;
            struct tile t = {.a_stride = in, .b_stride = plane};
            long tiles = (channels + MAX_ROWS - 1) / MAX_ROWS;
            for (long j = 0; j < count; j += NR) {
                t.cols = count - j > VL ? NR : VL;
                for (long index = 0, i = 0; index < tiles; index++) {
                    long height = (channels - i + (tiles - index) - 1) / (tiles - index);
                    float *sum = sums + i * BLOCK_COLS + j;
                    // One chunk adds itself to the sum; several are first added to each other.
                    bool whole = out <= CAIRN_CHAIN;
                    t.c = whole ? sum : part;
                    t.c_stride = whole ? BLOCK_COLS : NR;
                    for (long o = 0; o < out; o += CAIRN_CHAIN) {
                        t.a = weights + o * in + i;
                        t.b = window + j + o * plane;
                        t.links = out - o < CAIRN_CHAIN ? out - o : CAIRN_CHAIN;
                        t.first = !whole && o == 0;
                        tiles_columns[t.cols > VL][height](&t);
                    }
                    if (!whole)
                        for (long r = 0; r < height; r++)
                            pair_add(sum + r * BLOCK_COLS, 1, part + r * NR, 1, sum + r * BLOCK_COLS, t.cols);
                    i += height;
                }
            }
        }
        for (long i = 0; i < channels; i++) {
            const float *sum = sums + i * BLOCK_COLS;
            float *image = dx + i * s->height * s->width;
            for (long at = 0; at < count;) {
                long row = (from + at) / m->cols, col = (from + at) % m->cols;
                long left = m->cols - col < count - at ? m->cols - col : count - at;
                long n = col >= cols ? 0 : cols - col < left ? cols - col : left;
                float *target = image + (y0 + row * s->stride_y) * s->width + x0 + col * s->stride_x;
                if (s->stride_x == 1) memcpy(target, sum + at, (size_t)n * sizeof(float));
                else
                    for (long j = 0; j < n; j++) target[j * s->stride_x] = sum[at + j];
                at += left;
            }
        }
    }
}

/// `turned` must be finite: a tap that meets no output is multiplied by +0 here, where the definition leaves it out.
static void k_convolve_input_gradient(
    const struct cairn_convolution *s, const float *turned, const float *g, float *dx, long first_image, long images,
    long group, long first_channel, long channels) {
    const long in = s->in_channels / s->groups, out = s->out_channels / s->groups;
    const long kernel = s->kernel_height * s->kernel_width, area = s->out_height * s->out_width;
    const struct margins m = gradient_margins(s);
    const long plane = m.rows * m.cols;
    float *padded = cairn_thread_scratch(CAIRN_SCRATCH_PLANES, out * plane + 2 * NR);
    for (long image = first_image; image < first_image + images; image++) {
        memset(padded, 0, (size_t)(out * plane) * sizeof(float));
        for (long o = 0; o < out; o++)
            for (long y = 0; y < s->out_height; y++)
                memcpy(
                    padded + o * plane + (y + m.top) * m.cols + m.left,
                    g + (image * s->out_channels + group * out + o) * area + y * s->out_width,
                    (size_t)s->out_width * sizeof(float));
        for (long c = first_channel; c < first_channel + channels; c += BLOCK_ROWS) {
            long n = first_channel + channels - c < BLOCK_ROWS ? first_channel + channels - c : BLOCK_ROWS;
            float *target = dx + (image * s->in_channels + group * in + c) * s->height * s->width;
            for (long y0 = 0; y0 < s->stride_y && y0 < s->height; y0++)
                for (long x0 = 0; x0 < s->stride_x && x0 < s->width; x0++)
                    gradient_input_phase(
                        s, &m, turned + group * kernel * out * in, padded, y0, x0, c, n, target);
        }
    }
}
