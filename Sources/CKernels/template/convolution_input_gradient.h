// The gradient of a convolution's input: for each tap, a product over the output channels is added where the tap meets an
// output. With lanes along the input channels, tiles take the rectangle of positions that a tap meets and nothing else. Few
// input channels, and depthwise layers, keep all taps together: their output gradient has margins of +0, so that every tap of
// every input position reads something, and with finite weights a tap that meets no output adds +0 to a sum that is never
// -0, which changes nothing.

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
    const float *turned;  // of the group
    const float *padded;  // planes of the output gradient of one image, with their margins
    float *dx;            // the first channel of the first image
    long images, channels;
    long y0, x0, rows, cols;
    long taps;
    long tap[CAIRN_CHAIN];                    // the taps that meet this phase, ascending,
    long row[CAIRN_CHAIN], col[CAIRN_CHAIN];  // the output that each reads for the first position,
    long window[CAIRN_CHAIN];                 // and where that lies among the margins
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
        f->row[f->taps] = qy;
        f->col[f->taps] = qx;
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

/// Positions of one block of results: so few, where chains are short, that they stay in the nearest cache from tap to tap.
INLINE long phase_positions(long out) { return out < 64 ? 128 : 512; }

/// Turns the sums of `rows` rows of one image into its planes in dx; `staged` has room for as many.
static void phase_put(
    const struct phase *f, const float *sums, float *staged, long y, long rows, long channels, float *dx) {
    const struct cairn_convolution *s = f->s;
    const long plane = s->height * s->width, count = rows * f->cols;
    if (s->stride_y == 1 && s->stride_x == 1) {
        lanes_store(sums, count, channels, NULL, CAIRN_ACTIVATION_NONE, dx + y * s->width, plane);
        return;
    }
    lanes_store(sums, count, channels, NULL, CAIRN_ACTIVATION_NONE, staged, count);
    for (long c = 0; c < channels; c++, dx += plane)
        for (long row = 0; row < rows; row++, staged += f->cols) {
            float *to = dx + (f->y0 + (y + row) * s->stride_y) * s->width + f->x0;
            for (long j = 0; j < f->cols; j++) to[j * s->stride_x] = staged[j];
        }
}

/// A block of positions of a phase, and where their outputs' gradients lie: rows [first, last), `plane` between channels,
/// `image` between images.
struct phase_block {
    long y, rows, images;
    const float *source;
    long first, plane, image;
    float *sums, *part;  // [images][rows][cols][NR]
};

/// Adds one tap's product, over all output channels, to the sums of the positions where it meets an output.
static void phase_tap(
    const struct phase *f, const struct phase_block *b, long tap, const float *w, long vectors, const int32_t *offsets) {
    const struct cairn_convolution *s = f->s;
    const long out = s->out_channels / s->groups, row = b->y + f->row[tap], col = f->col[tap], c_row = f->cols * NR;
    const long top = row < 0 ? -row : 0, bottom = s->out_height - row < b->rows ? s->out_height - row : b->rows;
    const long left = col < 0 ? -col : 0, right = s->out_width - col < f->cols ? s->out_width - col : f->cols;
    if (top >= bottom || left >= right) return;
    const float *from = b->source + (row + top - b->first) * s->out_width + col + left;
    const long at = top * c_row + left * NR;
    for (long o = 0; o < out; o += CAIRN_CHAIN) {
        struct grid_tile t = {.first = out > CAIRN_CHAIN && o == 0, .offsets = offsets + o, .b = w + o * NR};
        t.links = out - o < CAIRN_CHAIN ? out - o : CAIRN_CHAIN;
        for (long i = 0; i < b->images; i++)
            lanes_tiles(
                &t, from + i * b->image, s->out_width, bottom - top, right - left, vectors,
                (out > CAIRN_CHAIN ? b->part : b->sums) + i * b->rows * c_row + at, c_row);
    }
    if (out <= CAIRN_CHAIN) return;
    for (long i = 0; i < b->images; i++)
        for (long y = top; y < bottom; y++) {
            float *sums = b->sums + (i * b->rows + y) * c_row + left * NR;
            pair_add(sums, 1, b->part + (sums - b->sums), 1, sums, (right - left) * NR);
        }
}

/// Copies rows of the output gradient next to each other, channel after channel, `plane` elements for each.
static void phase_gather(const float *g, long out, long source, long first, long count, long plane, float *to) {
    for (long o = 0; o < out; o++, g += source, to += plane) {
        for (long j = 0; j < count; j += VL) __builtin_prefetch(g + source + first + j);
        copy_run(g + first, count, to);
    }
}

