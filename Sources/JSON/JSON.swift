/// A JSON value (RFC 8259) that loses nothing: numbers keep their exact value, objects their order.
///
///     let request: JSON = ["jsonrpc": "2.0", "method": "eth_blockNumber", "params": [], "id": 1]
///     let reply = try JSON(parsing: bytes)
///     let height = try reply.string("result")
///
/// Two values are equal where they are written alike: `1` and `1.0` differ, as do objects in another order.
package enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number without fraction and exponent that fits into 64 bits.
    case integer(Int64)
    /// A number with a fraction or exponent, of at most 17 significant digits; finite.
    case double(Double)
    /// The text of any other number, as it stood in the source.
    case number(String)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

extension JSON {
    /// What kind of value this is, in words for errors.
    package var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .double, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// An unsigned number of any size.
    package init(_ value: UInt64) { self = Int64(exactly: value).map(JSON.integer) ?? .number(String(value)) }

    package init(_ value: Int) { self = .integer(Int64(value)) }

    package init(_ text: String) { self = .string(text) }

    /// The value as a JSON number; `null` for infinities and NaN, which JSON cannot say.
    package init(_ value: Double) { self = value.isFinite ? .double(value) : .null }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(elements)) }
}
