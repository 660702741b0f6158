import Testing
import Training

@Suite struct FixedPointTests {
    private let fixed = FixedPoint(scaleBits: 20)

    @Test func roundsHalfToEven() throws {
        let unit: Float = 0x1p-20
        #expect(try fixed.encode([0.5 * unit, 1.5 * unit, 2.5 * unit, -0.5 * unit, -1.5 * unit]) == [0, 2, 2, 0, -2])
        #expect(try fixed.encode([1, -1, 1024, -1024]) == [1 << 20, -(1 << 20), 1 << 30, -(1 << 30)])
        #expect(fixed.decode([1 << 20, -3]) == [1, -3 * unit])
    }

    @Test func refusesWhatDoesNotFit() {
        for value in [Float(1024.001), -1025, .infinity, .nan] {
            let error = #expect(throws: FixedPointError.self) { try fixed.encode([0, value]) }
            #expect(error?.message.contains("parameter 1") == true)
            #expect(error?.message.contains("value out of range") == true)
        }
    }

    @Test func bytesAreBigEndianTwosComplement() throws {
        let values: [Int32] = [1, -2, 1 << 30, -(1 << 30)]
        let bytes: [UInt8] = [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe, 0x40, 0, 0, 0, 0xc0, 0, 0, 0]
        #expect(FixedPoint.bytes(values) == bytes)
        #expect(try FixedPoint.values(bytes) == values)
        #expect(throws: FixedPointError.self) { try FixedPoint.values([0, 0, 1]) }
        #expect(throws: FixedPointError.self) { try FixedPoint.values([0x40, 0, 0, 1]) }
        #expect(throws: FixedPointError.self) { try FixedPoint.values([0xbf, 0xff, 0xff, 0xff]) }
    }

    /// floor((sum + floor(N/2)) / N), towards minus infinity, by hand.
    @Test func averagesAsTheContractDoes() {
        let updates: [(rows: Int, values: [Int32])] = [(3, [10, -10, 1, -7]), (1, [0, 0, -1, 0])]
        // (30 + 2) / 4, floor((-30 + 2) / 4), (2 + 2) / 4, floor((-21 + 2) / 4)
        #expect(FixedPoint.average(updates) == [8, -7, 1, -5])
        let extremes: [(rows: Int, values: [Int32])] = [(1 << 30, [1 << 30, -(1 << 30)]), (7, [1 << 30, -(1 << 30)])]
        #expect(FixedPoint.average(extremes) == [1 << 30, -(1 << 30)])
    }
}
