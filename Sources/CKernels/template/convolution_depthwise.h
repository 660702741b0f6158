// Depthwise convolutions: every group has one input channel and one output channel. Lanes go along the image's rows; in the
// gradient of the weights, whose chains run over positions, along the channels.

static bool conv_is_depthwise(const struct cairn_convolution *s) {
    return s->in_channels == s->groups && s->out_channels == s->groups && s->kernel_height * s->kernel_width <= CAIRN_CHAIN;
}

/// Rows of one plane that are computed at a time.
#define DEPTH_ROWS 4

/// DEPTH_ROWS vectors, `step` apart in the strip: a chain over the taps, or a sum of products.
INLINE void depth_chains(
    const int ROWS, const bool SUM, const float *from, long step, const float *w, const int32_t *tap,
    const int32_t *offsets, long taps, vf acc[DEPTH_ROWS]) {
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) acc[r] = v_all(0);
    for (long k = 0; k < taps; k++) {
        const vf weight = v_all(w[SUM ? tap[k] : k]);
        const float *p = from + offsets[k];
#pragma clang loop unroll(full)
        for (int r = 0; r < ROWS; r++, p += step) {
            if (SUM) acc[r] = acc[r] + weight * v_load(p);
            else acc[r] = v_fma(weight, v_load(p), acc[r]);
        }
    }
}

/// One plane of results from one strip.
static void depth_plane(
    const struct cairn_convolution *s, const struct strip *p, const float *strip, const float *w,
    const int32_t *offsets, const float *bias, int activation, float *y) {
    const long taps = s->kernel_height * s->kernel_width, step = s->stride_y * p->row, width = s->out_width;
    for (long row = 0; row < s->out_height; row += DEPTH_ROWS) {
        const long rows = s->out_height - row < DEPTH_ROWS ? s->out_height - row : DEPTH_ROWS;
        for (long x = 0; x < width; x += VL) {
            const float *from = strip + row * step + x;
            float *to = y + row * width + x;
            vf acc[DEPTH_ROWS];
            if (rows == DEPTH_ROWS) depth_chains(DEPTH_ROWS, false, from, step, w, NULL, offsets, taps, acc);
            else
                for (long r = 0; r < rows; r++)
                    depth_chains(1, false, from + r * step, step, w, NULL, offsets, taps, acc + r);
            for (long r = 0; r < rows; r++, to += width) {
                vf v = acc[r];
                if (bias) v = v + v_all(*bias);
                if (activation == CAIRN_ACTIVATION_RELU) v = v_relu(v);
                if (x + VL <= width) v_put(to, v);
                else v_put_first(to, v, width - x);
            }
        }
    }
}

/// Every second element of a row of `width`, from the first or from the second on: `n` of them, and nothing else is written.
INLINE void every_second(const float *x, long width, bool odd, long n, float *to) {
    for (long j = 0; j < n; j += VL, x += 2 * VL) {
        const long left = width - 2 * j;
        const vf low = left >= VL ? v_load(x) : v_load_first(x, left);
        const vf high = left >= 2 * VL ? v_load(x + VL) : left > VL ? v_load_first(x + VL, left - VL) : v_all(0);
        const vf v = odd ? V_ODD(low, high) : V_EVEN(low, high);
        if (j + VL <= n) v_store(to + j, v);
        else v_store_first(to + j, v, n - j);
    }
}

/// The strip of one plane at a stride of two along the rows, whose margins hold +0 already.
static void depth_fill(const struct cairn_convolution *s, const struct strip *p, const float *x, float *strip) {
    const long rows = p->rows - s->pad_top < s->height ? p->rows - s->pad_top : s->height, left = s->pad_left;
    // Where the first and the second element of a row lie, and how many columns there are from there.
    float *even = strip + s->pad_top * p->row + left % 2 * p->cols + left / 2;
    float *odd = strip + s->pad_top * p->row + (left + 1) % 2 * p->cols + (left + 1) / 2;
    const long evens = (s->width + 1) / 2 < p->cols - left / 2 ? (s->width + 1) / 2 : p->cols - left / 2;
    const long odds = s->width / 2 < p->cols - (left + 1) / 2 ? s->width / 2 : p->cols - (left + 1) / 2;
    for (long y = 0; y < rows; y++, x += s->width, even += p->row, odd += p->row) {
        every_second(x, s->width, false, evens, even);
        every_second(x, s->width, true, odds, odd);
    }
}

