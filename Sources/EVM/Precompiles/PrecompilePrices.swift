import Bytes

extension Precompile {
    /// The gas for `input`; nil where the input is invalid before any price.
    func price(_ input: UnsafeRawBufferPointer, fork: Fork) -> UInt64? {
        let words = UInt64((input.count + 31) / 32)
        switch self {
        case .ecRecover: return 3000
        case .sha256: return 60 + 12 * words
        case .ripemd160: return 600 + 120 * words
        case .identity: return 15 + 3 * words
        case .modExp: return ModExp.price(input, fork: fork)
        case .bn254Add: return fork >= .istanbul ? 150 : 500
        case .bn254Mul: return fork >= .istanbul ? 6000 : 40000
        case .bn254Pairing:
            let pairs = UInt64(input.count / 192)
            return fork >= .istanbul ? 45000 + 34000 * pairs : 100_000 + 80000 * pairs
        case .blake2f:
            guard input.count == 213 else { return nil }
            return UInt64(UInt32(bigEndian: input.loadUnaligned(as: UInt32.self)))
        case .kzgPointEvaluation: return 50000
        case .blsG1Add: return 375
        case .blsG1MSM: return Self.multiPrice(input.count / 160, each: 12000, discounts: Self.discountsG1)
        case .blsG2Add: return 600
        case .blsG2MSM: return Self.multiPrice(input.count / 288, each: 22500, discounts: Self.discountsG2)
        case .blsPairing: return 37700 + 32600 * UInt64(input.count / 384)
        case .blsMapG1: return 5500
        case .blsMapG2: return 23800
        case .p256Verify: return 6900
        }
    }

    /// EIP-2537: `each` for every point, less the discount for so many.
    private static func multiPrice(_ points: Int, each: UInt64, discounts: [UInt64]) -> UInt64 {
        if points == 0 { return 0 }
        return UInt64(points) * each * discounts[min(points, discounts.count) - 1] / 1000
    }

    private static let discountsG1: [UInt64] = [
        1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665, 661, 658, 654,
        651, 648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621, 619, 617, 615, 613, 611, 609, 608, 606, 604,
        603, 601, 599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585, 584, 582, 581, 580, 579, 577, 576, 575, 574,
        573, 572, 570, 569, 568, 567, 566, 565, 564, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551,
        550, 549, 548, 547, 547, 546, 545, 544, 543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532,
        532, 531, 530, 529, 528, 528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519,
    ]

    private static let discountsG2: [UInt64] = [
        1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699, 693, 688, 683,
        679, 674, 670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637, 634, 632, 629, 627, 624, 622, 620, 618, 615,
        613, 611, 609, 607, 606, 604, 602, 600, 598, 597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582, 580, 579,
        578, 576, 575, 574, 573, 571, 570, 569, 568, 567, 566, 565, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554,
        553, 552, 552, 551, 550, 549, 548, 547, 546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536,
        535, 535, 534, 533, 532, 532, 531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524,
    ]
}
