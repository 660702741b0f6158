package import Bytes
import Crypto

/// Why numbers cannot be turned into fixed-point integers, or bytes into them.
package struct FixedPointError: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String

    package var description: String { message }
}

/// Real numbers as the integers that leave a holder: round-half-to-even(w * 2^scaleBits), at most 2^30 in size.
package struct FixedPoint: Sendable, Equatable {
    /// The greatest absolute value.
    package static let limit: Int32 = 1 << 30

    package let scaleBits: Int

    /// - Precondition: `scaleBits` is in 0...30.
    package init(scaleBits: Int) {
        precondition((0...30).contains(scaleBits), "scaleBits is in 0...30")
        self.scaleBits = scaleBits
    }

    /// Scaling by a power of two is exact, so that only the rounding to an integer rounds.
    package func encode(_ values: [Float]) throws(FixedPointError) -> [Int32] {
        let scale = Float(1 << scaleBits)
        var result: [Int32] = []
        result.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            let scaled = (value * scale).rounded(.toNearestOrEven)
            guard scaled.magnitude <= Float(Self.limit) else {
                throw FixedPointError(
                    message: "parameter \(index) is \(value): value out of range, it must be at most "
                        + "2^\(30 - scaleBits) in size at a scale of \(scaleBits) bits")
            }
            result.append(Int32(scaled))
        }
        return result
    }

    /// The nearest float32 of each integer over 2^scaleBits.
    package func decode(_ values: [Int32]) -> [Float] {
        let scale = Float(1 << scaleBits)
        return values.map { Float($0) / scale }
    }

    /// Four bytes each, big-endian two's complement.
    package static func bytes(_ values: [Int32]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * 4)
        for value in values {
            let bits = UInt32(bitPattern: value)
            bytes.append(UInt8(truncatingIfNeeded: bits >> 24))
            bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
            bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
            bytes.append(UInt8(truncatingIfNeeded: bits))
        }
        return bytes
    }

    /// keccak256 of the bytes: the content hash of parameters or of an update.
    package static func hash(_ values: [Int32]) -> Hash32 { keccak256(bytes(values)) }

    /// The integers in bytes, each checked against the limit.
    package static func values(_ bytes: [UInt8]) throws(FixedPointError) -> [Int32] {
        guard bytes.count % 4 == 0 else {
            throw FixedPointError(message: "\(bytes.count) bytes are no whole number of 32-bit integers")
        }
        var values: [Int32] = []
        values.reserveCapacity(bytes.count / 4)
        for start in stride(from: 0, to: bytes.count, by: 4) {
            var bits: UInt32 = 0
            for byte in bytes[start..<start + 4] { bits = bits << 8 | UInt32(byte) }
            let value = Int32(bitPattern: bits)
            guard value >= -limit, value <= limit else {
                throw FixedPointError(message: "value out of range: parameter \(start / 4) is \(value)")
            }
            values.append(value)
        }
        return values
    }

    /// The weighted mean that the contract computes: floor((sum(n * v) + floor(N / 2)) / N) per parameter.
    ///
    /// - Precondition: at least one update, all of one length, row counts positive and below 2^31 together.
    package static func average(_ updates: [(rows: Int, values: [Int32])]) -> [Int32] {
        let total = updates.reduce(0) { $0 + $1.rows }
        precondition(!updates.isEmpty && updates.allSatisfy { $0.rows > 0 } && total < 1 << 31, "no rows to weigh")
        let count = updates[0].values.count
        precondition(updates.allSatisfy { $0.values.count == count }, "updates of one length")
        var sums = [Int](repeating: total / 2, count: count)
        for update in updates {
            for index in 0..<count { sums[index] += update.rows * Int(update.values[index]) }
        }
        return sums.map { sum in
            let quotient = sum / total
            return Int32(sum % total < 0 ? quotient - 1 : quotient)
        }
    }
}
