// The functions of canonical arithmetic, lane by lane. Every constant and every operation is part of the
// definition; Sources/Tensor/Reference/Functions.swift is the same text in scalar Swift.
//
// table.h includes this for vectors V of floats, VI and VU of integers: native ones, and wide ones of several native vectors.
// One chain of a function leaves the multipliers waiting for its own last result, and a processor does not look far enough
// ahead to find the next vector's; with wide ones several chains take turns.

#define ALL(x) ((V)(x))
#define BITS(x) v_floatu((VU)(x))

/// What exp does between its clamps and its scaling: the polynomial, and n + 12582912 in *shifted.
OVERLOADED V v_exp_fraction(V a, V *shifted) {
    V t = v_fma(a, ALL(0x1.715476p+0f), ALL(12582912.0f));
    V n = t - ALL(12582912.0f);
    V r = v_fma(n, ALL(-0x1.62e4p-1f), a);
    r = v_fma(n, ALL(-0x1.7f7d1cp-20f), r);
    V p = ALL(0x1.6a5226p-10f);
    p = v_fma(p, r, ALL(0x1.123b10p-7f));
    p = v_fma(p, r, ALL(0x1.5558aep-5f));
    p = v_fma(p, r, ALL(0x1.555490p-3f));
    p = v_fma(p, r, ALL(0x1.fffffcp-2f));
    p = v_fma(p, r, ALL(1.0f));
    p = v_fma(p, r, ALL(1.0f));
    *shifted = t;
    return p;
}

OVERLOADED V v_exp(V x) {
    V a = v_select(x > ALL(89.0f), ALL(89.0f), x);
    a = v_select(a < ALL(-104.0f), ALL(-104.0f), a);
    V t, p = v_exp_fraction(a, &t);
#ifdef V_SCALE
    // p lies between 0.7 and 1.42, so the first of the two multiplications is exact and one rounding is left.
    return v_scale(p, t - ALL(12582912.0f));
#else
    VI i = __builtin_bit_cast(VI, v_uint(t) - (VU)(0x4b400000u));
    VI i1 = i >> 1;
    VU u1 = __builtin_bit_cast(VU, i1);
    VU u2 = __builtin_bit_cast(VU, i) - u1;
    V s1 = v_floatu((u1 + (VU)(127u)) << 23);
    V s2 = v_floatu((u2 + (VU)(127u)) << 23);
    return (p * s1) * s2;
#endif
}

/// exp(a) for -87 < a < 88, where scaling changes nothing but the exponent; of a NaN it makes anything.
OVERLOADED V v_exp_middling(V a) {
    V t, p = v_exp_fraction(a, &t);
    return v_floatu(v_uint(p) + (v_uint(t) << 23));
}

OVERLOADED V v_log(V x) {
    VI small = x < ALL(0x1p-126f);
    V a = v_select(small, x * ALL(0x1p23f), x);
    VU e = (v_uint(a) - (VU)(0x3f2aaaabu)) & (VU)(0xff800000u);
    V m = v_floatu(v_uint(a) - e);
    V n = __builtin_convertvector(__builtin_bit_cast(VI, e) >> 23, V);
    n = v_select(small, n - ALL(23.0f), n);
    V f = m - ALL(1.0f);
    V p = ALL(-0x1.07e5fep-3f);
    p = v_fma(p, f, ALL(0x1.1e73a2p-3f));
    p = v_fma(p, f, ALL(-0x1.f32076p-4f));
    p = v_fma(p, f, ALL(0x1.1ed424p-3f));
    p = v_fma(p, f, ALL(-0x1.559d36p-3f));
    p = v_fma(p, f, ALL(0x1.99d05ep-3f));
    p = v_fma(p, f, ALL(-0x1.fffef4p-3f));
    p = v_fma(p, f, ALL(0x1.555506p-2f));
    p = v_fma(p, f, ALL(-0.5f));
    V r = v_fma(p, f * f, f);
    r = v_fma(n, ALL(0x1.62e430p-1f), r);
    r = v_select(x == BITS(0x7f800000), x, r);
    r = v_select(x == ALL(0.0f), BITS(0xff800000), r);
    return v_select((x < ALL(0.0f)) | (x != x), BITS(CANONICAL_NAN_BITS), r);
}

