// Pooling over windows of planes: vectors run along the outputs of a row, window elements one after the other.

/// Every second lane of two vectors.
#if VL == 16
#define V_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#elif VL == 8
#define V_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#elif VL == 4
#define V_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6)
#endif

/// `n` <= VL elements, `stride` apart.
INLINE vf pool_gather(const float *p, long stride, long n) {
    if (stride == 1) return n == VL ? v_load(p) : v_load_first(p, n);
    if (stride == 2) {
        long last = 2 * n - 1;
        vf a = v_load_first(p, last < VL ? last : VL);
        vf b = last > VL ? v_load_first(p + VL, last - VL) : v_all(0);
        return V_EVEN(a, b);
    }
    float lanes[VL] = {0};
    for (long i = 0; i < n; i++) lanes[i] = p[i * stride];
    return v_load(lanes);
}

struct span {
    long first, last;  // half open
};

/// The part of a window that starts at `start` and lies inside [0, size).
INLINE struct span pool_inside(long start, long count, long size) {
    struct span s = {start < 0 ? 0 : start, start + count < size ? start + count : size};
    return s;
}

/// The outputs of a row whose windows lie wholly inside it.
INLINE struct span pool_whole(const struct cairn_pooling *s) {
    struct span o;
    o.first = (s->pad_left + s->stride_x - 1) / s->stride_x;
    o.last = s->width + s->pad_left >= s->kernel_width
        ? (s->width + s->pad_left - s->kernel_width) / s->stride_x + 1
        : o.first;
    if (o.last > s->out_width) o.last = s->out_width;
    if (o.last < o.first) o.first = o.last = 0;
    return o;
}

/// A key that orders as pooling does: numbers in their total order, any NaN above them all.
INLINE vi pool_key(vf x) {
    vi b = v_int(x);
    return v_selecti((b & 0x7fffffff) > 0x7f800000, (vi)(0x7fffffff), b ^ ((b >> 31) & 0x7fffffff));
}

/// The larger keys' numbers again; the key of a NaN gives the canonical one.
INLINE vf pool_value(vi key) {
    vi b = key ^ ((key >> 31) & 0x7fffffff);
    return v_float(v_selecti(key > 0x7f800000, (vi)(CANONICAL_NAN_BITS), b));
}

/// `n` neighbouring outputs whose windows cover the columns from `x` on; rows and columns are those inside the plane.
INLINE void max_run(
    const float *plane, const struct cairn_pooling *s, struct span rows, long x, long cols, long n, float *y,
    int32_t *winners) {
    vi lane = {0};
    for (int l = 0; l < VL; l++) lane[l] = l;
    const vi base = lane * (vi)((int32_t)s->stride_x) + (vi)((int32_t)x);
    vi best = (vi)(INT32_MIN), winner = (vi)(0);
    for (long r = rows.first; r < rows.last; r++)
        for (long c = 0; c < cols; c++) {
            vi key = pool_key(pool_gather(plane + r * s->width + x + c, s->stride_x, n));
            vi better = key > best;
            best = v_selecti(better, key, best);
            winner = v_selecti(better, base + (vi)((int32_t)(r * s->width + c)), winner);
        }
    v_store_first(y, pool_value(best), n);
    if (winners) v_store_first((float *)winners, v_float(winner), n);
}

static void k_max_pool(
    const struct cairn_pooling *s, const float *x, float *y, int32_t *winners, long first_plane, long planes) {
    const struct span whole = pool_whole(s);
    for (long plane = first_plane; plane < first_plane + planes; plane++) {
        const float *data = x + plane * s->height * s->width;
        for (long oy = 0; oy < s->out_height; oy++) {
            const long out = (plane * s->out_height + oy) * s->out_width;
            const struct span rows = pool_inside(oy * s->stride_y - s->pad_top, s->kernel_height, s->height);
            for (long ox = 0; ox < s->out_width;) {
                const long start = ox * s->stride_x - s->pad_left;
                long n = 1, from = start, cols = s->kernel_width;
                if (ox >= whole.first && ox < whole.last) {
                    n = whole.last - ox < VL ? whole.last - ox : VL;
                } else {
                    const struct span inside = pool_inside(start, s->kernel_width, s->width);
                    from = inside.first;
                    cols = inside.last - inside.first;
                }
                max_run(data, s, rows, from, cols, n, y + out + ox, winners ? winners + out + ox : NULL);
                ox += n;
            }
        }
    }
}