/// Lanes along the input channels: tiles read the output gradient where it lies, or, of large ones, copies of some rows, and
/// add the taps' products up in memory. `g`: the group's first channel of the first image.
static void phase_lanes(struct phase *f, const float *g) {
    const struct cairn_convolution *s = f->s;
    const long out = s->out_channels / s->groups, kernel = s->kernel_height * s->kernel_width;
    const long area = f->rows * f->cols, source = s->out_height * s->out_width;
    const long block = phase_positions(out);
    const long most_rows = area <= block ? f->rows : f->cols < block ? block / f->cols : 1;
    const long joined = area >= block ? 1 : block / area < f->images ? block / area : f->images;
    const long most = joined * most_rows * f->cols * NR;
    // The outputs that the first row of positions reads.
    const long low = floor_divide(f->y0 + s->pad_top - (s->kernel_height - 1) * s->dilation_y, s->stride_y);
    const long high = floor_divide(f->y0 + s->pad_top, s->stride_y);
    // Channels a multiple of 256 bytes apart would meet in few sets of the cache, unless the nearest holds them all.
    const bool plain = out * source <= 8192 || (most_rows == f->rows && source % 64 != 0);
    const long reach = most_rows + high - low < s->out_height ? most_rows + high - low : s->out_height;
    const long plane = plain ? source : reach * s->out_width + 16;
    float *strip = plain ? NULL : cairn_thread_scratch(CAIRN_SCRATCH_PLANES, joined * out * plane);
    float *sums = cairn_thread_scratch(CAIRN_SCRATCH_RESULT, 2 * most);
    int32_t *offsets = (int32_t *)cairn_thread_scratch(CAIRN_SCRATCH_OFFSETS, out);
    for (long o = 0; o < out; o++) offsets[o] = (int32_t)(o * plane);
    struct phase_block b = {.plane = plane, .sums = sums, .part = sums + most};
    b.image = plain ? s->out_channels * source : out * plane;
    phase_taps(f, 0);
    for (long image = 0; image < f->images; image += joined) {
        b.images = f->images - image < joined ? f->images - image : joined;
        for (b.y = 0; b.y < f->rows; b.y += most_rows) {
            b.rows = f->rows - b.y < most_rows ? f->rows - b.y : most_rows;
            const float *from = g + image * s->out_channels * source;
            b.first = plain || b.y + low < 0 ? 0 : b.y + low;
            b.source = plain ? from : strip;
            const long end = b.y + b.rows + high < s->out_height ? b.y + b.rows + high : s->out_height;
            for (long i = 0; i < b.images && !plain; i++)
                phase_gather(
                    from + i * s->out_channels * source, out, source, b.first * s->out_width,
                    (end - b.first) * s->out_width, plane, strip + i * b.image);
            for (long c = 0; c < f->channels; c += NR) {
                const long width = f->channels - c < NR ? f->channels - c : NR, size = b.rows * f->cols * NR;
                memset(sums, 0, (size_t)(b.images * size) * sizeof(float));
                for (long k = 0; k < kernel;) {
                    if (kernel > CAIRN_CHAIN) phase_taps(f, k);
                    for (long tap = 0; tap < f->taps; tap++)
                        phase_tap(
                            f, &b, tap, f->turned + (c * kernel + f->tap[tap] * NR) * out, width > VL ? 2 : 1, offsets);
                    k = f->taps == CAIRN_CHAIN ? f->tap[f->taps - 1] + 1 : kernel;
                }
                for (long i = 0; i < b.images; i++)
                    phase_put(
                        f, sums + i * size, b.part, b.y, b.rows, width,
                        f->dx + ((image + i) * s->in_channels + c) * s->height * s->width);
            }
        }
    }
}

/// `turned`: of this group, from the first channel on. Unless lanes go along the channels it must be finite: a tap that
/// meets no output is multiplied by +0 then, where the definition leaves it out.
static void input_gradient_group(
    const struct cairn_convolution *s, const float *turned, const float *g, float *dx, long first_image, long images,
    long group, long first_channel, long channels) {
    const long in = s->in_channels / s->groups, out = s->out_channels / s->groups, area = s->out_height * s->out_width;
    const bool lanes = gradient_uses_lanes(s);
    struct phase f = {.s = s, .m = gradient_margins(s), .channels = channels, .turned = turned};
    // Few channels go image by image, and what they read is laid out once for all the phases.
    const long joined = lanes ? images : 1;
    for (long image = first_image; image < first_image + images; image += joined) {
        const float *from = g + (image * s->out_channels + group * out) * area;
        f.images = joined;
        f.dx = dx + (image * s->in_channels + group * in + first_channel) * s->height * s->width;
        if (!lanes) {
            const long plane = f.m.rows * f.m.cols;
            float *padded = cairn_thread_scratch(CAIRN_SCRATCH_PLANES, out * plane + 4 * NR + f.m.left);
            for (long o = 0; o < out; o++)
                strip_run(
                    from + o * area, s->out_height, s->out_width, -f.m.top, f.m.rows, f.m.left, f.m.cols,
                    padded + o * plane);
            f.padded = padded;
        }
        for (f.y0 = 0; f.y0 < s->stride_y && f.y0 < s->height; f.y0++)
            for (f.x0 = 0; f.x0 < s->stride_x && f.x0 < s->width; f.x0++) {
                f.rows = (s->height - f.y0 + s->stride_y - 1) / s->stride_y;
                f.cols = (s->width - f.x0 + s->stride_x - 1) / s->stride_x;
                if (lanes) {
                    phase_lanes(&f, from);
                } else {
                    phase_taps(&f, 0);
                    phase_direct(&f);
                }
            }
    }
}
