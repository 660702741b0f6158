// The gradient of a convolution's weights: a product over all positions of all images, a chunk of them at a time. With many
// output channels lanes go along these, and tiles take the taps from the image itself. With few, and where taps are no
// neighbours, lanes go along the taps, which are gathered in panels.

/// Whether tiles can take the taps from the image itself: they are neighbours, and several.
static bool gradient_weights_uses_lanes(const struct cairn_convolution *s) {
    return s->out_channels / s->groups >= LANE_CHANNELS && s->dilation_x == 1 && s->kernel_width > 1;
}

/// A part of a chunk of positions that lies in one image.
struct chunk_part {
    long image, position, count;
    long first_row, rows;  // of the image that its windows cover
    long base;             // where they lie in a channel's strips
};

/// Cuts positions [from, from + count) of the joined images into parts and tells where each position's windows begin;
/// returns the number of parts.
static long chunk_parts(
    const struct cairn_convolution *s, long from, long count, long cols, struct chunk_part *parts, int32_t *offsets) {
    const long area = s->out_height * s->out_width;
    long n = 0, base = 0;
    for (long at = 0; at < count; n++) {
        struct chunk_part p = {.image = (from + at) / area, .position = (from + at) % area, .base = base};
        p.count = area - p.position < count - at ? area - p.position : count - at;
        const long y0 = p.position / s->out_width, y1 = (p.position + p.count - 1) / s->out_width;
        p.first_row = y0 * s->stride_y - s->pad_top;
        p.rows = (y1 - y0) * s->stride_y + (s->kernel_height - 1) * s->dilation_y + 1;
        const long end = at + p.count;
        for (long y = y0, x = p.position % s->out_width; at < end; y++, x = 0) {
            const long run = s->out_width - x < end - at ? s->out_width - x : end - at;
            const long row = base + (y - y0) * s->stride_y * cols + x * s->stride_x;
            for (long i = 0; i < run; i++) offsets[at + i] = (int32_t)(row + i * s->stride_x);
            at += run;
        }
        base += p.rows * cols;
        parts[n] = p;
    }
    return n;
}

/// Lanes along the output channels, the taps of one input channel as a grid, a chunk of positions at a time.
static void gradient_weights_lanes(
    const struct cairn_convolution *s, const float *x, const float *g, float *dw, long group, long first_in, long ins,
    long first_out, long outs) {
    const long area = s->out_height * s->out_width, total = s->batch * area;
    const long kernel = s->kernel_height * s->kernel_width, links = s->in_channels / s->groups * kernel;
    const long window = (s->out_width - 1) * s->stride_x + s->kernel_width;
    const long cols = window > s->pad_left + s->width ? window : s->pad_left + s->width;
    const long panels = (outs + NR - 1) / NR;
    float *results = cairn_thread_scratch(CAIRN_SCRATCH_RESULT, panels * ins * kernel * NR);
    float *panel = cairn_thread_buffers().panels;
    struct chunk_part parts[CAIRN_CHAIN];
    int32_t offsets[CAIRN_CHAIN];
    x += (group * (s->in_channels / s->groups) + first_in) * s->height * s->width;
    g += (group * (s->out_channels / s->groups) + first_out) * area;
    if (total == 0) memset(results, 0, (size_t)(panels * ins * kernel * NR) * sizeof(float));
    for (long from = 0; from < total; from += CAIRN_CHAIN) {
        const long count = total - from < CAIRN_CHAIN ? total - from : CAIRN_CHAIN;
        const long n = chunk_parts(s, from, count, cols, parts, offsets);
        const long channel = parts[n - 1].base + parts[n - 1].rows * cols;
        float *strip = cairn_thread_scratch(CAIRN_SCRATCH_PLANES, ins * channel + 2 * VL + s->pad_left);
        for (long c = 0; c < ins; c++)
            for (long i = 0; i < n; i++)
                strip_run(
                    x + (parts[i].image * s->in_channels + c) * s->height * s->width, s->height, s->width,
                    parts[i].first_row, parts[i].rows, s->pad_left, cols, strip + c * channel + parts[i].base);
        struct grid_tile t = {.offsets = offsets, .b = panel, .links = count, .first = from == 0};
        for (long o = 0; o < outs; o += NR) {
            const long width = outs - o < NR ? outs - o : NR;
            float *to = panel;
            for (long i = 0; i < n; to += parts[i++].count * NR)
                pack_panel_transposed(
                    g + (parts[i].image * s->out_channels + o) * area + parts[i].position, area, parts[i].count, width,
                    NR, to);
            for (long c = 0; c < ins; c++)
                lanes_tiles(
                    &t, strip + c * channel, s->dilation_y * cols, s->kernel_height, s->kernel_width,
                    width > VL ? 2 : 1, results + (o / NR * ins + c) * kernel * NR, s->kernel_width * NR);
        }
    }
    for (long o = 0; o < outs; o += NR)
        lanes_store(
            results + o / NR * ins * kernel * NR, ins * kernel, outs - o < NR ? outs - o : NR, NULL,
            CAIRN_ACTIVATION_NONE,
            dw + (group * (s->out_channels / s->groups) + first_out + o) * links + first_in * kernel, links);
}

