package import Bytes

/// A value of the contract ABI.
package enum ABIValue: Hashable, Sendable {
    /// Any `uint`, and the two's complement of any `int`.
    case number(U256)
    case address(Address)
    case bool(Bool)
    /// `bytes` and `bytesN`.
    case bytes([UInt8])
    case string(String)
    /// Arrays of either kind, and tuples.
    case list([ABIValue])

    /// A `bytes32`.
    package static func hash(_ hash: Hash32) -> ABIValue { .bytes(hash.bytes) }

    /// A `uint` of 64 bits or more.
    package static func uint(_ value: UInt64) -> ABIValue { .number(U256(value)) }

    /// An `int`.
    package static func int(_ value: Int) -> ABIValue {
        let magnitude = U256(UInt64(value.magnitude))
        return .number(value < 0 ? U256.zero &- magnitude : magnitude)
    }
}

// MARK: - Taking decoded values apart

extension ABIValue {
    package var number: U256? { if case .number(let value) = self { value } else { nil } }
    package var uint64: UInt64? { number?.asUInt64 }
    package var address: Address? { if case .address(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var bytes: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }
    package var hash: Hash32? { bytes.flatMap { Hash32(checking: $0) } }
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var list: [ABIValue]? { if case .list(let value) = self { value } else { nil } }

    /// The value of an `int` within 64 bits.
    package var signed: Int? {
        guard let number else { return nil }
        if number.l3 >> 63 == 0 { return number.asInt }
        let magnitude = U256.zero &- number
        guard let low = magnitude.asUInt64, low <= UInt64(Int.max) + 1 else { return nil }
        return low == UInt64(Int.max) + 1 ? .min : -Int(low)
    }
}