static void conv_depthwise(
    const struct cairn_convolution *s, const float *x, const float *w, const float *bias, int activation, float *y,
    long first_image, long images, long first_channel, long channels) {
    const long taps = s->kernel_height * s->kernel_width, plane = s->height * s->width;
    const long area = s->out_height * s->out_width;
    struct strip p = strip_of(s, s->out_height);
    // Vectors read beyond the last column, so the image itself will not do.
    p.plain = false;
    p.row = p.cols * s->stride_x;
    p.channel = p.rows * p.row;
    float *strip = cairn_thread_scratch(CAIRN_SCRATCH_PLANES, p.channel + 3 * VL + s->pad_left);
    int32_t *offsets = (int32_t *)cairn_thread_scratch(CAIRN_SCRATCH_OFFSETS, taps);
    for (long k = 0; k < taps; k++) {
        const long kx = k % s->kernel_width * s->dilation_x, ky = k / s->kernel_width * s->dilation_y;
        offsets[k] = (int32_t)(ky * p.row + kx % s->stride_x * p.cols + kx / s->stride_x);
    }
    if (s->stride_x == 2) memset(strip, 0, (size_t)(p.channel + VL) * sizeof(float));
    for (long image = first_image; image < first_image + images; image++)
        for (long c = first_channel; c < first_channel + channels; c++) {
            const float *from = x + (image * s->in_channels + c) * plane;
            if (s->stride_x == 2) depth_fill(s, &p, from, strip);
            else strip_fill(s, &p, from, 0, s->out_height, strip);
            depth_plane(
                s, &p, strip, w + c * taps, offsets, bias ? bias + c : NULL, activation,
                y + (image * s->out_channels + c) * area);
        }
}

/// The taps that meet the positions of one remainder.
struct depth_taps {
    int32_t tap[CAIRN_CHAIN], window[CAIRN_CHAIN];
    long count;
};

/// The products of `rows` rows of VL positions, added up.
INLINE void depth_sums(
    const struct depth_taps *t, const float *from, long step, const float *w, long rows, vf acc[DEPTH_ROWS]) {
    if (rows == DEPTH_ROWS) depth_chains(DEPTH_ROWS, true, from, step, w, t->tap, t->window, t->count, acc);
    else
        for (long r = 0; r < rows; r++)
            depth_chains(1, true, from + r * step, step, w, t->tap, t->window, t->count, acc + r);
}

/// The rows y0, y0 + stride_y, ... of the gradient of one plane; `taps` of each remainder along x.
static void depth_gradient_rows(
    const struct cairn_convolution *s, const struct margins *m, long y0, const struct depth_taps *taps,
    const float *strip, const float *w, float *dx) {
    const long rows = (s->height - y0 + s->stride_y - 1) / s->stride_y, stride = s->stride_x;
    const long cols = (s->width + stride - 1) / stride, below = s->stride_y * s->width;
    for (long row = 0; row < rows; row += DEPTH_ROWS)
        for (long col = 0; col < cols; col += VL) {
            const float *from = strip + row * m->cols + col;
            float *to = dx + y0 * s->width + row * below + col * stride;
            const long count = rows - row < DEPTH_ROWS ? rows - row : DEPTH_ROWS, left = s->width - col * stride;
            vf first[DEPTH_ROWS], second[DEPTH_ROWS];
            depth_sums(taps, from, m->cols, w, count, first);
            if (stride == 1) {
                for (long r = 0; r < count; r++, to += below) {
                    if (left >= VL) v_put(to, first[r]);
                    else v_put_first(to, first[r], left);
                }
            } else if (stride == 2) {
                depth_sums(taps + 1, from, m->cols, w, count, second);
                for (long r = 0; r < count; r++, to += below) {
                    const vf low = V_ZIP_LOW(first[r], second[r]), high = V_ZIP_HIGH(first[r], second[r]);
                    if (left >= 2 * VL) {
                        v_put(to, low);
                        v_put(to + VL, high);
                    } else {
                        v_put_first(to, low, left < VL ? left : VL);
                        if (left > VL) v_put_first(to + VL, high, left - VL);
                    }
                }
            } else {
                for (long x0 = 0; x0 < stride && x0 < left; x0++) {
                    if (x0 > 0) depth_sums(taps + x0, from, m->cols, w, count, first);
                    for (long r = 0; r < count; r++) {
                        float lanes[VL];
                        v_put(lanes, first[r]);
                        for (long j = 0; j < VL && x0 + j * stride < left; j++)
                            to[r * below + x0 + j * stride] = lanes[j];
                    }
                }
            }
        }
}

