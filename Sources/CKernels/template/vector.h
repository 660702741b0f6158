// One vector vocabulary for every instruction set. A file named set_*.c defines VL (lanes of a native vector)
// and the target attribute, then includes this file and the kernels; nothing here is visible outside that file.
//
// Rules of canonical arithmetic that the vocabulary keeps: no contraction, no reassociation, fused multiply-add
// only where it is written, every stored NaN is 0x7fc00000.

#ifdef __FAST_MATH__
#error "Cairn's kernels define every bit of their results: never compile them with -ffast-math."
#endif

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#pragma clang fp contract(off)
// Wide vectors pass only between functions that are always inlined, so their calling convention never matters.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))
/// Also for wide vectors.
#define OVERLOADED INLINE __attribute__((overloadable))

typedef float vf __attribute__((ext_vector_type(VL), may_alias));
typedef int32_t vi __attribute__((ext_vector_type(VL), may_alias));
typedef uint32_t vu __attribute__((ext_vector_type(VL), may_alias));
typedef float vf_unaligned __attribute__((ext_vector_type(VL), aligned(4), may_alias));
typedef int32_t vi_unaligned __attribute__((ext_vector_type(VL), aligned(4), may_alias));

/// The sixteen lanes in which a canonical sum runs, on every instruction set.
typedef float vf16 __attribute__((ext_vector_type(16), may_alias));
typedef float vf16_unaligned __attribute__((ext_vector_type(16), aligned(4), may_alias));
typedef float vf8 __attribute__((ext_vector_type(8)));
typedef float vf4 __attribute__((ext_vector_type(4)));
typedef float vf2 __attribute__((ext_vector_type(2)));

#define CANONICAL_NAN_BITS 0x7fc00000

INLINE vf v_load(const float *p) { return *(const vf_unaligned *)p; }
INLINE void v_store(float *p, vf x) { *(vf_unaligned *)p = x; }
INLINE vf v_all(float x) { return (vf)(x); }
INLINE vf v_bits(int32_t x) { return __builtin_bit_cast(vf, (vi)(x)); }
INLINE vi v_int(vf x) { return __builtin_bit_cast(vi, x); }
OVERLOADED vu v_uint(vf x) { return __builtin_bit_cast(vu, x); }
INLINE vf v_float(vi x) { return __builtin_bit_cast(vf, x); }
OVERLOADED vf v_floatu(vu x) { return __builtin_bit_cast(vf, x); }
OVERLOADED vf v_select(vi mask, vf yes, vf no) { return mask ? yes : no; }
INLINE vi v_selecti(vi mask, vi yes, vi no) { return mask ? yes : no; }
INLINE vf v_sqrt(vf x) { return __builtin_elementwise_sqrt(x); }

/// The first `n` lanes from memory, the rest +0; reads nothing beyond them.
INLINE vf v_load_first(const float *p, long n) {
#ifdef V_LOAD_FIRST
    return V_LOAD_FIRST(p, n);
#else
    float lanes[VL] = {0};
    memcpy(lanes, p, (size_t)n * sizeof(float));
    return v_load(lanes);
#endif
}

/// Stores the first `n` lanes and touches nothing beyond them.
INLINE void v_store_first(float *p, vf x, long n) {
#ifdef V_STORE_FIRST
    V_STORE_FIRST(p, x, n);
#else
    float lanes[VL];
    v_store(lanes, x);
    memcpy(p, lanes, (size_t)n * sizeof(float));
#endif
}

/// Lanes [first, last) from memory, the rest +0; reads nothing else.
INLINE vf v_load_lanes(const float *p, long first, long last) {
#ifdef V_LOAD_LANES
    return V_LOAD_LANES(p, first, last);
#else
    float lanes[VL] = {0};
    memcpy(lanes + first, p + first, (size_t)(last - first) * sizeof(float));
    return v_load(lanes);
#endif
}

#ifdef EMULATED_FMA
typedef double vd __attribute__((ext_vector_type(VL)));
typedef int64_t vl __attribute__((ext_vector_type(VL)));
/// A true fma from binary64: the product is exact, the sum is rounded to odd, and the narrowing rounds once.
OVERLOADED vf v_fma(vf a, vf b, vf c) {
    vd p = __builtin_convertvector(a, vd) * __builtin_convertvector(b, vd);
    vd q = __builtin_convertvector(c, vd);
    vd s = p + q;
    vd back = s - p;
    vd e = (p - (s - back)) + (q - back);
    vl bits = __builtin_bit_cast(vl, s);
    vl away = ((e > 0) == (s > 0)) ? (vl)(1) : (vl)(-1);
    vl repair = ((e != 0) & (s - s == 0) & ((bits & 1) == 0)) ? away : (vl)(0);
    return __builtin_convertvector(__builtin_bit_cast(vd, bits + repair), vf);
}
#else
OVERLOADED vf v_fma(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }
#endif

