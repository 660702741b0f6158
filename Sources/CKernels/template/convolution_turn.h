// The weights as the gradient of a convolution's input reads them.

/// Whether lanes go along the input channels: there are many of them, or the other form cannot hold all the taps.
static bool gradient_uses_lanes(const struct cairn_convolution *s) {
    return s->in_channels / s->groups >= LANE_CHANNELS || s->out_channels / s->groups > CAIRN_CHAIN
        || s->kernel_height * s->kernel_width > CAIRN_CHAIN;
}

static bool k_convolve_input_gradient_reads_padding(const struct cairn_convolution *s) { return !gradient_uses_lanes(s); }

/// Elements of the turned weights of some groups and some input channels of each.
static long k_convolve_turned_count(const struct cairn_convolution *s, long groups, long channels) {
    const long width = gradient_uses_lanes(s) ? (channels + NR - 1) / NR * NR : channels;
    return groups * s->kernel_height * s->kernel_width * (s->out_channels / s->groups) * width;
}

#ifdef V_LOOKUP
/// VL channels of nine taps as nine vectors of channels. Nine and VL have no common factor, so of the nine vectors that
/// hold the weights each holds, in a given lane, another tap: for each tap, take every lane from where it is, by turning the
/// vectors round in steps of 1, 2, 4 and 8, then put the lanes in order.
INLINE void turn_nine(const float *w, long step, float *turned) {
    // Vector v holds in lane l the tap (VL * v + l) mod 9; `inverse` times VL is 1 mod 9.
    const int inverse = VL == 16 ? 4 : 8;
    int32_t lanes[VL];
    for (int l = 0; l < VL; l++) lanes[l] = l;
    const vi lane = *(const vi_unaligned *)lanes, distance = (vi)(18) - lane;
    const vi turns = v_selecti(distance >= 9, v_selecti(distance >= 18, distance - 18, distance - 9), distance);
    vf r[9];
#pragma clang loop unroll(full)
    for (int v = 0; v < 9; v++) r[v] = v_load(w + inverse * v % 9 * VL);
#pragma clang loop unroll(full)
    for (int by = 1; by < 16; by *= 2) {
        vf next[9];
#pragma clang loop unroll(full)
        for (int v = 0; v < 9; v++) next[v] = v_select((turns & by) != 0, r[(v + by) % 9], r[v]);
#pragma clang loop unroll(full)
        for (int v = 0; v < 9; v++) r[v] = next[v];
    }
#pragma clang loop unroll(full)
    for (int v = 0; v < 9; v++) v_store(turned + v * step, V_LOOKUP(r[v], (lane * 9 + v) & (VL - 1)));
}
#endif

/// Up to NR channels of `kernel` taps each, as rows of NR channels, `step` apart.
INLINE void turn_taps(const float *w, long kernel, long channels, long step, float *turned) {
#ifdef V_LOOKUP
    if (kernel == 9 && channels == NR) {
        turn_nine(w, step, turned);
        turn_nine(w + 9 * VL, step, turned + VL);
        return;
    }
#endif
    pack_panel_transposed(w, kernel, kernel, channels, step, turned);
}

/// What the gradient of the input multiplies by, for some groups and some of the input channels of each: the weights as
/// [group][ky, kx][out][in] or, where lanes go along the input channels, in panels [group][in / NR][ky, kx][out][NR].
static void k_convolve_turn_weights(
    const struct cairn_convolution *s, const float *w, float *turned, long first_group, long groups, long first_channel,
    long channels) {
    const long in = s->in_channels / s->groups, out = s->out_channels / s->groups;
    const long kernel = s->kernel_height * s->kernel_width;
    w += (first_group * out * in + first_channel) * kernel;
    if (in == 1 && out == 1 && !gradient_uses_lanes(s)) {
        memcpy(turned, w, (size_t)(groups * kernel) * sizeof(float));
        return;
    }
    for (long group = 0; group < groups; group++, w += out * in * kernel) {
        if (!gradient_uses_lanes(s)) {
            for (long o = 0; o < out; o++)
                for (long c = 0; c < channels; c++)
                    for (long k = 0; k < kernel; k++)
                        turned[((group * kernel + k) * out + o) * channels + c] = w[(o * in + c) * kernel + k];
            continue;
        }
        for (long c = 0; c < channels; c += NR, turned += kernel * out * NR) {
            const long width = channels - c < NR ? channels - c : NR;
            if (kernel == 1) {
                pack_panel(w + c, in, out, width, turned);
                continue;
            }
            for (long o = 0; o < out; o++) {
                // What a later output channel needs lies too far off for the processor to foresee.
                for (long j = 0; j < NR * kernel; j += 16) __builtin_prefetch(w + ((o + 4) * in + c) * kernel + j);
                turn_taps(w + (o * in + c) * kernel, kernel, width, out * NR, turned + o * NR);
            }
        }
    }
}