OVERLOADED V v_magnitude(V x) { return v_floatu(v_uint(x) & (VU)(0x7fffffffu)); }
OVERLOADED V v_with_sign(V y, V x) {
    return v_floatu((v_uint(y) & (VU)(0x7fffffffu)) | (v_uint(x) & (VU)(0x80000000u)));
}

OVERLOADED V v_tanh(V x) {
    V a = v_magnitude(x);
    V s = x * x;
    V p = ALL(-0x1.9921a0p-8f);
    p = v_fma(p, s, ALL(0x1.58e518p-6f));
    p = v_fma(p, s, ALL(-0x1.b91e7ep-5f));
    p = v_fma(p, s, ALL(0x1.110ceep-3f));
    p = v_fma(p, s, ALL(-0x1.55554ap-2f));
    V lo = v_fma(p * s, a, a);
    V b = v_select(a > ALL(10.0f), ALL(10.0f), a);
    V hi = ALL(1.0f) - ALL(2.0f) / (v_exp_middling(b + b) + ALL(1.0f));
    // A NaN counts as near: it stays a NaN there.
    VI near = ~(a >= ALL(0.55f));
    return v_with_sign(v_select(near, lo, hi), x);
}

/// Both polynomials have seven coefficients, so one chain does for them: each lane multiplies its variable by its coefficients.
OVERLOADED V v_erf(V x) {
    V a = v_magnitude(x);
    V t = v_select(a > ALL(4.0f), ALL(4.0f), a);
    // A NaN counts as near: it stays a NaN there.
    VI near = ~(a >= ALL(0.93f));
    V z = v_select(near, x * x, t);
    V p = v_select(near, ALL(0x1.4f675ep-14f), ALL(-0x1.78e138p-17f));
    p = v_fma(p, z, v_select(near, ALL(-0x1.a60a2ep-11f), ALL(0x1.527e5ep-12f)));
    p = v_fma(p, z, v_select(near, ALL(0x1.544a1ap-8f), ALL(-0x1.dd6e38p-9f)));
    p = v_fma(p, z, v_select(near, ALL(-0x1.b8011ap-6f), ALL(0x1.8551d2p-6f)));
    p = v_fma(p, z, v_select(near, ALL(0x1.ce2d64p-4f), ALL(-0x1.b3259cp-4f)));
    p = v_fma(p, z, v_select(near, ALL(-0x1.812740p-2f), ALL(-0x1.45328ap-1f)));
    p = v_fma(p, z, v_select(near, ALL(0x1.06eba8p-3f), ALL(-0x1.20ef1cp+0f)));
    V lo = v_fma(p, a, a);
    V hi = ALL(1.0f) - v_exp_middling(p * t);
    return v_with_sign(v_select(near, lo, hi), x);
}

OVERLOADED V v_sigmoid(V x) {
    V t = v_exp(-v_magnitude(x));
    return v_select(x < ALL(0.0f), t, ALL(1.0f)) / (ALL(1.0f) + t);
}

OVERLOADED V v_gelu(V x) {
    return (ALL(0.5f) * x) * (ALL(1.0f) + v_erf(x * ALL(0x1.6a09e6p-1f)));
}

OVERLOADED V v_gelu_tanh(V x) {
    V inner = v_fma(x * x, x * ALL(0x1.6e4e26p-5f), x) * ALL(0x1.988454p-1f);
    return (ALL(0.5f) * x) * (ALL(1.0f) + v_tanh(inner));
}

#undef ALL
#undef BITS