static void k_max_pool_gradient(
    const struct cairn_pooling *s, const float *g, const int32_t *winners, float *dx, long first_plane, long planes) {
    const long out = s->out_height * s->out_width, size = s->height * s->width;
    for (long plane = first_plane; plane < first_plane + planes; plane++) {
        float *target = dx + plane * size;
        memset(target, 0, (size_t)size * sizeof(float));
        for (long i = plane * out; i < (plane + 1) * out; i++)
            target[winners[i]] = s_canonical(target[winners[i]] + g[i]);
    }
}

/// What an average over window (oy, ox) divides by.
INLINE float pool_divisor(const struct cairn_pooling *s, long oy, long ox) {
    const long top = oy * s->stride_y - s->pad_top, left = ox * s->stride_x - s->pad_left;
    const long before_y = s->count_padding ? top : top > 0 ? top : 0;
    const long before_x = s->count_padding ? left : left > 0 ? left : 0;
    const long bottom = s->count_padding ? s->height + s->pad_bottom : s->height;
    const long right = s->count_padding ? s->width + s->pad_right : s->width;
    const long rows = (top + s->kernel_height < bottom ? top + s->kernel_height : bottom) - before_y;
    const long cols = (left + s->kernel_width < right ? left + s->kernel_width : right) - before_x;
    return (float)(rows * cols);
}

/// The canonical sums of `n` neighbouring windows: element i of a window goes to lane i mod 16 of its chunk of 4096.
INLINE vf mean_run(
    const float *plane, const struct cairn_pooling *s, struct span rows, long top, long x, long left, long cols, long n) {
    const long window = s->kernel_height * s->kernel_width;
    vf total = v_all(0);
    for (long start = 0; start < window; start += CAIRN_SUM_CHUNK) {
        vf lanes[16];
        for (int l = 0; l < 16; l++) lanes[l] = v_all(0);
        for (long r = rows.first; r < rows.last; r++)
            for (long c = 0; c < cols; c++) {
                long element = (r - top) * s->kernel_width + x + c - left;
                if (element < start || element >= start + CAIRN_SUM_CHUNK) continue;
                vf v = pool_gather(plane + r * s->width + x + c, s->stride_x, n);
                lanes[element & 15] = lanes[element & 15] + v;
            }
        for (int half = 8; half >= 1; half /= 2)
            for (int l = 0; l < half; l++) lanes[l] = lanes[l] + lanes[l + half];
        total = start ? total + lanes[0] : lanes[0];
    }
    return total;
}

static void k_average_pool(const struct cairn_pooling *s, const float *x, float *y, long first_plane, long planes) {
    const struct span whole = pool_whole(s);
    for (long plane = first_plane; plane < first_plane + planes; plane++) {
        const float *data = x + plane * s->height * s->width;
        for (long oy = 0; oy < s->out_height; oy++) {
            float *out = y + (plane * s->out_height + oy) * s->out_width;
            const long top = oy * s->stride_y - s->pad_top;
            const struct span rows = pool_inside(top, s->kernel_height, s->height);
            for (long ox = 0; ox < s->out_width;) {
                const long left = ox * s->stride_x - s->pad_left;
                long n = 1, from = left, cols = s->kernel_width;
                if (ox >= whole.first && ox < whole.last) {
                    n = whole.last - ox < VL ? whole.last - ox : VL;
                } else {
                    const struct span inside = pool_inside(left, s->kernel_width, s->width);
                    from = inside.first;
                    cols = inside.last - inside.first;
                }
                vf sum = mean_run(data, s, rows, top, from, left, cols, n);
                v_put_first(out + ox, sum / v_all(pool_divisor(s, oy, ox)), n);
                ox += n;
            }
        }
    }
}

static void k_average_pool_gradient(
    const struct cairn_pooling *s, const float *g, float *dx, long first_plane, long planes) {
    for (long plane = first_plane; plane < first_plane + planes; plane++) {
        float *target = dx + plane * s->height * s->width;
        const float *from = g + plane * s->out_height * s->out_width;
        memset(target, 0, (size_t)(s->height * s->width) * sizeof(float));
        for (long oy = 0; oy < s->out_height; oy++) {
            const struct span rows = pool_inside(oy * s->stride_y - s->pad_top, s->kernel_height, s->height);
            for (long ox = 0; ox < s->out_width; ox++) {
                const struct span cols = pool_inside(ox * s->stride_x - s->pad_left, s->kernel_width, s->width);
                const float share = s_canonical(*from++ / pool_divisor(s, oy, ox));
                for (long r = rows.first; r < rows.last; r++)
                    for (long c = cols.first; c < cols.last; c++)
                        target[r * s->width + c] = s_canonical(target[r * s->width + c] + share);
            }
        }
    }
}
