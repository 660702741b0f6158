// Kernels over rows: softmax and its kin, cross-entropy, layer norm.

/// y = exp(x - shift) over one row; returns the canonical sum of y.
static float exp_row(const float *x, float *y, long n, float shift) {
    vf m = v_all(shift);
    long i = 0;
#ifdef WIDE
    for (; i + WIDE * VL <= n; i += WIDE * VL) wide_put(y + i, v_exp(wide_load(x + i) - (vw)(shift)));
#endif
    for (; i + VL <= n; i += VL) v_put(y + i, v_exp(v_load(x + i) - m));
    if (i < n) v_put_first(y + i, v_exp(v_load_first(x + i, n - i) - m), n - i);
    return row_sum(y, n);
}

static void k_softmax(const float *x, float *y, long rows, long cols) {
    if (cols == 0) return;
    for (long r = 0; r < rows; r++) {
        const float *p = x + r * cols;
        float *q = y + r * cols;
        float s = exp_row(p, q, cols, row_maximum(p, cols));
        pair_divide(q, 1, &s, 0, q, cols);
    }
}

static void k_log_softmax(const float *x, float *y, long rows, long cols) {
    if (cols == 0) return;
    for (long r = 0; r < rows; r++) {
        const float *p = x + r * cols;
        float *q = y + r * cols;
        float m = row_maximum(p, cols);
        float s = exp_row(p, q, cols, m);
        vf l = v_log(v_all(s)), shift = v_all(m);
        long i = 0;
        for (; i + VL <= cols; i += VL) v_put(q + i, (v_load(p + i) - shift) - l);
        if (i < cols) v_put_first(q + i, (v_load_first(p + i, cols - i) - shift) - l, cols - i);
    }
}

/// out = y * (g - sum(g * y)); `out` must be neither `y` nor `g`.
static void k_softmax_gradient(const float *y, const float *g, float *out, long rows, long cols) {
    for (long r = 0; r < rows; r++) {
        const float *p = y + r * cols, *q = g + r * cols;
        float *o = out + r * cols;
        pair_multiply(q, 1, p, 1, o, cols);
        float s = row_sum(o, cols);
        pair_subtract(q, 1, &s, 0, o, cols);
        pair_multiply(p, 1, o, 1, o, cols);
    }
}

/// loss = log(s) - (x_t - m); gradient = (e / s, minus 1 at the target) / divisor. Either output may be null; without a
/// gradient the loss still needs the exponentials, which then go through a small buffer chunk by chunk.
static void k_cross_entropy(
    const float *x, const int32_t *targets, float *loss, float *gradient, long rows, long cols, float divisor) {
    float buffer[CAIRN_SUM_CHUNK];
    for (long r = 0; r < rows; r++) {
        const float *p = x + r * cols;
        float m = row_maximum(p, cols);
        float s = 0.0f;
        if (gradient) {
            s = exp_row(p, gradient + r * cols, cols, m);
        } else {
            for (long i = 0; i < cols; i += CAIRN_SUM_CHUNK) {
                long n = cols - i < CAIRN_SUM_CHUNK ? cols - i : CAIRN_SUM_CHUNK;
                float part = exp_row(p + i, buffer, n, m);
                s = i ? s + part : part;
            }
        }
        long t = targets[r];
        if (loss) loss[r] = s_canonical(v_log(v_all(s))[0] - (p[t] - m));
        if (gradient) {
            float *g = gradient + r * cols;
            pair_divide(g, 1, &s, 0, g, cols);
            g[t] = g[t] - 1.0f;
            pair_divide(g, 1, &divisor, 0, g, cols);
        }
    }
}

static void k_layer_norm(
    const float *x, const float *gamma, const float *beta, float epsilon, float *y, float *mean, float *inverse,
    long rows, long cols) {
    float n = (float)cols;
    for (long r = 0; r < rows; r++) {
        const float *p = x + r * cols;
        float *q = y + r * cols;
        float mu = s_canonical(row_sum(p, cols) / n);
        vf centre = v_all(mu);
        long i = 0;
        for (; i + VL <= cols; i += VL) {
            vf d = v_load(p + i) - centre;
            v_put(q + i, d * d);
        }
        if (i < cols) {
            vf d = v_load_first(p + i, cols - i) - centre;
            v_put_first(q + i, d * d, cols - i);
        }
        float variance = row_sum(q, cols) / n;
        float rate = s_canonical(1.0f / __builtin_elementwise_sqrt(variance + epsilon));
        vf scale = v_all(rate);
        for (i = 0; i < cols; i += VL) {
            long left = cols - i;
            if (left >= VL) {
                vf d = (v_load(p + i) - centre) * scale;
                v_put(q + i, v_fma(d, v_load(gamma + i), v_load(beta + i)));
            } else {
                vf d = (v_load_first(p + i, left) - centre) * scale;
                v_put_first(q + i, v_fma(d, v_load_first(gamma + i, left), v_load_first(beta + i, left)), left);
            }
        }
        if (mean) mean[r] = mu;
        if (inverse) inverse[r] = rate;
    }
}
