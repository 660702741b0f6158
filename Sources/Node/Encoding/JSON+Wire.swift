import Bytes
import JSON

extension JSON {
    /// A number as JSON-RPC writes them: hexadecimal, no leading zeros.
    static func quantity(_ value: UInt64) -> JSON { .string("0x" + String(value, radix: 16)) }
    static func quantity(_ value: Int) -> JSON { .quantity(UInt64(value)) }
    static func quantity(_ value: U256) -> JSON {
        value.asUInt64.map { .quantity($0) } ?? .string(value.hexQuantity)
    }

    static func data(_ bytes: [UInt8]) -> JSON { .string(bytes.hex0x) }
    static func hash(_ hash: Hash32) -> JSON { .string(hash.hex0x) }
    static func address(_ address: Address) -> JSON { .string(address.hex0x) }
    static func address(_ address: Address?) -> JSON { address.map { .address($0) } ?? .null }

    /// Null for nil.
    static func optional<Value>(_ value: Value?, _ write: (Value) -> JSON) -> JSON { value.map(write) ?? .null }
}
