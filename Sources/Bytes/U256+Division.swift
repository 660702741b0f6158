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
        let d = divisor << shift
        let divisorLimbs = (divisor.bitWidth + 63) / 64
        let top = shift == 0 ? 0 : l3 >> (64 - UInt64(shift))
        let n = self << shift
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 13) { scratch in
            let u = scratch.baseAddress!  // 13 words were asked for: 5 of dividend, 4 of divisor, 4 of quotient
            (u[0], u[1], u[2], u[3], u[4]) = (n.l0, n.l1, n.l2, n.l3, top)
            let v = u + 5
            (v[0], v[1], v[2], v[3]) = (d.l0, d.l1, d.l2, d.l3)
            let q = u + 9
            (q[0], q[1], q[2], q[3]) = (0, 0, 0, 0)
            let (high, next) = (v[divisorLimbs - 1], v[divisorLimbs - 2])
            var j = 4 - divisorLimbs
            while j >= 0 {
                var digit: UInt64
                let (n2, n1, n0) = (u[j + divisorLimbs], u[j + divisorLimbs - 1], u[j + divisorLimbs - 2])
                if n2 >= high {
                    digit = .max
                } else {
                    var rest: UInt64
                    (digit, rest) = high.dividingFullWidth((n2, n1))
                    while UInt128(digit) * UInt128(next) > UInt128(rest) << 64 | UInt128(n0) {
                        digit -= 1
                        let (sum, overflow) = rest.addingReportingOverflow(high)
                        if overflow { break }
                        rest = sum
                    }
                }
                var (borrow, carry): (UInt64, UInt64) = (0, 0)
                for i in 0..<divisorLimbs {
                    let product = UInt128(digit) * UInt128(v[i]) + UInt128(carry)
                    carry = UInt64(truncatingIfNeeded: product >> 64)
                    let (a, b1) = u[j + i].subtractingReportingOverflow(UInt64(truncatingIfNeeded: product))
                    let (b, b2) = a.subtractingReportingOverflow(borrow)
                    u[j + i] = b
                    borrow = b1 || b2 ? 1 : 0
                }
                let (a, b1) = u[j + divisorLimbs].subtractingReportingOverflow(carry)
                let (b, b2) = a.subtractingReportingOverflow(borrow)
                u[j + divisorLimbs] = b
                if b1 || b2 {
                    digit -= 1
                    var add: UInt64 = 0
                    for i in 0..<divisorLimbs {
                        let sum = UInt128(u[j + i]) + UInt128(v[i]) + UInt128(add)
                        u[j + i] = UInt64(truncatingIfNeeded: sum)
                        add = UInt64(truncatingIfNeeded: sum >> 64)
                    }
                    u[j + divisorLimbs] = u[j + divisorLimbs] &+ add
                }
                q[j] = digit
                j -= 1
            }
            return (
                U256(l0: q[0], l1: q[1], l2: q[2], l3: q[3]),
                U256(l0: u[0], l1: u[1], l2: u[2], l3: u[3]) >> shift
            )
        }
    }

    /// Quotient and remainder by one non-zero limb.
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