/// What a tensor may hold: every NaN becomes the one NaN. The test is on the bits, because to a compiler every NaN that
/// an operation makes is as good as any other: it folds `x != x ? nan : x` away.
INLINE vf v_canonical(vf x) {
#ifdef V_CANONICAL
    return V_CANONICAL(x);
#else
    vi b = v_int(x);
    return v_float(v_selecti((b & 0x7fffffff) > 0x7f800000, (vi)(CANONICAL_NAN_BITS), b));
#endif
}
INLINE void v_put(float *p, vf x) { v_store(p, v_canonical(x)); }
INLINE void v_put_first(float *p, vf x, long n) { v_store_first(p, v_canonical(x), n); }

INLINE float s_canonical(float x) {
    int32_t b = __builtin_bit_cast(int32_t, x);
    return __builtin_bit_cast(float, (b & 0x7fffffff) > 0x7f800000 ? CANONICAL_NAN_BITS : b);
}

#ifdef V_SCALE
OVERLOADED vf v_scale(vf x, vf n) { return V_SCALE(x, n); }
#endif

#ifdef WIDE
/// WIDE vectors as one, for functions; V_EACH_PART does to each what has no wide form.
typedef float vw __attribute__((ext_vector_type(WIDE * VL), may_alias));
typedef int32_t vwi __attribute__((ext_vector_type(WIDE * VL), may_alias));
typedef uint32_t vwu __attribute__((ext_vector_type(WIDE * VL), may_alias));
typedef float vw_unaligned __attribute__((ext_vector_type(WIDE * VL), aligned(4), may_alias));
OVERLOADED vwu v_uint(vw x) { return __builtin_bit_cast(vwu, x); }
OVERLOADED vw v_floatu(vwu x) { return __builtin_bit_cast(vw, x); }
OVERLOADED vw v_select(vwi mask, vw yes, vw no) { return mask ? yes : no; }
OVERLOADED vw v_fma(vw a, vw b, vw c) { return __builtin_elementwise_fma(a, b, c); }
OVERLOADED vw v_scale(vw x, vw n) { return V_EACH_PART(V_SCALE, x, n); }
INLINE vf canonical_part(vf x, vf same) { return v_canonical(x); }
INLINE vw wide_load(const float *p) { return *(const vw_unaligned *)p; }
INLINE void wide_put(float *p, vw x) { *(vw_unaligned *)p = V_EACH_PART(canonical_part, x, x); }
#endif

/// x > 0 ? x : (NaN ? NaN : +0)
INLINE vf v_relu(vf x) { return v_select((x > 0) | (x != x), x, v_all(0)); }

/// Order-preserving map from bit patterns to signed integers: -0 < +0, NaN outermost.
INLINE vi v_key(vf x) {
    vi b = v_int(x);
    return b ^ ((b >> 31) & 0x7fffffff);
}
INLINE vf v_maximum(vf a, vf b) {
    vf m = v_select(v_key(a) > v_key(b), a, b);
    return v_select((a != a) | (b != b), v_bits(CANONICAL_NAN_BITS), m);
}
INLINE vf v_minimum(vf a, vf b) {
    vf m = v_select(v_key(a) < v_key(b), a, b);
    return v_select((a != a) | (b != b), v_bits(CANONICAL_NAN_BITS), m);
}

/// Lanes of two vectors in turn, from their lower or their upper halves.
#if VL == 16
#define V_ZIP_LOW(a, b) \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define V_ZIP_HIGH(a, b) \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#elif VL == 8
#define V_ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define V_ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#elif VL == 4
#define V_ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define V_ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#endif

/// Every second lane of two vectors in turn, from the first or from the second on.
#if VL == 16
#define V_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define V_ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#elif VL == 8
#define V_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define V_ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#elif VL == 4
#define V_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6)
#define V_ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7)
#endif

/// What transposes: lanes of two vectors in turn, one by one or in pairs, within each block of four; and every second block
/// of two vectors, from the first or from the second on.
#if VL == 16
#define V_ONES_LOW(a, b) \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define V_ONES_HIGH(a, b) \
    __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define V_TWOS_LOW(a, b) \
    __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define V_TWOS_HIGH(a, b) \
    __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#define V_FOURS_EVEN(a, b) \
    __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define V_FOURS_ODD(a, b) \
    __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)
#elif VL == 8
#define V_ONES_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define V_ONES_HIGH(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define V_TWOS_LOW(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define V_TWOS_HIGH(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define V_FOURS_EVEN(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define V_FOURS_ODD(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
#elif VL == 4
#define V_ONES_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define V_ONES_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define V_TWOS_LOW(a, b) __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define V_TWOS_HIGH(a, b) __builtin_shufflevector(a, b, 2, 3, 6, 7)
#endif
