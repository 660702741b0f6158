// The functions of canonical arithmetic, lane by lane. Every constant and every operation is part of the
// definition; Sources/Tensor/Reference/Functions.swift is the same text in scalar Swift.

INLINE vf v_exp(vf x) {
    vf a = v_select(x > v_all(89.0f), v_all(89.0f), x);
    a = v_select(a < v_all(-104.0f), v_all(-104.0f), a);
    vf t = v_fma(a, v_all(0x1.715476p+0f), v_all(12582912.0f));
    vf n = t - v_all(12582912.0f);
    vf r = v_fma(n, v_all(-0x1.62e4p-1f), a);
    r = v_fma(n, v_all(-0x1.7f7d1cp-20f), r);
    vf p = v_all(0x1.6a5226p-10f);
    p = v_fma(p, r, v_all(0x1.123b10p-7f));
    p = v_fma(p, r, v_all(0x1.5558aep-5f));
    p = v_fma(p, r, v_all(0x1.555490p-3f));
    p = v_fma(p, r, v_all(0x1.fffffcp-2f));
    p = v_fma(p, r, v_all(1.0f));
    p = v_fma(p, r, v_all(1.0f));
#ifdef V_SCALE
    // p lies between 0.7 and 1.42, so the first of the two multiplications is exact and one rounding is left.
    return V_SCALE(p, n);
#else
    vi i = __builtin_bit_cast(vi, v_uint(t) - (vu)(0x4b400000u));
    vi i1 = i >> 1;
    vu u1 = __builtin_bit_cast(vu, i1);
    vu u2 = __builtin_bit_cast(vu, i) - u1;
    vf s1 = v_floatu((u1 + (vu)(127u)) << 23);
    vf s2 = v_floatu((u2 + (vu)(127u)) << 23);
    return (p * s1) * s2;
#endif
}

INLINE vf v_log(vf x) {
    vi small = x < v_all(0x1p-126f);
    vf a = v_select(small, x * v_all(0x1p23f), x);
    vu e = (v_uint(a) - (vu)(0x3f2aaaabu)) & (vu)(0xff800000u);
    vf m = v_floatu(v_uint(a) - e);
    vf n = __builtin_convertvector(__builtin_bit_cast(vi, e) >> 23, vf);
    n = v_select(small, n - v_all(23.0f), n);
    vf f = m - v_all(1.0f);
    vf p = v_all(-0x1.07e5fep-3f);
    p = v_fma(p, f, v_all(0x1.1e73a2p-3f));
    p = v_fma(p, f, v_all(-0x1.f32076p-4f));
    p = v_fma(p, f, v_all(0x1.1ed424p-3f));
    p = v_fma(p, f, v_all(-0x1.559d36p-3f));
    p = v_fma(p, f, v_all(0x1.99d05ep-3f));
    p = v_fma(p, f, v_all(-0x1.fffef4p-3f));
    p = v_fma(p, f, v_all(0x1.555506p-2f));
    p = v_fma(p, f, v_all(-0.5f));
    vf r = v_fma(p, f * f, f);
    r = v_fma(n, v_all(0x1.62e430p-1f), r);
    r = v_select(x == v_bits(0x7f800000), x, r);
    r = v_select(x == v_all(0.0f), v_bits((int32_t)0xff800000u), r);
    return v_select((x < v_all(0.0f)) | (x != x), v_bits(CANONICAL_NAN_BITS), r);
}

INLINE vf v_magnitude(vf x) { return v_floatu(v_uint(x) & (vu)(0x7fffffffu)); }
INLINE vf v_with_sign(vf y, vf x) {
    return v_floatu((v_uint(y) & (vu)(0x7fffffffu)) | (v_uint(x) & (vu)(0x80000000u)));
}

INLINE vf v_tanh(vf x) {
    vf a = v_magnitude(x);
    vf s = x * x;
    vf p = v_all(-0x1.9921a0p-8f);
    p = v_fma(p, s, v_all(0x1.58e518p-6f));
    p = v_fma(p, s, v_all(-0x1.b91e7ep-5f));
    p = v_fma(p, s, v_all(0x1.110ceep-3f));
    p = v_fma(p, s, v_all(-0x1.55554ap-2f));
    vf lo = v_fma(p * s, a, a);
    vf b = v_select(a > v_all(10.0f), v_all(10.0f), a);
    vf hi = v_all(1.0f) - v_all(2.0f) / (v_exp(b + b) + v_all(1.0f));
    return v_with_sign(v_select(a < v_all(0.55f), lo, hi), x);
}

INLINE vf v_erf(vf x) {
    vf a = v_magnitude(x);
    vf s = x * x;
    vf p = v_all(0x1.4f675ep-14f);
    p = v_fma(p, s, v_all(-0x1.a60a2ep-11f));
    p = v_fma(p, s, v_all(0x1.544a1ap-8f));
    p = v_fma(p, s, v_all(-0x1.b8011ap-6f));
    p = v_fma(p, s, v_all(0x1.ce2d64p-4f));
    p = v_fma(p, s, v_all(-0x1.812740p-2f));
    p = v_fma(p, s, v_all(0x1.06eba8p-3f));
    vf lo = v_fma(p, a, a);
    vf t = v_select(a > v_all(4.0f), v_all(4.0f), a);
    vf q = v_all(-0x1.78e138p-17f);
    q = v_fma(q, t, v_all(0x1.527e5ep-12f));
    q = v_fma(q, t, v_all(-0x1.dd6e38p-9f));
    q = v_fma(q, t, v_all(0x1.8551d2p-6f));
    q = v_fma(q, t, v_all(-0x1.b3259cp-4f));
    q = v_fma(q, t, v_all(-0x1.45328ap-1f));
    q = v_fma(q, t, v_all(-0x1.20ef1cp+0f));
    vf hi = v_all(1.0f) - v_exp(q * t);
    return v_with_sign(v_select(a < v_all(0.93f), lo, hi), x);
}

INLINE vf v_sigmoid(vf x) {
    vf t = v_exp(-v_magnitude(x));
    return v_select(x < v_all(0.0f), t, v_all(1.0f)) / (v_all(1.0f) + t);
}

INLINE vf v_gelu(vf x) {
    return (v_all(0.5f) * x) * (v_all(1.0f) + v_erf(x * v_all(0x1.6a09e6p-1f)));
}

INLINE vf v_gelu_tanh(vf x) {
    vf inner = v_fma(x * x, x * v_all(0x1.6e4e26p-5f), x) * v_all(0x1.988454p-1f);
    return (v_all(0.5f) * x) * (v_all(1.0f) + v_tanh(inner));
}