/// The elements p[0], p[stride], ... of `n` lanes, the rest +0; reads nothing beyond them.
INLINE vf load_steps(const float *p, long stride, long n) {
    if (stride == 1) return n == VL ? v_load(p) : v_load_first(p, n);
    if (stride == 2) {
        const long low = 2 * n - 1 < VL ? 2 * n - 1 : VL, high = 2 * n - 1 - low;
        return V_EVEN(v_load_first(p, low), high > 0 ? v_load_first(p + VL, high) : v_all(0));
    }
    float lanes[VL] = {0};
    for (long i = 0; i < n; i++) lanes[i] = p[i * stride];
    return v_load(lanes);
}

/// What up to NR taps, which lie at `offset`, read at `n` neighbouring positions: a row of NR for each position.
INLINE void gather_run(const float *from, const int32_t *offset, long taps, long stride, long n, float *to) {
    for (long j = 0; j < taps; j += VL)
        for (long k = 0; k < n; k += VL) {
            const float *p = from + k * stride;
            const long lanes = n - k < VL ? n - k : VL;
            vf r[VL];
            if (lanes == VL) {
#pragma clang loop unroll(full)
                for (int i = 0; i < VL; i++) r[i] = load_steps(p + offset[j + i], stride, VL);
            } else {
#pragma clang loop unroll(full)
                for (int i = 0; i < VL; i++) r[i] = load_steps(p + offset[j + i], stride, lanes);
            }
            v_transpose(r);
            v_store_rows(r, lanes, to + k * NR + j, NR);
        }
}

