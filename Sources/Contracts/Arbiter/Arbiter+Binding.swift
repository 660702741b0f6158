package import Bytes
package import Ethereum
package import Ledger

/// One scalar operation of the canonical arithmetic, executed by the chain (contracts/Arbiter.vy).
///
/// Numbers are bit patterns: `UInt32` stands for the binary32 number with these bits.
package struct Arbiter: BoundContract {
    package static let interface = ContractInterface(.arbiter)
    package let address: Address
    package let chain: any Chain
    /// It emits no events.
    package let firstBlock: UInt64 = 0

    package init(at address: Address, on chain: any Chain) { (self.address, self.chain) = (address, chain) }

    /// An operation on two numbers; the raw value is the contract's.
    package enum Binary: UInt8, CaseIterable, Sendable {
        case add, subtract, multiply, divide, maximum, minimum
        /// 1 where the first is below the second, as an integer; 0 otherwise.
        case less
    }

    /// An operation on one number; the raw value is the contract's.
    package enum Unary: UInt8, CaseIterable, Sendable {
        case sqrt, exp, log, tanh, erf, sigmoid, gelu, geluTanh
    }

    // MARK: Transactions

    package static func deployment() -> ContractCall { interface.deployment() }

    // MARK: Views

    /// The version of the arithmetic that the contract decides.
    package func version(at block: BlockTag = .latest) async throws(ChainError) -> UInt64 {
        var values = try await read("VERSION", at: block)
        return try values.uint64()
    }

    /// a * b + c, rounded once.
    package func fma(
        _ a: UInt32, _ b: UInt32, _ c: UInt32, at block: BlockTag = .latest
    ) async throws(ChainError) -> UInt32 {
        try await number("fma", [.uint(UInt64(a)), .uint(UInt64(b)), .uint(UInt64(c))], at: block)
    }

    package func callAsFunction(
        _ operation: Binary, _ a: UInt32, _ b: UInt32, at block: BlockTag = .latest
    ) async throws(ChainError) -> UInt32 {
        let code = UInt64(operation.rawValue)
        return try await number("binary", [.uint(code), .uint(UInt64(a)), .uint(UInt64(b))], at: block)
    }

    package func callAsFunction(
        _ operation: Unary, _ a: UInt32, at block: BlockTag = .latest
    ) async throws(ChainError) -> UInt32 {
        try await number("unary", [.uint(UInt64(operation.rawValue)), .uint(UInt64(a))], at: block)
    }

    /// The number nearest to an integer.
    package func number(nearestTo integer: Int64, at block: BlockTag = .latest) async throws(ChainError) -> UInt32 {
        try await number("fromInteger", [.int(Int(integer))], at: block)
    }

    /// The integer nearest to a number, ties to even; the end of `Int32` for what is beyond, 0 for NaN.
    package func integer(nearestTo a: UInt32, at block: BlockTag = .latest) async throws(ChainError) -> Int32 {
        var fields = try await read("toInteger", [.uint(UInt64(a))], at: block)
        return Int32(truncatingIfNeeded: try fields.number().l0)
    }

    /// c = fma(a[k], b[k], c) over all k, from +0.
    ///
    /// - Precondition: as many numbers in `a` as in `b`, at most 256.
    package func chain(_ a: [UInt32], _ b: [UInt32], at block: BlockTag = .latest) async throws(ChainError) -> UInt32 {
        precondition(a.count == b.count && a.count <= 256, "a chain has two operands of the same length, at most 256")
        return try await number(
            "chain", [.number(U256(a.count)), .list(Arbiter.words(a)), .list(Arbiter.words(b))], at: block)
    }

    /// Eight numbers a word, the first one in the highest bits, zeros behind the last.
    package static func words(_ numbers: [UInt32]) -> [ABIValue] {
        stride(from: 0, to: numbers.count, by: 8).map { start in
            var word = U256.zero
            for place in start..<start + 8 {
                word = word << 32 | U256(UInt64(place < numbers.count ? numbers[place] : 0))
            }
            return .number(word)
        }
    }

    private func number(_ name: String, _ values: [ABIValue], at block: BlockTag) async throws(ChainError) -> UInt32 {
        var fields = try await read(name, values, at: block)
        return UInt32(truncatingIfNeeded: try fields.uint64())
    }
}
