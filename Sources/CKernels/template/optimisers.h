// Optimiser steps, in place; Sources/Tensor/Reference/Optimisers.swift spells out the same operations.

/// A fixed-size group of lanes from each of several arrays, full or partial.
#define STEP_LOOP(BODY)                                                              \
    for (long i = 0; i < n; i += VL) {                                               \
        long left = n - i;                                                           \
        if (left >= VL) {                                                            \
            BODY(v_load, v_put, , )                                                  \
        } else {                                                                     \
            BODY(v_load_first, v_put_first, COMMA left, COMMA left)                  \
        }                                                                            \
    }
#define COMMA ,

static void k_sgd(float *p, const float *g, long n, float rate) {
    vf r = v_all(-rate);
#define BODY(LOAD, PUT, L, S) PUT(p + i, v_fma(r, LOAD(g + i L), LOAD(p + i L)) S);
    STEP_LOOP(BODY)
#undef BODY
}

static void k_momentum(float *p, float *v, const float *g, long n, float rate, float mu, bool nesterov) {
    vf r = v_all(-rate), m = v_all(mu);
#define BODY(LOAD, PUT, L, S)                         \
    vf d = LOAD(g + i L);                             \
    vf w = v_fma(m, LOAD(v + i L), d);                \
    vf direction = nesterov ? v_fma(m, w, d) : w;     \
    PUT(v + i, w S);                                  \
    PUT(p + i, v_fma(r, direction, LOAD(p + i L)) S);
    STEP_LOOP(BODY)
#undef BODY
}

static void k_adam(float *p, float *m, float *v, const float *g, long n, const struct cairn_adam *s) {
    vf b1 = v_all(s->beta1), b2 = v_all(s->beta2);
    vf a1 = v_all(1.0f - s->beta1), a2 = v_all(1.0f - s->beta2);
    vf c1 = v_all(1.0f - s->power1), c2 = v_all(1.0f - s->power2);
    vf r = v_all(-s->rate), e = v_all(s->epsilon), decay = v_all(-(s->rate * s->weight_decay));
    bool decays = s->weight_decay != 0.0f;
#define BODY(LOAD, PUT, L, S)                                   \
    vf d = LOAD(g + i L);                                       \
    vf first = v_fma(b1, LOAD(m + i L), a1 * d);                \
    vf second = v_fma(b2, LOAD(v + i L), (a2 * d) * d);         \
    vf q = LOAD(p + i L);                                       \
    if (decays) q = v_fma(decay, q, q);                         \
    vf step = (first / c1) / (v_sqrt(second / c2) + e);         \
    PUT(m + i, first S);                                        \
    PUT(v + i, second S);                                       \
    PUT(p + i, v_fma(r, step, q) S);
    STEP_LOOP(BODY)
#undef BODY
}

static void k_adagrad(float *p, float *v, const float *g, long n, float rate, float epsilon) {
    vf r = v_all(-rate), e = v_all(epsilon);
#define BODY(LOAD, PUT, L, S)                           \
    vf d = LOAD(g + i L);                               \
    vf w = v_fma(d, d, LOAD(v + i L));                  \
    vf step = d / (v_sqrt(w) + e);                      \
    PUT(v + i, w S);                                    \
    PUT(p + i, v_fma(r, step, LOAD(p + i L)) S);
    STEP_LOOP(BODY)
#undef BODY
}