/// The gradient of the input, a product added for each tap that meets a position; `w` of the first channel.
static void depth_input_gradient(
    const struct cairn_convolution *s, const float *w, const float *g, float *dx, long first_image, long images,
    long first_channel, long channels) {
    const long kernel = s->kernel_height * s->kernel_width, plane = s->height * s->width;
    const long area = s->out_height * s->out_width, remainders = s->stride_y * s->stride_x;
    struct phase f = {.s = s, .m = gradient_margins(s)};
    float *strip = cairn_thread_scratch(CAIRN_SCRATCH_PLANES, f.m.rows * f.m.cols + 3 * VL + f.m.left);
    const long words = (long)(sizeof(struct depth_taps) / sizeof(float));
    struct depth_taps *taps = (struct depth_taps *)cairn_thread_scratch(CAIRN_SCRATCH_RESULT, remainders * words);
    for (long i = 0; i < remainders; i++) {
        f.y0 = i / s->stride_x;
        f.x0 = i % s->stride_x;
        phase_taps(&f, 0);
        taps[i].count = f.taps;
        for (long k = 0; k < f.taps; k++) {
            taps[i].tap[k] = (int32_t)f.tap[k];
            taps[i].window[k] = (int32_t)f.window[k];
        }
    }
    for (long image = first_image; image < first_image + images; image++)
        for (long c = first_channel; c < first_channel + channels; c++) {
            strip_run(
                g + (image * s->out_channels + c) * area, s->out_height, s->out_width, -f.m.top, f.m.rows, f.m.left,
                f.m.cols, strip);
            for (long y0 = 0; y0 < s->stride_y && y0 < s->height; y0++)
                depth_gradient_rows(
                    s, &f.m, y0, taps + y0 * s->stride_x, strip, w + (c - first_channel) * kernel,
                    dx + (image * s->in_channels + c) * plane);
        }
}

/// Some taps of VL channels at a time, which both operands have as their lanes: [position][VL].
INLINE void depth_weights_run(
    const int TAPS, const float *strip, const int32_t *offsets, const int32_t *taps, const float *g, long links,
    bool first, float *c) {
    vf acc[9];
    const float *p[9];
#pragma clang loop unroll(full)
    for (int k = 0; k < TAPS; k++) {
        acc[k] = v_all(0);
        p[k] = strip + taps[k];
    }
    for (long i = 0; i < links; i++, g += VL) {
        const vf v = v_load(g);
        const long at = offsets[i];
#pragma clang loop unroll(full)
        for (int k = 0; k < TAPS; k++) acc[k] = v_fma(v_load(p[k] + at), v, acc[k]);
    }
#pragma clang loop unroll(full)
    for (int k = 0; k < TAPS; k++) v_store(c + k * VL, first ? acc[k] : v_load(c + k * VL) + acc[k]);
}

typedef void (*depth_weights_function)(
    const float *, const int32_t *, const int32_t *, const float *, long, bool, float *);
