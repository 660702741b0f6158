// Reductions. A sum runs in chunks of 4096 elements and, inside a chunk, in sixteen lanes that fold 8+8, 4+4, 2+2,
// 1+1; chunk sums are added left to right. Maximum and minimum use the total order of bit patterns, in which any order of
// evaluation gives the same result.

INLINE vf16 load16(const float *p) { return *(const vf16_unaligned *)p; }

/// Up to sixteen elements, the rest +0 (adding +0 to a lane that started from +0 changes nothing).
INLINE vf16 load16_first(const float *p, long n) {
    float lanes[16] __attribute__((aligned(64))) = {0};
    memcpy(lanes, p, (size_t)n * sizeof(float));
    return *(const vf16 *)lanes;
}

INLINE float fold16(vf16 x) {
    vf8 a = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7)
        + __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
    vf4 b = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
    vf2 c = __builtin_shufflevector(b, b, 0, 1) + __builtin_shufflevector(b, b, 2, 3);
    return c[0] + c[1];
}

static float chunk_sum(const float *x, long n) {
    vf16 acc = (vf16)(0.0f);
    long i = 0;
    for (; i + 16 <= n; i += 16) acc = acc + load16(x + i);
    if (i < n) acc = acc + load16_first(x + i, n - i);
    return fold16(acc);
}

/// Four whole chunks at once, to keep four independent chains in flight.
static void four_chunk_sums(const float *x, float out[4]) {
    vf16 a = (vf16)(0.0f), b = a, c = a, d = a;
    for (long i = 0; i < CAIRN_SUM_CHUNK; i += 16) {
        a = a + load16(x + i);
        b = b + load16(x + CAIRN_SUM_CHUNK + i);
        c = c + load16(x + 2 * CAIRN_SUM_CHUNK + i);
        d = d + load16(x + 3 * CAIRN_SUM_CHUNK + i);
    }
    out[0] = fold16(a);
    out[1] = fold16(b);
    out[2] = fold16(c);
    out[3] = fold16(d);
}

/// The canonical sum of `n` contiguous elements, before it is made canonical for storage.
static float row_sum(const float *x, long n) {
    if (n <= CAIRN_SUM_CHUNK) return chunk_sum(x, n);
    float total = 0.0f;
    long i = 0;
    for (; i + 4 * CAIRN_SUM_CHUNK <= n; i += 4 * CAIRN_SUM_CHUNK) {
        float s[4];
        four_chunk_sums(x + i, s);
        total = i ? total + s[0] : s[0];
        total = ((total + s[1]) + s[2]) + s[3];
    }
    for (; i < n; i += CAIRN_SUM_CHUNK) {
        float s = chunk_sum(x + i, n - i < CAIRN_SUM_CHUNK ? n - i : CAIRN_SUM_CHUNK);
        total = i ? total + s : s;
    }
    return total;
}

/// Sums of up to VL neighbouring columns of a [n, inner] matrix.
static void column_sums(const float *x, float *y, long n, long inner, long width) {
    vf total = v_all(0);
    for (long start = 0; start == 0 || start < n; start += CAIRN_SUM_CHUNK) {
        long rows = n - start < CAIRN_SUM_CHUNK ? n - start : CAIRN_SUM_CHUNK;
        const float *p = x + start * inner;
        vf acc[16];
        for (int l = 0; l < 16; l++) acc[l] = v_all(0);
        long r = 0;
        if (width == VL) {
            for (; r + 16 <= rows; r += 16)
#pragma clang loop unroll(full)
                for (int l = 0; l < 16; l++) acc[l] = acc[l] + v_load(p + (r + l) * inner);
            for (int l = 0; r < rows; r++, l++) acc[l] = acc[l] + v_load(p + r * inner);
        } else {
            for (; r < rows; r++) acc[r & 15] = acc[r & 15] + v_load_first(p + r * inner, width);
        }
        for (int half = 8; half >= 1; half /= 2)
            for (int l = 0; l < half; l++) acc[l] = acc[l] + acc[l + half];
        total = start ? total + acc[0] : acc[0];
    }
    v_put_first(y, total, width);
}

/// Columns whose sixteen partial sums stay in the first-level cache.
#define SUM_COLS 256

