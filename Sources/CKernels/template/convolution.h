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

/// Fills the planes of one channel from one image plane, +0 in the padding.
static void conv_fill(const struct cairn_convolution *s, const struct planes *p, const float *x, float *out) {
    for (long py = 0; py < s->stride_y; py++) {
        for (long px = 0; px < s->stride_x; px++) {
            for (long r = 0; r < p->rows; r++, out += p->cols) {
                long y = r * s->stride_y + py - s->pad_top;
                if (y < 0 || y >= s->height) {
                    memset(out, 0, (size_t)p->cols * sizeof(float));
                    continue;
                }
                const float *row = x + y * s->width;
                if (s->stride_x == 1) {
                    long left = s->pad_left < p->cols ? s->pad_left : p->cols;
                    long n = s->width < p->cols - left ? s->width : p->cols - left;
                    memset(out, 0, (size_t)left * sizeof(float));
                    memcpy(out + left, row, (size_t)n * sizeof(float));
                    memset(out + left + n, 0, (size_t)(p->cols - left - n) * sizeof(float));
                } else {
                    for (long c = 0; c < p->cols; c++) {
                        long at = c * s->stride_x + px - s->pad_left;
                        out[c] = at >= 0 && at < s->width ? row[at] : 0.0f;
                    }
                }
            }
        }
    }
}

/// Copies computed windows [rows][BLOCK_COLS] that start at flat position `from` into the planes of y, without junk;
/// bias and activation on the way.
static void conv_store(
    const float *c, long from, long count, long cols, long out_width, float bias, bool biased, int activation, float *y) {
    for (long at = 0; at < count;) {
        long row = (from + at) / cols, col = (from + at) % cols;
        long left = cols - col < count - at ? cols - col : count - at;
        long n = col >= out_width ? 0 : out_width - col < left ? out_width - col : left;
        float *out = y + row * out_width + col;
        for (long j = 0; j < n; j += VL) {
            long m = n - j < VL ? n - j : VL;
            vf v = m == VL ? v_load(c + at + j) : v_load_first(c + at + j, m);
            if (biased) v = v + v_all(bias);
            if (activation == CAIRN_ACTIVATION_RELU) v = v_relu(v);
            if (m == VL) v_put(out + j, v);
            else v_put_first(out + j, v, m);
        }
        at += left;
    }
}

/// A 1x1 convolution without padding is a product of whole planes.
static bool conv_is_product(const struct cairn_convolution *s) {
    return s->kernel_height == 1 && s->kernel_width == 1 && s->stride_y == 1 && s->stride_x == 1 && s->pad_top == 0
        && s->pad_left == 0 && s->out_height == s->height && s->out_width == s->width;
}

/// Some output channels of one group of one image.
static void conv_forward_part(
    const struct cairn_convolution *s, const float *x, const float *w, const float *bias, int activation, float *y,
    long channels) {
    const long area = s->out_height * s->out_width, in = s->in_channels / s->groups;
    const long links = in * s->kernel_height * s->kernel_width;
    if (conv_is_product(s)) {
        struct cairn_product p = {.a = w, .b = x, .c = y, .bias = bias, .m = channels, .n = area, .k = links};
        p.lda = links;
        p.ldb = p.ldc = area;
        p.bias_per_row = true;
        p.activation = activation;
        k_product(&p);
        return;
    }
    const struct planes planes = conv_planes(s);
    const struct cairn_buffers buffers = cairn_thread_buffers();
    int32_t *offsets = (int32_t *)cairn_thread_scratch(CAIRN_SCRATCH_OFFSETS, links);
    long k = 0;
    for (long c = 0; c < in; c++)
        for (long ky = 0; ky < s->kernel_height; ky++)
            for (long kx = 0; kx < s->kernel_width; kx++)
                offsets[k++] = (int32_t)(c * planes.channel + conv_tap(s, &planes, ky, kx));
    float *input = cairn_thread_scratch(CAIRN_SCRATCH_PLANES, in * planes.channel + 8 * VL);
    for (long c = 0; c < in; c++) conv_fill(s, &planes, x + c * s->height * s->width, input + c * planes.channel);
    const long flat = (s->out_height - 1) * planes.cols + s->out_width;
    for (long row = 0; row < channels; row += BLOCK_ROWS) {
        long rows = channels - row < BLOCK_ROWS ? channels - row : BLOCK_ROWS;
        for (long from = 0; from < flat; from += BLOCK_COLS) {
            long count = flat - from < BLOCK_COLS ? flat - from : BLOCK_COLS;
            for (long start = 0; start < links; start += CAIRN_CHAIN) {
                long n = links - start < CAIRN_CHAIN ? links - start : CAIRN_CHAIN;
                pack_rows(w + row * links + start, links, rows, n, buffers.rows);
                struct tile t = {.c_stride = BLOCK_COLS, .links = n, .first = start == 0};
                t.offsets = offsets + start;
                for (long j = 0; j < count;) {
                    long wide = rows == 1 && count - j > 4 * VL ? 8 * VL : NR;
                    t.cols = count - j <= VL ? VL : wide;
                    long tiles = (rows + MAX_ROWS - 1) / MAX_ROWS;
                    t.b = input + from + j;
                    for (long index = 0, i = 0; index < tiles; index++) {
                        long height = (rows - i + (tiles - index) - 1) / (tiles - index);
                        t.a = buffers.rows + i * A_ROW;
                        t.c = buffers.panels + i * BLOCK_COLS + j;
                        if (t.cols == 8 * VL) tile_A_ROWS_B_OFFSETS_1_8(&t);
                        else tiles_offsets[t.cols > VL][height](&t);
                        i += height;
                    }
                    j += t.cols;
                }
            }
            for (long i = 0; i < rows; i++)
                conv_store(
                    buffers.panels + i * BLOCK_COLS, from, count, planes.cols, s->out_width,
                    bias ? bias[row + i] : 0.0f, bias != NULL, activation, y + (row + i) * area);
        }
    }
}

static void k_convolve(
    const struct cairn_convolution *s, const float *x, const float *w, const float *bias, int activation, float *y,
    long first_image, long images, long first_channel, long channels) {
    const long area = s->out_height * s->out_width, in = s->in_channels / s->groups, out = s->out_channels / s->groups;
    const long links = in * s->kernel_height * s->kernel_width;
    if (area == 0 || channels == 0) return;
    for (long image = first_image; image < first_image + images; image++) {
        for (long c = first_channel; c < first_channel + channels;) {
            long group = c / out;
            long end = (group + 1) * out < first_channel + channels ? (group + 1) * out : first_channel + channels;
            conv_forward_part(
                s, x + (image * s->in_channels + group * in) * s->height * s->width, w + c * links,
                bias ? bias + c : NULL, activation, y + (image * s->out_channels + c) * area, end - c);
            c = end;
        }
    }
}
