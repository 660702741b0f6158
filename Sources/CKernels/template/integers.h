// Integer inference: products are exact, so any order gives the same bytes.

static void k_product_int8(const int8_t *a, const int8_t *b, int32_t *c, long m, long n, long k) {
    for (long i = 0; i < m; i++) {
        int32_t *row = c + i * n;
        memset(row, 0, (size_t)n * sizeof(int32_t));
        for (long l = 0; l < k; l++) {
            int32_t x = a[i * k + l];
            const int8_t *q = b + l * n;
            for (long j = 0; j < n; j++) row[j] = (int32_t)((uint32_t)row[j] + (uint32_t)(x * (int32_t)q[j]));
        }
    }
}

/// clamp(round-to-nearest-even(float(x) * scale) + zero point); the product is one binary32 multiplication.
static void k_requantise(const int32_t *x, float scale, int32_t zero_point, int8_t *y, long n) {
    for (long i = 0; i < n; i++) {
        float v = (float)x[i] * scale;
        v = v != v ? 0.0f : v;
        v = v > 1024.0f ? 1024.0f : v;
        v = v < -1024.0f ? -1024.0f : v;
        float t = v + 12582912.0f;
        uint32_t bits;
        memcpy(&bits, &t, 4);
        int32_t r = (int32_t)(bits - 0x4b400000u) + zero_point;
        r = r > 127 ? 127 : r;
        y[i] = (int8_t)(r < -128 ? -128 : r);
    }
}
