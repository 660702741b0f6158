/// IEEE 754's binary16, as files hold it: programs compute in float32.
package enum HalfPrecision {
    /// The float32 that the bits stand for; exact.
    package static func float(_ bits: UInt16) -> Float {
        let (sign, exponent, fraction) = (UInt32(bits >> 15) << 31, UInt32(bits >> 10 & 0x1F), UInt32(bits & 0x3FF))
        switch exponent {
        case 0:
            let magnitude = Float(fraction) * 0x1p-24
            return Float(bitPattern: magnitude.bitPattern | sign)
        case 31: return fraction == 0 ? Float(bitPattern: sign | 0x7F80_0000) : Float(bitPattern: 0x7FC0_0000)
        default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }

    /// The nearest bits to a float32, ties to even; too large becomes infinite, NaN the quiet one.
    package static func bits(rounding value: Float) -> UInt16 {
        let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
        guard !value.isNaN else { return 0x7E00 }
        let magnitude = value.magnitude
        if magnitude >= 65520 { return sign | 0x7C00 }
        if magnitude < 0x1p-14 {
            // A multiple of 2^-24: the product is exact but for the rounding wanted.
            return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven))
        }
        let bits = magnitude.bitPattern - 112 << 23
        let (kept, rest) = (bits >> 13, bits & 0x1FFF)
        return sign | UInt16(truncatingIfNeeded: rest > 0x1000 || (rest == 0x1000 && kept & 1 == 1) ? kept + 1 : kept)
    }
}

extension BFloat16 {
    /// The bfloat16 nearest to a float32, ties to even; NaN the quiet one.
    package init(rounding value: Float) {
        let bits = value.bitPattern
        self.init(
            bits: value.isNaN
                ? 0x7FC0 : UInt16(truncatingIfNeeded: (UInt64(bits) + 0x7FFF + UInt64(bits >> 16 & 1)) >> 16))
    }

    /// The float32 that it stands for; exact.
    package var float: Float { Float(bitPattern: UInt32(bits) << 16) }
}

extension Tensor {
    /// The same numbers as float32, where they are bfloat16; any other tensor as it is.
    package var widened: Tensor {
        type == .bfloat16 ? Tensor(values(as: BFloat16.self).map(\.float), shape: shape) : self
    }
}