#define DEPTH_WEIGHTS(TAPS)                                                                                     \
    static void depth_weights_##TAPS(                                                                           \
        const float *strip, const int32_t *offsets, const int32_t *taps, const float *g, long links, bool first, \
        float *c) {                                                                                             \
        depth_weights_run(TAPS, strip, offsets, taps, g, links, first, c);                                      \
    }
DEPTH_WEIGHTS(1)
DEPTH_WEIGHTS(2)
DEPTH_WEIGHTS(3)
DEPTH_WEIGHTS(4)
DEPTH_WEIGHTS(5)
DEPTH_WEIGHTS(6)
DEPTH_WEIGHTS(7)
DEPTH_WEIGHTS(8)
DEPTH_WEIGHTS(9)
static const depth_weights_function depth_weights[] = {
    0, depth_weights_1, depth_weights_2, depth_weights_3, depth_weights_4, depth_weights_5, depth_weights_6,
    depth_weights_7, depth_weights_8, depth_weights_9};

/// The gradients of the weights of up to VL channels.
static void depth_weight_gradient(
    const struct cairn_convolution *s, const float *x, const float *g, float *dw, long first_channel, long channels) {
    const long area = s->out_height * s->out_width, total = s->batch * area, plane = s->height * s->width;
    const long kernel = s->kernel_height * s->kernel_width;
    const long window = (s->out_width - 1) * s->stride_x + (s->kernel_width - 1) * s->dilation_x + 1;
    const long cols = window > s->pad_left + s->width ? window : s->pad_left + s->width;
    float *panel = cairn_thread_buffers().panels;
    float *results = cairn_thread_scratch(CAIRN_SCRATCH_RESULT, kernel * VL);
    struct chunk_part parts[CAIRN_CHAIN];
    int32_t offsets[CAIRN_CHAIN], taps[CAIRN_CHAIN];
    for (long k = 0; k < kernel; k++)
        taps[k] = (int32_t)((k / s->kernel_width * s->dilation_y * cols + k % s->kernel_width * s->dilation_x) * VL);
    if (total == 0) memset(results, 0, (size_t)(kernel * VL) * sizeof(float));
    for (long from = 0; from < total; from += CAIRN_CHAIN) {
        const long count = total - from < CAIRN_CHAIN ? total - from : CAIRN_CHAIN;
        const long n = chunk_parts(s, from, count, cols, parts, offsets);
        const long size = (parts[n - 1].base + parts[n - 1].rows * cols) * VL;
        float *strip = cairn_thread_scratch(CAIRN_SCRATCH_PLANES, size);
        float *to = panel;
        for (long i = 0; i < n; to += parts[i++].count * VL) {
            const struct chunk_part *p = parts + i;
            const float *image = x + (p->image * s->in_channels + first_channel) * plane;
            for (long r = 0; r < p->rows; r++) {
                float *row = strip + (p->base + r * cols) * VL;
                const long y = p->first_row + r;
                const bool inside = y >= 0 && y < s->height;
                const long left = inside ? s->pad_left : cols, right = inside ? s->pad_left + s->width : cols;
                for (long c = 0; c < left; c++) v_store(row + c * VL, v_all(0));
                if (inside) pack_panel_transposed(image + y * s->width, plane, s->width, channels, VL, row + left * VL);
                for (long c = right; c < cols; c++) v_store(row + c * VL, v_all(0));
            }
            pack_panel_transposed(
                g + (p->image * s->out_channels + first_channel) * area + p->position, area, p->count, channels, VL, to);
        }
        for (long i = 0; i < count; i++) offsets[i] *= VL;
        for (long k = 0; k < kernel; k += 9)
            depth_weights[kernel - k < 9 ? kernel - k : 9](
                strip, offsets, taps + k, panel, count, from == 0, results + k * VL);
    }
    for (long c = 0; c < channels; c++)
        for (long k = 0; k < kernel; k++) dw[(first_channel + c) * kernel + k] = s_canonical(results[k * VL + c]);
}
