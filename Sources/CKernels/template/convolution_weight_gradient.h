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
    const long size = ins * planes.channel + 4 * VL;
    float *input = cairn_thread_scratch(CAIRN_SCRATCH_PLANES, size);
    if (!conv_fills_padding(s, &planes)) memset(input, 0, (size_t)size * sizeof(float));
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
                pack_panel_transposed(from, area, n, width, NR, buffers.panels + j * CAIRN_CHAIN + filled * NR);
            }
            position += n;
            filled += n;
            done += n;
            if (filled == CAIRN_CHAIN || done == total) {
                tile_block(buffers.rows, taps, buffers.panels, filled, CAIRN_CHAIN, cols, done <= CAIRN_CHAIN, c);
                filled = 0;
            }
        }
    }
    for (long j = 0; j < cols; j++)
        for (long i = 0; i < taps; i++)
            dw[(group * out + channel + j) * links + first + i] = total ? c[i * BLOCK_COLS + j] : 0.0f;
}

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
        for (long i = 0, y = y0, x = p.position % s->out_width; i < p.count; i++) {
            offsets[at++] = (int32_t)(base + (y - y0) * s->stride_y * cols + x * s->stride_x);
            if (++x == s->out_width) {
                x = 0;
                y++;
            }
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
                    width > VL ? 2 : 1, results + (o / NR * ins + c) * kernel * NR);
        }
    }
    for (long o = 0; o < outs; o += NR)
        lanes_store(
            results + o / NR * ins * kernel * NR, ins * kernel, outs - o < NR ? outs - o : NR, NULL,
            CAIRN_ACTIVATION_NONE,
            dw + (group * (s->out_channels / s->groups) + first_out + o) * links + first_in * kernel, links);
}

static void weight_gradient_group(
    const struct cairn_convolution *s, const float *x, const float *g, float *dw, long group, long first_in, long ins,
    long first_out, long outs) {
    if (gradient_weights_uses_lanes(s)) {
        gradient_weights_lanes(s, x, g, dw, group, first_in, ins, first_out, outs);
        return;
    }
    const long kernel = s->kernel_height * s->kernel_width, end_out = first_out + outs, end = (first_in + ins) * kernel;
    for (long channel = first_out; channel < end_out; channel += BLOCK_COLS)
        for (long tap = first_in * kernel; tap < end; tap += BLOCK_ROWS)
            gradient_weights_block(
                s, x, g, dw, group, tap, end - tap < BLOCK_ROWS ? end - tap : BLOCK_ROWS, channel,
                end_out - channel < BLOCK_COLS ? end_out - channel : BLOCK_COLS);
}
