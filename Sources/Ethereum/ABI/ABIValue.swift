package import Bytes

/// A value of the contract ABI.
package indirect enum ABIValue: Hashable, Sendable {
    case uint(U256)
    /// In two's complement over all 256 bits, whatever the width of the type.
    case int(U256)
    case address(Address)
    case bool(Bool)
    /// As many bytes as the type has.
    case fixedBytes([UInt8])
    case bytes([UInt8])
    case string(String)
    /// Of either kind of array.
    case array([ABIValue])
    case tuple([ABIValue])
}

extension ABIValue {
    package static func uint(_ value: UInt64) -> ABIValue { .uint(U256(value)) }

    /// - Precondition: `value >= 0`.
    package static func uint(_ value: Int) -> ABIValue { .uint(U256(value)) }

    package static func int(_ value: Int) -> ABIValue {
        .int(value >= 0 ? U256(value) : ~U256(UInt64(~value)))
    }

    package static func bytes32(_ hash: Hash32) -> ABIValue { .fixedBytes(hash.bytes) }

    /// What kind of value this is, in words for errors.
    var kindName: String {
        switch self {
        case .uint: "an unsigned integer"
        case .int: "a signed integer"
        case .address: "an address"
        case .bool: "a boolean"
        case .fixedBytes(let bytes): "\(bytes.count) fixed bytes"
        case .bytes: "bytes"
        case .string: "a string"
        case .array: "an array"
        case .tuple: "a tuple"
        }
    }
}

// MARK: - Reading, with an error where the value is of another kind

extension ABIValue {
    private func mismatch(_ expected: String) -> ABIError { .mismatch(expected: expected, found: kindName) }

    package func u256() throws(ABIError) -> U256 {
        guard case .uint(let value) = self else { throw mismatch("an unsigned integer") }
        return value
    }

    package func uint64() throws(ABIError) -> UInt64 {
        let value = try u256()
        guard let small = value.asUInt64 else { throw .outOfRange(value: "\(value)", type: "64 bits") }
        return small
    }

    /// A signed or unsigned integer that fits into an `Int`.
    package func int() throws(ABIError) -> Int {
        switch self {
        case .uint(let value):
            guard let small = value.asInt else { throw .outOfRange(value: "\(value)", type: "63 bits") }
            return small
        case .int(let value):
            if let small = value.asInt { return small }
            guard let small = (~value).asInt else { throw .outOfRange(value: value.hexQuantity, type: "64 bits") }
            return ~small
        default: throw mismatch("an integer")
        }
    }

    package func address() throws(ABIError) -> Address {
        guard case .address(let value) = self else { throw mismatch("an address") }
        return value
    }

    package func bool() throws(ABIError) -> Bool {
        guard case .bool(let value) = self else { throw mismatch("a boolean") }
        return value
    }

    /// Bytes of fixed or free length.
    package func bytes() throws(ABIError) -> [UInt8] {
        switch self {
        case .bytes(let value), .fixedBytes(let value): return value
        default: throw mismatch("bytes")
        }
    }

    /// Exactly 32 fixed bytes.
    package func hash32() throws(ABIError) -> Hash32 {
        guard case .fixedBytes(let value) = self, let hash = Hash32(checking: value) else {
            throw mismatch("32 fixed bytes")
        }
        return hash
    }

    package func string() throws(ABIError) -> String {
        guard case .string(let value) = self else { throw mismatch("a string") }
        return value
    }

    /// The elements of an array or the members of a tuple.
    package func elements() throws(ABIError) -> [ABIValue] {
        switch self {
        case .array(let elements), .tuple(let elements): return elements
        default: throw mismatch("an array or a tuple")
        }
    }
}
