// The gradient of a convolution's input: for each tap, a product over the output channels is added where the tap meets an
// output. The output gradient lies in planes with margins of +0, so that every tap of every input position reads something;
// with finite weights a tap that meets no output then adds +0 to a sum that is never -0, which changes nothing.

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

/// Input channels from which unfolding pays.
#define PACKED_CHANNELS 24

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

/// Input positions (y0 + i * stride_y, x0 + j * stride_x) of some channels of one group of some images.
struct phase {
    const struct cairn_convolution *s;
    struct margins m;
    const float *turned;  // [tap][out][in] from the first of the channels on
    const float *padded;  // planes of the output gradient, of all the images
    float *dx;            // the first channel of the first image
    long images, channels;
    long y0, x0, rows, cols;
    long taps;
    long tap[CAIRN_CHAIN];     // the taps that meet this phase, ascending
    long window[CAIRN_CHAIN];  // and where each reads for the first position
};

static void phase_taps(struct phase *f, long from_tap) {
    const struct cairn_convolution *s = f->s;
    f->taps = 0;
    for (long k = from_tap; k < s->kernel_height * s->kernel_width && f->taps < CAIRN_CHAIN; k++) {
        long y = f->y0 + s->pad_top - k / s->kernel_width * s->dilation_y;
        long x = f->x0 + s->pad_left - k % s->kernel_width * s->dilation_x;
        long qy = floor_divide(y, s->stride_y), qx = floor_divide(x, s->stride_x);
        if (qy * s->stride_y != y || qx * s->stride_x != x) continue;
        f->tap[f->taps] = k;
        f->window[f->taps++] = (qy + f->m.top) * f->m.cols + qx + f->m.left;
    }
}

/// Copies sums of neighbouring positions, from flat position `from` of the joined images on, to where they belong in dx.
static void phase_store(const struct phase *f, const float *sum, long from, long count, long channel) {
    const struct cairn_convolution *s = f->s;
    const long area = f->rows * f->cols, size = s->height * s->width;
    for (long at = 0; at < count;) {
        const long image = (from + at) / area, position = (from + at) % area;
        float *target = f->dx + (image * s->in_channels + channel) * size;
        if (s->stride_x == 1 && s->stride_y == 1) {
            // Every position of the image, so runs go on from row to row.
            long n = area - position < count - at ? area - position : count - at;
            copy_run(sum + at, n, target + position);
            at += n;
        } else {
            const long row = position / f->cols, col = position % f->cols;
            long n = f->cols - col < count - at ? f->cols - col : count - at;
            target += (f->y0 + row * s->stride_y) * s->width + f->x0 + col * s->stride_x;
            for (long j = 0; j < n; j++) target[j * s->stride_x] = sum[at + j];
            at += n;
        }
    }
}

/// A tile of the gradient that keeps its sums in registers over all the taps: each tap's chain starts from +0.
struct tap_tile {
    const float *a, *b;
    float *c;
    const long *tap, *window;
    long tap_stride, a_stride, b_stride, c_stride, links, taps;
};

