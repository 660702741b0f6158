import Bytes
import JSON
import TestVectors
import Testing

@Suite struct U256Tests {
    @Test func equalsPythonsIntegers() throws {
        let cases = try #require(Vectors.load("u256").arrayValue)
        #expect(cases.count == 400)
        for item in cases {
            func word(_ index: Int) throws -> U256 {
                let text = try #require(item[index]?.stringValue)
                return try #require(U256(text))
            }
            let (a, b) = (try word(0), try word(1))
            #expect(try a &+ b == word(2))
            #expect(try a &- b == word(3))
            #expect(try a &* b == word(4))
            let (high, low) = a.multipliedFullWidth(by: b)
            #expect(try (high, low) == (word(5), word(4)))
            #expect(try a.multipliedReportingOverflow(by: b) == (word(4), word(5) != 0))
            #expect(try a / b == word(6))
            #expect(try a % b == word(7))
            let shift = try #require(word(8).asInt)
            #expect(try a << shift == word(9))
            #expect(try a >> shift == word(10))
            #expect(a.description == item[11]?.stringValue)
            #expect(U256(a.description) == a)
            #expect(a.hexQuantity == item[0]?.stringValue)
            #expect((a < b) == item[12]?.boolValue)
            #expect(a.bitWidth == item[13]?.intValue)
            #expect(a.addingReportingOverflow(b).overflow == (a &+ b < a))
            #expect(a.subtractingReportingOverflow(b).overflow == (a < b))
        }
    }

    /// All numbers whose limbs are 0, 1, 2^63 or all ones, against all others: the identities that define the
    /// operations.
    @Test func smallWorldIsConsistent() {
        let limbs: [UInt64] = [0, 1, 1 << 63, .max]
        var world = [U256]()
        for l0 in limbs {
            for l1 in limbs {
                for l2 in limbs {
                    for l3 in limbs { world.append(U256(l0: l0, l1: l1, l2: l2, l3: l3)) }
                }
            }
        }
        var failures = 0
        for a in world {
            for b in world {
                let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
                if b.isZero {
                    if !quotient.isZero || !remainder.isZero { failures += 1 }
                } else {
                    let (high, low) = quotient.multipliedFullWidth(by: b)
                    let (sum, carry) = low.addingReportingOverflow(remainder)
                    if !high.isZero || carry || sum != a || remainder >= b { failures += 1 }
                }
                if (a &+ b) &- b != a || a &- b != ~(b &+ ~a) { failures += 1 }
                if a &* b != b &* a || a.multipliedFullWidth(by: b).low != a &* b { failures += 1 }
                if (a & b) &+ (a | b) != a &+ b || (a ^ b) != (a | b) &- (a & b) { failures += 1 }
            }
            for shift in [0, 1, 63, 64, 65, 128, 191, 192, 255] {
                if a << shift != a &* (U256.one << shift) { failures += 1 }
                if a >> shift != a / (U256.one << shift) { failures += 1 }
            }
            if U256(bigEndian: a.minimalBytes) != a || U256(a.hash) != a || U256(a.description) != a { failures += 1 }
        }
        #expect(failures == 0)
    }

    @Test(arguments: ["", "0x", "-1", "+1", "1 ", " 1", "0xg", "1.0", "1e3", "0x1\(String(repeating: "0", count: 64))"])
    func refusesTextThatIsNoNumber(text: String) {
        #expect(U256(text) == nil)
    }

    @Test func limitsOfText() {
        let most = "115792089237316195423570985008687907853269984665640564039457584007913129639935"
        #expect(U256(most) == .max)
        #expect(U256.max.description == most)
        #expect(U256(most.dropLast() + "6") == nil)
        #expect(U256(most + "0") == nil)
        #expect(U256("0x" + String(repeating: "f", count: 64)) == .max)
        #expect(U256.zero.description == "0")
        #expect(U256.zero.hexQuantity == "0x0")
        #expect(U256("000012") == 12)
    }

    @Test func conversions() {
        #expect(U256(UInt128.max) == U256(l0: .max, l1: .max, l2: 0, l3: 0))
        #expect(U256(7).asInt == 7)
        #expect(U256(UInt64.max).asInt == nil)
        #expect(U256(UInt64.max).asUInt64 == .max)
        #expect((U256.one << 64).asUInt64 == nil)
        #expect(U256(Address(1, 2, 3)) == U256(Hash32(Array(repeating: 0, count: 12) + Address(1, 2, 3).bytes)))
    }
}
