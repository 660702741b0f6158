// Elementwise kernels: the same expression on every lane; what is stored is canonical.

#define EACH(NAME, EXPRESSION)                                  \
    static void NAME(const float *x, float *y, long n) {        \
        long i = 0;                                             \
        for (; i + VL <= n; i += VL) {                          \
            vf v = v_load(x + i);                               \
            v_put(y + i, EXPRESSION);                           \
        }                                                       \
        if (i < n) {                                            \
            vf v = v_load_first(x + i, n - i);                  \
            v_put_first(y + i, EXPRESSION, n - i);              \
        }                                                       \
    }

#ifdef WIDE
#define FUNCTION(NAME, EXPRESSION)                                  \
    EACH(NAME##_narrow, EXPRESSION)                                 \
    static void NAME(const float *x, float *y, long n) {            \
        long i = 0;                                                 \
        for (; i + WIDE * VL <= n; i += WIDE * VL) {                \
            vw v = wide_load(x + i);                                \
            wide_put(y + i, EXPRESSION);                            \
        }                                                           \
        NAME##_narrow(x + i, y + i, n - i);                         \
    }
#else
#define FUNCTION(NAME, EXPRESSION) EACH(NAME, EXPRESSION)
#endif

FUNCTION(each_exp, v_exp(v))
FUNCTION(each_log, v_log(v))
FUNCTION(each_tanh, v_tanh(v))
FUNCTION(each_erf, v_erf(v))
FUNCTION(each_sigmoid, v_sigmoid(v))
FUNCTION(each_gelu, v_gelu(v))
FUNCTION(each_gelu_tanh, v_gelu_tanh(v))
EACH(each_relu, v_relu(v))
EACH(each_negate, v_floatu(v_uint(v) ^ (vu)(0x80000000u)))
EACH(each_abs, v_magnitude(v))
EACH(each_sqrt, v_sqrt(v))
EACH(each_reciprocal, v_all(1.0f) / v)
EACH(each_square, v *v)
EACH(each_copy, v)

static void k_unary(int op, const float *x, float *y, long n) {
    switch (op) {
    case CAIRN_EXP: each_exp(x, y, n); break;
    case CAIRN_LOG: each_log(x, y, n); break;
    case CAIRN_TANH: each_tanh(x, y, n); break;
    case CAIRN_ERF: each_erf(x, y, n); break;
    case CAIRN_SIGMOID: each_sigmoid(x, y, n); break;
    case CAIRN_GELU: each_gelu(x, y, n); break;
    case CAIRN_GELU_TANH: each_gelu_tanh(x, y, n); break;
    case CAIRN_RELU: each_relu(x, y, n); break;
    case CAIRN_NEGATE: each_negate(x, y, n); break;
    case CAIRN_ABS: each_abs(x, y, n); break;
    case CAIRN_SQRT: each_sqrt(x, y, n); break;
    case CAIRN_RECIPROCAL: each_reciprocal(x, y, n); break;
    case CAIRN_SQUARE: each_square(x, y, n); break;
    default: each_copy(x, y, n); break;
    }
}

/// One operand of an elementwise kernel: a step of 0 repeats the first element.
INLINE vf operand(const float *p, long step, long i) { return step ? v_load(p + i) : v_all(*p); }
INLINE vf operand_first(const float *p, long step, long i, long n) {
    return step ? v_load_first(p + i, n) : v_all(*p);
}

#define PAIRWISE(NAME, EXPRESSION)                                                                     \
    INLINE void NAME##_steps(const float *a, long s, const float *b, long t, float *y, long n) {        \
        long i = 0;                                                                                    \
        for (; i + VL <= n; i += VL) {                                                                 \
            vf u = operand(a, s, i), v = operand(b, t, i);                                             \
            v_put(y + i, EXPRESSION);                                                                  \
        }                                                                                              \
        if (i < n) {                                                                                   \
            vf u = operand_first(a, s, i, n - i), v = operand_first(b, t, i, n - i);                   \
            v_put_first(y + i, EXPRESSION, n - i);                                                     \
        }                                                                                              \
    }                                                                                                  \
    static void NAME(const float *a, long s, const float *b, long t, float *y, long n) {                \
        if (s && t) NAME##_steps(a, 1, b, 1, y, n);                                                    \
        else if (s) NAME##_steps(a, 1, b, 0, y, n);                                                    \
        else if (t) NAME##_steps(a, 0, b, 1, y, n);                                                    \
        else NAME##_steps(a, 0, b, 0, y, n);                                                           \
    }

PAIRWISE(pair_add, u + v)
PAIRWISE(pair_subtract, u - v)
PAIRWISE(pair_multiply, u *v)
PAIRWISE(pair_divide, u / v)
PAIRWISE(pair_maximum, v_maximum(u, v))
PAIRWISE(pair_minimum, v_minimum(u, v))

static void k_binary(int op, const float *a, long s, const float *b, long t, float *y, long n) {
    switch (op) {
    case CAIRN_ADD: pair_add(a, s, b, t, y, n); break;
    case CAIRN_SUBTRACT: pair_subtract(a, s, b, t, y, n); break;
    case CAIRN_MULTIPLY: pair_multiply(a, s, b, t, y, n); break;
    case CAIRN_DIVIDE: pair_divide(a, s, b, t, y, n); break;
    case CAIRN_MAXIMUM: pair_maximum(a, s, b, t, y, n); break;
    default: pair_minimum(a, s, b, t, y, n); break;
    }
}

static void k_fma(
    const float *a, long r, const float *b, long s, const float *c, long t, float *y, long n) {
    long i = 0;
    for (; i + VL <= n; i += VL) v_put(y + i, v_fma(operand(a, r, i), operand(b, s, i), operand(c, t, i)));
    if (i < n) {
        long m = n - i;
        vf z = v_fma(operand_first(a, r, i, m), operand_first(b, s, i, m), operand_first(c, t, i, m));
        v_put_first(y + i, z, m);
    }
}

static void k_relu_gradient(const float *y, const float *g, float *out, long n) {
    long i = 0;
    for (; i + VL <= n; i += VL) v_put(out + i, v_select(v_load(y + i) > 0, v_load(g + i), v_all(0)));
    if (i < n) {
        vf z = v_select(v_load_first(y + i, n - i) > 0, v_load_first(g + i, n - i), v_all(0));
        v_put_first(out + i, z, n - i);
    }
}

/// bfloat16 storage: round to nearest even in integers; a NaN becomes 0x7fc0.
static void k_narrow(const float *x, uint16_t *y, long n) {
    for (long i = 0; i < n; i++) {
        uint32_t b;
        memcpy(&b, x + i, 4);
        uint32_t r = (b + 0x7fffu + ((b >> 16) & 1u)) >> 16;
        y[i] = (b & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : (uint16_t)r;
    }
}

static void k_widen(const uint16_t *x, float *y, long n) {
    for (long i = 0; i < n; i++) {
        uint32_t b = (uint32_t)x[i] << 16;
        b = (b & 0x7fffffffu) > 0x7f800000u ? CANONICAL_NAN_BITS : b;
        memcpy(y + i, &b, 4);
    }
}
