/// Results that every implementation must give, recorded from the reference after it passed the published vectors.
package enum KnownAnswers {
    /// a, b, c, then fma(a, b, c), a + b, a * b, a / b, sqrt(|a|).
    package static let scalars: [[UInt32]] = [
        [0x3f80_0001, 0x3f80_0001, 0xbf80_0002, 0x2880_0000, 0x4000_0001, 0x3f80_0002, 0x3f80_0000, 0x3f80_0000],
        [0x0080_0000, 0x3f00_0000, 0x0000_0001, 0x0040_0001, 0x3f00_0000, 0x0040_0000, 0x0100_0000, 0x2000_0000],
        [0x0000_0003, 0x3f00_0000, 0x8000_0001, 0x0000_0000, 0x3f00_0000, 0x0000_0002, 0x0000_0006, 0x1a9c_c471],
        [0x7f7f_ffff, 0x4000_0000, 0xff7f_ffff, 0x7f7f_ffff, 0x7f7f_ffff, 0x7f80_0000, 0x7eff_ffff, 0x5f7f_ffff],
        [0x7f80_0000, 0x0000_0000, 0x3f80_0000, 0x7fc0_0000, 0x7f80_0000, 0x7fc0_0000, 0x7f80_0000, 0x7f80_0000],
    ]

    package static let points: [UInt32] = [
        0x0000_0001, 0x8000_0000, 0x3eaa_aaab, 0xbf99_999a, 0x40a0_0000, 0xc2b0_0000, 0x42b1_0000, 0x7fc0_1234,
    ]

    /// For each function, its value at each point.
    package static let functions: [(UnaryOperation, [UInt32])] = [
        (
            .exp,
            [
                0x3f80_0000, 0x3f80_0000, 0x3fb2_a36e, 0x3e9a_3620, 0x4314_69c5, 0x0041_edc4, 0x7f4c_dcc3, 0x7fc0_0000,
            ]
        ),
        (
            .log,
            [
                0xc2ce_8ed0, 0xff80_0000, 0xbf8c_9f54, 0x7fc0_0000, 0x3fce_0210, 0x7fc0_0000, 0x408f_74c2, 0x7fc0_0000,
            ]
        ),
        (
            .tanh,
            [
                0x0000_0001, 0x8000_0000, 0x3ea4_9d52, 0xbf55_6a64, 0x3f7f_fa0d, 0xbf80_0000, 0x3f80_0000, 0x7fc0_0000,
            ]
        ),
        (
            .erf,
            [
                0x0000_0001, 0x8000_0000, 0x3eb9_ad04, 0xbf69_0a56, 0x3f80_0000, 0xbf80_0000, 0x3f80_0000, 0x7fc0_0000,
            ]
        ),
        (
            .sigmoid,
            [
                0x3f00_0000, 0x3f00_0000, 0x3f15_2352, 0x3e6d_07d6, 0x3f7e_4961, 0x0041_edc4, 0x3f80_0000, 0x7fc0_0000,
            ]
        ),
        (
            .gelu,
            [
                0x0000_0000, 0x8000_0000, 0x3e57_3b0f, 0xbe0d_65c9, 0x409f_fffd, 0x8000_0000, 0x42b1_0000, 0x7fc0_0000,
            ]
        ),
        (
            .geluTanh,
            [
                0x0000_0000, 0x8000_0000, 0x3e57_3a13, 0xbe0d_9dcb, 0x409f_ffff, 0x8000_0000, 0x42b1_0000, 0x7fc0_0000,
            ]
        ),
        (
            .relu,
            [
                0x0000_0001, 0x0000_0000, 0x3eaa_aaab, 0x0000_0000, 0x40a0_0000, 0x0000_0000, 0x42b1_0000, 0x7fc0_0000,
            ]
        ),
        (
            .sqrt,
            [
                0x1a35_04f3, 0x8000_0000, 0x3f13_cd3a, 0x7fc0_0000, 0x400f_1bbd, 0x7fc0_0000, 0x4116_84e4, 0x7fc0_0000,
            ]
        ),
        (
            .reciprocal,
            [
                0x7f80_0000, 0xff80_0000, 0x4040_0000, 0xbf55_5555, 0x3e4c_cccd, 0xbc3a_2e8c, 0x3c39_2144, 0x7fc0_0000,
            ]
        ),
    ]

    /// Digests of whole operations on the numbers of `sequence`.
    package static let digests: [(name: String, digest: UInt32)] = [
        ("matmul", 0x5bb3_b103),
        ("matmul A B^T", 0xa7f6_3446),
        ("matmul A^T B", 0xd68b_2bae),
        ("sum", 0x6849_ae2b),
        ("column sums", 0xe7f4_89b4),
        ("softmax", 0xa55f_0d8a),
        ("layer norm", 0xf4da_a501),
        ("cross-entropy", 0x2fab_cc7b),
        ("convolution", 0x71c5_62ce),
        ("convolution gradient of weights", 0x6eaa_6f35),
        ("convolution gradient of input", 0x9c0c_0d99),
    ]
}