INLINE void tap_run(const int MR, const struct tap_tile *t) {
    vf sum[8][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < MR; i++) sum[i][0] = sum[i][1] = v_all(0);
    for (long k = 0; k < t->taps; k++) {
        const float *a = t->a + t->tap[k] * t->tap_stride, *b = t->b + t->window[k];
        const long as = t->a_stride, bs = t->b_stride;
        vf acc[8][2];
#pragma clang loop unroll(full)
        for (int i = 0; i < MR; i++) acc[i][0] = acc[i][1] = v_all(0);
#pragma clang loop unroll(disable)
        for (long l = t->links; l > 0; l--, a += as, b += bs) {
            vf b0 = v_load(b), b1 = v_load(b + VL);
#pragma clang loop unroll(full)
            for (int i = 0; i < MR; i++) {
                acc[i][0] = v_fma(v_all(a[i]), b0, acc[i][0]);
                acc[i][1] = v_fma(v_all(a[i]), b1, acc[i][1]);
            }
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < MR; i++) {
            sum[i][0] = sum[i][0] + acc[i][0];
            sum[i][1] = sum[i][1] + acc[i][1];
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < MR; i++) {
        v_put(t->c + i * t->c_stride, sum[i][0]);
        v_put(t->c + i * t->c_stride + VL, sum[i][1]);
    }
}

typedef void (*tap_function)(const struct tap_tile *);
#define TAP_TILE(MR) \
    static void tap_tile_##MR(const struct tap_tile *t) { tap_run(MR, t); }
TAP_TILE(1)
TAP_TILE(2)
#if TAP_ROWS == 6
TAP_TILE(3)
TAP_TILE(4)
TAP_TILE(5)
TAP_TILE(6)
static const tap_function tap_tiles[] = {0, tap_tile_1, tap_tile_2, tap_tile_3, tap_tile_4, tap_tile_5, tap_tile_6};
#else
static const tap_function tap_tiles[] = {0, tap_tile_1, tap_tile_2};
#endif

/// Few channels, one chunk, and taps that all fit the lists: positions of each image with the junk between rows.
static void phase_direct(const struct phase *f) {
    const struct cairn_convolution *s = f->s;
    const long in = s->in_channels / s->groups, out = s->out_channels / s->groups, plane = f->m.rows * f->m.cols;
    const long flat = (f->rows - 1) * f->m.cols + f->cols, stride = flat + NR;
    float *const sums = cairn_thread_scratch(CAIRN_SCRATCH_RESULT, TAP_ROWS * stride);
    struct tap_tile t = {.a_stride = in, .b_stride = plane, .c_stride = stride, .links = out, .taps = f->taps};
    t.window = f->window;
    t.tap = f->tap;
    t.tap_stride = out * in;
    const long tiles = (f->channels + TAP_ROWS - 1) / TAP_ROWS;
    for (long image = 0; image < f->images; image++) {
        for (long index = 0, c = 0; index < tiles; index++) {
            long height = (f->channels - c + (tiles - index) - 1) / (tiles - index);
            t.a = f->turned + c;
            for (long j = 0; j < flat; j += NR) {
                t.b = f->padded + image * out * plane + j;
                t.c = sums + j;
                tap_tiles[height](&t);
            }
            for (long i = 0; i < height; i++)
                for (long row = 0; row < f->rows; row++)
                    phase_store(
                        f, sums + i * stride + row * f->m.cols, image * f->rows * f->cols + row * f->cols, f->cols,
                        c + i);
            c += height;
        }
    }
}

/// Not many channels: all the windows of a panel of positions are unfolded at once, and tiles keep their sums in registers
/// over all the taps. The positions of small images are joined.
static void phase_panels(const struct phase *f) {
    const struct cairn_convolution *s = f->s;
    const long in = s->in_channels / s->groups, out = s->out_channels / s->groups, plane = f->m.rows * f->m.cols;
    const long area = f->rows * f->cols;
    float *const panel = cairn_thread_scratch(CAIRN_SCRATCH_RESULT, f->taps * out * NR + f->channels * NR + NR);
    float *const sums = panel + f->taps * out * NR + NR;
    long windows[CAIRN_CHAIN];
    for (long k = 0; k < f->taps; k++) windows[k] = k * out * NR;
    struct tap_tile t = {.a_stride = in, .b = panel, .b_stride = NR, .c_stride = NR, .links = out, .taps = f->taps};
    t.window = windows;
    t.tap = f->tap;
    t.tap_stride = out * in;
    const long tiles = (f->channels + TAP_ROWS - 1) / TAP_ROWS;
    struct segment segments[NR];
    for (long from = 0; from < f->images * area; from += NR) {
        long count = f->images * area - from < NR ? f->images * area - from : NR;
        long runs = conv_segments(area, f->cols, out * plane, f->m.cols, from, count, segments);
        for (long k = 0; k < f->taps; k++)
            conv_pack(f->padded + f->window[k], NULL, plane, out, segments, runs, panel + windows[k]);
        for (long index = 0, c = 0; index < tiles; index++) {
            long height = (f->channels - c + (tiles - index) - 1) / (tiles - index);
            t.a = f->turned + c;
            t.c = sums + c * NR;
            tap_tiles[height](&t);
            c += height;
        }
        for (long c = 0; c < f->channels; c++) phase_store(f, sums + c * NR, from, count, c);
    }
}

/// One tap for a block of positions: its product over the output channels, added to the sums.
static void phase_tap(const struct phase *f, long tap, long window, long from, long count, float *sums, float *part) {
    const struct cairn_convolution *s = f->s;
    const long in = s->in_channels / s->groups, out = s->out_channels / s->groups, plane = f->m.rows * f->m.cols;
    float *const panels = cairn_thread_buffers().panels, *const rows = cairn_thread_buffers().rows;
    const bool whole = out <= CAIRN_CHAIN;
    const long tiles = (f->channels + MAX_ROWS - 1) / MAX_ROWS;
    struct segment segments[NR];
    for (long o = 0; o < out; o += CAIRN_CHAIN) {
        long links = out - o < CAIRN_CHAIN ? out - o : CAIRN_CHAIN;
        for (long j = 0; j < count; j += NR) {
            long width = count - j < NR ? count - j : NR;
            long runs =
                conv_segments(f->rows * f->cols, f->cols, out * plane, f->m.cols, from + j, width, segments);
            conv_pack(f->padded + window + o * plane, NULL, plane, links, segments, runs, panels + j * links);
        }
        struct tile t = {.a_stride = MAX_ROWS, .b_stride = NR, .c_stride = BLOCK_COLS, .links = links};
        t.first = !whole && o == 0;
        for (long index = 0, i = 0; index < tiles; index++) {
            long height = (f->channels - i + (tiles - index) - 1) / (tiles - index);
            // A narrow copy of the weights: their own rows lie so far apart that they would fall on the same cache sets.
            const float *weights = f->turned + (tap * out + o) * in + i;
            for (long l = 0; l < links; l++) copy_run(weights + l * in, height, rows + l * MAX_ROWS);
            t.a = rows;
            for (long j = 0; j < count; j += NR) {
                t.cols = count - j > VL ? NR : VL;
                t.b = panels + j * links;
                t.c = (whole ? sums : part) + i * BLOCK_COLS + j;
                tiles_columns[t.cols > VL][height](&t);
            }
            i += height;
        }
    }
    if (!whole)
        for (long c = 0; c < f->channels; c++)
            pair_add(sums + c * BLOCK_COLS, 1, part + c * BLOCK_COLS, 1, sums + c * BLOCK_COLS, count);
}

/// Many channels: the windows of one tap are unfolded for a block of positions, and the positions of small images are joined.
static void phase_packed(struct phase *f) {
    const struct cairn_convolution *s = f->s;
    const long area = f->rows * f->cols, kernel = s->kernel_height * s->kernel_width;
    float *const sums = cairn_thread_scratch(CAIRN_SCRATCH_RESULT, 2 * f->channels * BLOCK_COLS);
    for (long from = 0; from < f->images * area; from += BLOCK_COLS) {
        long count = f->images * area - from < BLOCK_COLS ? f->images * area - from : BLOCK_COLS;
        memset(sums, 0, (size_t)(f->channels * BLOCK_COLS) * sizeof(float));
        for (long k = 0; k < kernel;) {
            phase_taps(f, k);
            for (long i = 0; i < f->taps; i++)
                phase_tap(f, f->tap[i], f->window[i], from, count, sums, sums + f->channels * BLOCK_COLS);
            k = f->taps == CAIRN_CHAIN ? f->tap[f->taps - 1] + 1 : kernel;
        }
        for (long c = 0; c < f->channels; c++) phase_store(f, sums + c * BLOCK_COLS, from, count, c);
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
    const bool listed = out <= CAIRN_CHAIN && kernel <= CAIRN_CHAIN;
    const bool direct = listed && channels < PACKED_CHANNELS;
    // As long as the unfolded windows of a panel and the weights stay in the caches.
    const bool panels = listed && kernel * out * NR <= 32768 && kernel * out * in <= 65536;
    const long most = direct ? 1 : s->height * s->width >= 2048 ? 1 : 2048 / (s->height * s->width);
    const long joined = most < images ? most : images;
    const long size = joined * out * plane + 4 * NR;
    float *padded = cairn_thread_scratch(CAIRN_SCRATCH_PLANES, size);
    // Rows that fit a vector are written with their margins; otherwise the margins are zeroed once.
    const bool narrow = m.cols <= VL;
    if (!narrow) memset(padded, 0, (size_t)size * sizeof(float));
    struct phase f = {.s = s, .m = m, .turned = turned + group * kernel * out * in + first_channel, .padded = padded};
    f.channels = channels;
    for (long image = first_image; image < first_image + images; image += joined) {
        f.images = first_image + images - image < joined ? first_image + images - image : joined;
        f.dx = dx + (image * s->in_channels + group * in + first_channel) * s->height * s->width;
        for (long i = 0; i < f.images; i++)
            for (long o = 0; o < out; o++) {
                const float *from = g + ((image + i) * s->out_channels + group * out + o) * area;
                float *to = padded + (i * out + o) * plane;
                if (narrow) zero_run(to, m.top * m.cols);
                to += m.top * m.cols;
                for (long y = 0; y < s->out_height; y++, from += s->out_width, to += m.cols) {
                    if (narrow) v_store(to, v_load_lanes(from - m.left, m.left, m.left + s->out_width));
                    else copy_run(from, s->out_width, to + m.left);
                }
                if (narrow) zero_run(to, (m.rows - m.top - s->out_height) * m.cols);
            }
        for (f.y0 = 0; f.y0 < s->stride_y && f.y0 < s->height; f.y0++)
            for (f.x0 = 0; f.x0 < s->stride_x && f.x0 < s->width; f.x0++) {
                f.rows = (s->height - f.y0 + s->stride_y - 1) / s->stride_y;
                f.cols = (s->width - f.x0 + s->stride_x - 1) / s->stride_x;
                phase_taps(&f, 0);
                if (direct) phase_direct(&f);
                else if (panels) phase_panels(&f);
                else phase_packed(&f);
            }
    }
}