/// Panels [taps / NR][CAIRN_CHAIN][NR] of what the taps [tap, tap + taps) read at `count` positions from `from` on; `x`: the
/// first image's channel that tap 0 belongs to.
static void gather_taps(
    const struct cairn_convolution *s, const float *x, long tap, long taps, long from, long count, float *panels) {
    const long kernel = s->kernel_height * s->kernel_width, plane = s->height * s->width;
    const long area = s->out_height * s->out_width, first = tap / kernel, channels = (tap + taps - 1) / kernel + 1 - first;
    const long window = (s->out_width - 1) * s->stride_x + (s->kernel_width - 1) * s->dilation_x + 1;
    // Without padding the image itself will do, and a 1x1 kernel does not see where its rows end.
    const bool plain = s->pad_top == 0 && s->pad_left == 0 && window <= s->width
        && (s->out_height - 1) * s->stride_y + (s->kernel_height - 1) * s->dilation_y < s->height;
    const long run = conv_is_product(s) ? area : s->out_width;
    const long cols = plain ? s->width : window > s->pad_left + s->width ? window : s->pad_left + s->width;
    struct chunk_part parts[CAIRN_CHAIN];
    int32_t positions[CAIRN_CHAIN];
    const long n = chunk_parts(s, from, count, cols, parts, positions);
    const long channel = plain ? plane : parts[n - 1].base + parts[n - 1].rows * cols;
    float *strip =
        plain ? NULL : cairn_thread_scratch(CAIRN_SCRATCH_PLANES, channels * channel + 2 * VL + s->pad_left);
    x += first * plane;
    for (long c = 0; c < channels && !plain; c++)
        for (long i = 0; i < n; i++)
            strip_run(
                x + parts[i].image * s->in_channels * plane + c * plane, s->height, s->width, parts[i].first_row,
                parts[i].rows, s->pad_left, cols, strip + c * channel + parts[i].base);
    long c = 0, ky = tap % kernel / s->kernel_width, kx = tap % s->kernel_width;
    for (long j = 0; j < taps; j += NR, panels += CAIRN_CHAIN * NR) {
        const long width = taps - j < NR ? taps - j : NR;
        int32_t offset[NR];
        for (long i = 0; i < width; i++) {
            offset[i] = (int32_t)(c * channel + ky * s->dilation_y * cols + kx * s->dilation_x);
            if (++kx < s->kernel_width) continue;
            kx = 0;
            if (++ky < s->kernel_height) continue;
            ky = 0;
            c++;
        }
        for (long i = width; i < NR; i++) offset[i] = offset[0];
        for (long at = 0, i = 0, end = parts[0].count; at < count;) {
            const long left = run - (from + at) % run < end - at ? run - (from + at) % run : end - at;
            const float *p = plain
                ? x + (parts[i].image * s->in_channels * s->height + parts[i].first_row) * s->width + positions[at]
                    - parts[i].base
                : strip + positions[at];
            float *to = panels + at * NR;
            if (s->stride_x == 1) gather_run(p, offset, width, 1, left, to);
            else if (s->stride_x == 2) gather_run(p, offset, width, 2, left, to);
            else gather_run(p, offset, width, s->stride_x, left, to);
            at += left;
            if (at == end && at < count) end += parts[++i].count;
        }
    }
}

/// Lanes along the taps, rows of tiles along the output channels.
static void gradient_weights_taps(
    const struct cairn_convolution *s, const float *x, const float *g, float *dw, long group, long first_in, long ins,
    long first_out, long outs) {
    const long area = s->out_height * s->out_width, total = s->batch * area;
    const long kernel = s->kernel_height * s->kernel_width, links = s->in_channels / s->groups * kernel;
    const struct cairn_buffers buffers = cairn_thread_buffers();
    x += (group * (s->in_channels / s->groups) + first_in) * s->height * s->width;
    g += (group * (s->out_channels / s->groups) + first_out) * area;
    dw += (group * (s->out_channels / s->groups) + first_out) * links + first_in * kernel;
    for (long o = 0; o < outs && total == 0; o++) memset(dw + o * links, 0, (size_t)(ins * kernel) * sizeof(float));
    for (long tap = 0; tap < ins * kernel; tap += BLOCK_COLS) {
        const long taps = ins * kernel - tap < BLOCK_COLS ? ins * kernel - tap : BLOCK_COLS;
        for (long from = 0; from < total; from += CAIRN_CHAIN) {
            const long count = total - from < CAIRN_CHAIN ? total - from : CAIRN_CHAIN;
            gather_taps(s, x, tap, taps, from, count, buffers.panels);
            for (long o = 0; o < outs; o += BLOCK_ROWS) {
                const long rows = outs - o < BLOCK_ROWS ? outs - o : BLOCK_ROWS;
                for (long at = 0; at < count;) {
                    const long image = (from + at) / area, position = (from + at) % area;
                    const long n = area - position < count - at ? area - position : count - at;
                    for (long i = 0; i < rows; i++)
                        copy_run(
                            g + (image * s->out_channels + o + i) * area + position, n, buffers.rows + i * A_ROW + at);
                    at += n;
                }
                tile_block(
                    buffers.rows, rows, buffers.panels, count, taps, from == 0, dw + o * links + tap, links);
            }
        }
    }
}

static void weight_gradient_group(
    const struct cairn_convolution *s, const float *x, const float *g, float *dw, long group, long first_in, long ins,
    long first_out, long outs) {
    if (gradient_weights_uses_lanes(s)) gradient_weights_lanes(s, x, g, dw, group, first_in, ins, first_out, outs);
    else gradient_weights_taps(s, x, g, dw, group, first_in, ins, first_out, outs);
}
