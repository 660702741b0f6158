package import Bytes

/// Bytes from the operating system's cryptographic source.
package enum SystemRandom {
    /// `count` random bytes.
    package static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                var word = generator.next()
                while filled < count {
                    buffer[filled] = UInt8(truncatingIfNeeded: word)
                    word >>= 8
                    filled += 1
                    if filled.isMultiple(of: 8) { break }
                }
            }
        }
    }

    /// 32 random bytes.
    package static func hash32() -> Hash32 {
        var generator = SystemRandomNumberGenerator()
        return Hash32(generator.next(), generator.next(), generator.next(), generator.next())
    }
}
