// Which form a convolution or a gradient of one takes.

/// `packed`: where the weights of the group's arranged channels begin, or null.
static void conv_run(const struct conv_piece *piece, const float *packed) {
    const struct cairn_convolution *s = piece->s;
    const long area = s->out_height * s->out_width;
    if (packed) {
        conv_lanes(piece, packed);
    } else if (conv_is_product(s) && (area >= 4 * NR || piece->images == 1)) {
        struct cairn_product p = {.a = piece->w, .bias = piece->bias, .m = piece->channels, .n = area};
        p.k = p.lda = s->in_channels / s->groups;
        p.ldb = p.ldc = area;
        p.bias_per_row = true;
        p.activation = piece->activation;
        for (long image = 0; image < piece->images; image++) {
            p.b = piece->x + image * s->in_channels * area;
            p.c = piece->y + image * s->out_channels * area;
            k_product(&p);
        }
    } else {
        conv_direct(piece);
    }
}

static void k_convolve(
    const struct cairn_convolution *s, const float *x, const float *w, const float *bias, int activation, float *y,
    long first_image, long images, long first_channel, long channels) {
    const long area = s->out_height * s->out_width, in = s->in_channels / s->groups, out = s->out_channels / s->groups;
    const long links = in * s->kernel_height * s->kernel_width;
    const bool lanes = conv_uses_lanes(s);
    if (area == 0 || images == 0) return;
    if (conv_is_depthwise(s)) {
        conv_depthwise(s, x, w, bias, activation, y, first_image, images, first_channel, channels);
        return;
    }
    for (long c = first_channel; c < first_channel + channels;) {
        long group = c / out;
        long end = (group + 1) * out < first_channel + channels ? (group + 1) * out : first_channel + channels;
        struct conv_piece piece = {.s = s, .activation = activation, .images = images, .channels = end - c};
        piece.x = x + (first_image * s->in_channels + group * in) * s->height * s->width;
        piece.w = w + c * links;
        piece.bias = bias ? bias + c : NULL;
        piece.y = y + (first_image * s->out_channels + c) * area;
        const long padded = (out + NR - 1) / NR * NR;
        conv_run(&piece, lanes ? w + (group * padded + c % out) * links : NULL);
        c = end;
    }
}

static void k_convolve_weight_gradient(
    const struct cairn_convolution *s, const float *x, const float *g, float *dw, long first_group, long groups,
    long first_in, long ins, long first_out, long outs) {
    if (conv_is_depthwise(s)) {
        for (long c = first_group; c < first_group + groups; c += VL)
            depth_weight_gradient(s, x, g, dw, c, first_group + groups - c < VL ? first_group + groups - c : VL);
        return;
    }
    for (long group = first_group; group < first_group + groups; group++)
        weight_gradient_group(s, x, g, dw, group, first_in, ins, first_out, outs);
}

static void k_convolve_input_gradient(
    const struct cairn_convolution *s, const float *turned, const float *g, float *dx, long first_image, long images,
    long first_group, long groups, long first_channel, long channels) {
    if (conv_is_depthwise(s)) {
        depth_input_gradient(s, turned, g, dx, first_image, images, first_group, groups);
        return;
    }
    for (long group = 0; group < groups; group++)
        input_gradient_group(
            s, turned + k_convolve_turned_count(s, group, channels), g, dx, first_image, images, first_group + group,
            first_channel, channels);
}
