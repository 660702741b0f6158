extension U256 {
    /// Quotient and remainder; both are zero where `divisor` is (the EVM's rule).
    ///
    /// Schoolbook division in base 2^64 (Knuth, TAOCP volume 2, algorithm D).
    package func quotientAndRemainder(dividingBy divisor: U256) -> (quotient: U256, remainder: U256) {
        if divisor.isZero { return (.zero, .zero) }
        if self < divisor { return (.zero, self) }
        if divisor.l1 | divisor.l2 | divisor.l3 == 0 {
            let (quotient, remainder) = quotientAndRemainder(dividingByLimb: divisor.l0)
            return (quotient, U256(remainder))
        }
        let shift = (256 - divisor.bitWidth) & 63
        let count = (divisor.bitWidth + 63) >> 6
        let (n, d) = (self << shift, divisor << shift)
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 9) { scratch in
            let u = scratch.baseAddress!  // 9 words were asked for: 5 of dividend, 4 of divisor
            (u[0], u[1], u[2], u[3]) = (n.l0, n.l1, n.l2, n.l3)
            u[4] = shift == 0 ? 0 : l3 >> UInt64(64 - shift)
            let v = u + 5
            (v[0], v[1], v[2], v[3]) = (d.l0, d.l1, d.l2, d.l3)
            var quotient = U256.zero
            var j = 4 - count
            while j >= 0 {
                let digit = U256.quotientDigit(u + j, v, count)
                switch j {
                case 0: quotient.l0 = digit
                case 1: quotient.l1 = digit
                default: quotient.l2 = digit
                }
                j -= 1
            }
            return (quotient, U256(l0: u[0], l1: u[1], l2: u[2], l3: u[3]) >> shift)
        }
    }

    /// One digit of the quotient of `u[0...count]` by the normalised `v[0..<count]`; `u` keeps the remainder.
    private static func quotientDigit(
        _ u: UnsafeMutablePointer<UInt64>, _ v: UnsafePointer<UInt64>, _ count: Int
    ) -> UInt64 {
        let (high, next) = (v[count - 1], v[count - 2])
        let (n2, n1, n0) = (u[count], u[count - 1], u[count - 2])
        // An estimate from the first digits: at most two too large, after the test below at most one.
        var digit: UInt64
        var rest: UInt64
        var restOverflows = false
        if n2 >= high {
            digit = .max
            (rest, restOverflows) = n1.addingReportingOverflow(high)
        } else {
            (digit, rest) = high.dividingFullWidth((n2, n1))
        }
        while !restOverflows, UInt128(digit) * UInt128(next) > UInt128(rest) << 64 | UInt128(n0) {
            digit -= 1
            (rest, restOverflows) = rest.addingReportingOverflow(high)
        }
        if subtract(v, count, times: digit, from: u) {
            digit -= 1
            var carry: UInt64 = 0
            for i in 0..<count {
                let sum = UInt128(u[i]) + UInt128(v[i]) + UInt128(carry)
                u[i] = UInt64(truncatingIfNeeded: sum)
                carry = UInt64(truncatingIfNeeded: sum >> 64)
            }
            u[count] = u[count] &+ carry
        }
        return digit
    }

    /// Subtracts `v * digit`; true where the result would be negative (it wraps).
    private static func subtract(
        _ v: UnsafePointer<UInt64>, _ count: Int, times digit: UInt64, from u: UnsafeMutablePointer<UInt64>
    ) -> Bool {
        var (borrow, carry): (UInt64, UInt64) = (0, 0)
        for i in 0..<count {
            let product = UInt128(digit) * UInt128(v[i]) + UInt128(carry)
            carry = UInt64(truncatingIfNeeded: product >> 64)
            let (a, b1) = u[i].subtractingReportingOverflow(UInt64(truncatingIfNeeded: product))
            let (b, b2) = a.subtractingReportingOverflow(borrow)
            u[i] = b
            borrow = b1 || b2 ? 1 : 0
        }
        let (a, b1) = u[count].subtractingReportingOverflow(carry)
        let (b, b2) = a.subtractingReportingOverflow(borrow)
        u[count] = b
        return b1 || b2
    }

    /// Quotient and remainder by one limb.
    ///
    /// - Precondition: `divisor != 0`.
    package func quotientAndRemainder(dividingByLimb divisor: UInt64) -> (quotient: U256, remainder: UInt64) {
        var remainder: UInt64 = 0
        var quotient = U256.zero
        (quotient.l3, remainder) = divisor.dividingFullWidth((remainder, l3))
        (quotient.l2, remainder) = divisor.dividingFullWidth((remainder, l2))
        (quotient.l1, remainder) = divisor.dividingFullWidth((remainder, l1))
        (quotient.l0, remainder) = divisor.dividingFullWidth((remainder, l0))
        return (quotient, remainder)
    }

    /// The quotient rounded down; zero where `b` is zero.
    package static func / (a: U256, b: U256) -> U256 { a.quotientAndRemainder(dividingBy: b).quotient }

    /// The remainder; zero where `b` is zero.
    package static func % (a: U256, b: U256) -> U256 { a.quotientAndRemainder(dividingBy: b).remainder }
}
