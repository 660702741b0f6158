extension U256 {
    /// The shortest hexadecimal form behind `0x`, as JSON-RPC quantities are written; `0x0` for zero.
    package var hexQuantity: String {
        if isZero { return "0x0" }
        let digits = bytes.hex.drop { $0 == "0" }
        return "0x" + digits
    }

    /// Reads decimal digits, or hexadecimal ones behind `0x`; nil where the text is anything else or too large.
    package init?(_ text: some StringProtocol) {
        var value = U256.zero
        let utf8 = Array(text.utf8)
        if utf8.starts(with: [0x30, 0x78]) {
            guard utf8.count > 2, utf8.count <= 66 else { return nil }
            for character in utf8.dropFirst(2) {
                guard let digit = hexDigitValue(character) else { return nil }
                value = value << 4 | U256(UInt64(digit))
            }
        } else {
            guard !utf8.isEmpty else { return nil }
            for character in utf8 {
                guard (0x30...0x39).contains(character) else { return nil }
                let (product, high) = value.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(U256(UInt64(character - 0x30)))
                guard !high, !carry else { return nil }
                value = sum
            }
        }
        self = value
    }
}

extension U256: CustomStringConvertible {
    /// The decimal digits.
    @usableFromInline
    package var description: String {
        var chunks = [String]()
        var rest = self
        repeat {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingByLimb: 10_000_000_000_000_000_000)
            chunks.append(String(remainder))
            rest = quotient
        } while !rest.isZero
        let head = chunks.removeLast()
        return chunks.reversed().reduce(head) {
            $0 + String(repeating: "0", count: 19 - $1.count) + $1
        }
    }
}
