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