/// Sums of SUM_COLS neighbouring columns: rows are read from end to end, which memory likes better than sixteen at once.
static void wide_column_sums(const float *x, float *y, long n, long inner) {
    float acc[16 * SUM_COLS] __attribute__((aligned(64))), total[SUM_COLS] __attribute__((aligned(64)));
    for (long start = 0; start < n; start += CAIRN_SUM_CHUNK) {
        const long rows = n - start < CAIRN_SUM_CHUNK ? n - start : CAIRN_SUM_CHUNK;
        memset(acc, 0, sizeof acc);
        for (long r = 0; r < rows; r++) {
            const float *row = x + (start + r) * inner;
            float *lane = acc + (r & 15) * SUM_COLS;
            for (long c = 0; c < SUM_COLS; c += VL) v_store(lane + c, v_load(lane + c) + v_load(row + c));
        }
        for (long half = 8 * SUM_COLS; half >= SUM_COLS; half /= 2)
            for (long c = 0; c < half; c += VL) v_store(acc + c, v_load(acc + c) + v_load(acc + half + c));
        for (long c = 0; c < SUM_COLS; c += VL)
            v_store(total + c, start ? v_load(total + c) + v_load(acc + c) : v_load(acc + c));
    }
    for (long c = 0; c < SUM_COLS; c += VL) v_put(y + c, v_load(total + c));
}

/// The largest (or smallest) of `n` >= 1 contiguous elements, a canonical NaN if there is any NaN. Keys compare as integers;
/// the largest magnitude tells whether there was a NaN.
INLINE float row_extreme(const float *x, long n, bool largest) {
    const vi magnitude = (vi)(0x7fffffff);
    vi first = v_int(v_all(x[0]));
    vi best = v_key(v_all(x[0])), worst = first & magnitude;
    vi best2 = best, worst2 = worst;
    long i = 0;
#define EXTREME(BEST, WORST, V)                                                                                  \
    {                                                                                                            \
        vi key = v_key(V);                                                                                       \
        BEST = largest ? __builtin_elementwise_max(BEST, key) : __builtin_elementwise_min(BEST, key);            \
        WORST = __builtin_elementwise_max(WORST, v_int(V) & magnitude);                                          \
    }
    for (; i + 2 * VL <= n; i += 2 * VL) {
        vf u = v_load(x + i), v = v_load(x + i + VL);
        EXTREME(best, worst, u)
        EXTREME(best2, worst2, v)
    }
    for (; i < n; i += VL) {
        // What is left of the last vector repeats the first element.
        long left = n - i < VL ? n - i : VL;
        vi lane = {0};
        for (int l = 0; l < VL; l++) lane[l] = l;
        vf v = v_select(lane < (vi)((int32_t)left), v_load_first(x + i, left), v_all(x[0]));
        EXTREME(best, worst, v)
    }
#undef EXTREME
    worst = __builtin_elementwise_max(worst, worst2);
    best = largest ? __builtin_elementwise_max(best, best2) : __builtin_elementwise_min(best, best2);
    if (__builtin_reduce_max(worst) > 0x7f800000) return __builtin_bit_cast(float, CANONICAL_NAN_BITS);
    int32_t key = largest ? __builtin_reduce_max(best) : __builtin_reduce_min(best);
    return __builtin_bit_cast(float, key ^ ((key >> 31) & 0x7fffffff));
}

static float row_maximum(const float *x, long n) { return row_extreme(x, n, true); }
static float row_minimum(const float *x, long n) { return row_extreme(x, n, false); }

static void column_extremes(const float *x, float *y, long n, long inner, long width, bool largest) {
    vf best = v_canonical(v_load_first(x, width));
    for (long r = 1; r < n; r++) {
        vf v = v_load_first(x + r * inner, width);
        best = largest ? v_maximum(best, v) : v_minimum(best, v);
    }
    v_put_first(y, best, width);
}

static void k_fold(int fold, const float *x, float *y, long outer, long n, long inner) {
    for (long o = 0; o < outer; o++) {
        const float *p = x + o * n * inner;
        float *q = y + o * inner;
        if (inner == 1) {
            float s = fold == CAIRN_FOLD_SUM ? row_sum(p, n)
                : fold == CAIRN_FOLD_MAXIMUM ? row_maximum(p, n)
                                             : row_minimum(p, n);
            *q = s_canonical(s);
        } else {
            long c = 0;
            if (fold == CAIRN_FOLD_SUM && n >= 64)
                for (; c + SUM_COLS <= inner; c += SUM_COLS) wide_column_sums(p + c, q + c, n, inner);
            for (; c < inner; c += VL) {
                long width = inner - c < VL ? inner - c : VL;
                if (fold == CAIRN_FOLD_SUM) column_sums(p + c, q + c, n, inner, width);
                else column_extremes(p + c, q + c, n, inner, width, fold == CAIRN_FOLD_MAXIMUM);
            }
        }
    }
}
