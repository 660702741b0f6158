import Bytes
package import JSON
import Ledger

/// The positional arguments of a call, read with geth's words for what is wrong.
struct Parameters: Sendable {
    let values: [JSON]

    init(_ values: [JSON]) { self.values = values }

    /// The argument; nil where it is absent or null.
    subscript(index: Int) -> JSON? {
        guard index < values.count, values[index] != .null else { return nil }
        return values[index]
    }

    /// The argument read as a `Value`, which must be there.
    func read<Value: WireReadable>(_ index: Int, as type: Value.Type = Value.self) throws(RPCError) -> Value {
        guard let json = self[index] else { throw .missing(index) }
        do { return try Value(wire: json) } catch { throw .invalid(index, error.message) }
    }

    /// The argument read as a `Value`, or nil where it is absent or null.
    func optional<Value: WireReadable>(_ index: Int, as type: Value.Type = Value.self) throws(RPCError) -> Value? {
        guard self[index] != nil else { return nil }
        return try read(index)
    }

    /// Bytes, which must be there.
    func bytes(_ index: Int) throws(RPCError) -> [UInt8] { try read(index, as: WireBytes.self).bytes }

    /// A block: a tag, a number, or EIP-1898's object; the newest where it is absent.
    func block(_ index: Int) throws(RPCError) -> BlockTag { try optional(index) ?? .latest }
}

/// What is wrong with a value, in geth's words.
package struct WireError: Error, Hashable, Sendable {
    package var message: String
    package init(_ message: String) { self.message = message }

    /// The words of Go's JSON decoder.
    static func cannotUnmarshal(_ what: String, into type: String) -> WireError {
        WireError("json: cannot unmarshal \(what) into Go value of type \(type)")
    }
}

/// Something that stands in a JSON-RPC argument.
package protocol WireReadable {
    init(wire json: JSON) throws(WireError)
}

/// The digits behind `0x`, checked as geth's hexutil does.
func wireDigits(_ json: JSON, type: String) throws(WireError) -> Substring.UTF8View {
    guard case .string(let text) = json else { throw .cannotUnmarshal("non-string", into: type) }
    guard !text.isEmpty else { throw .cannotUnmarshal("empty hex string", into: type) }
    guard text.hasPrefix("0x") || text.hasPrefix("0X") else {
        throw .cannotUnmarshal("hex string without 0x prefix", into: type)
    }
    return text.dropFirst(2).utf8
}

extension U256: WireReadable {
    /// A quantity: hexadecimal without leading zeros.
    package init(wire json: JSON) throws(WireError) {
        // Numbers are accepted as well: some clients send small quantities so.
        if let number = json.uint64Value {
            self.init(number)
            return
        }
        let digits = try wireDigits(json, type: "*hexutil.Big")
        guard !digits.isEmpty else { throw .cannotUnmarshal("hex string \"0x\"", into: "*hexutil.Big") }
        guard digits.count == 1 || digits.first != UInt8(ascii: "0") else {
            throw .cannotUnmarshal("hex number with leading zero digits", into: "*hexutil.Big")
        }
        guard digits.count <= 64 else { throw .cannotUnmarshal("hex number > 256 bits", into: "*hexutil.Big") }
        var value = U256.zero
        for digit in digits {
            guard let nibble = hexDigitValue(digit) else {
                throw .cannotUnmarshal("invalid hex string", into: "*hexutil.Big")
            }
            value = value << 4 | U256(UInt64(nibble))
        }
        self = value
    }
}

extension UInt64: WireReadable {
    package init(wire json: JSON) throws(WireError) {
        let value: U256
        do { value = try U256(wire: json) } catch {
            throw WireError(error.message.replacing("*hexutil.Big", with: "hexutil.Uint64"))
        }
        guard let small = value.asUInt64 else {
            throw .cannotUnmarshal("hex number > 64 bits", into: "hexutil.Uint64")
        }
        self = small
    }
}

/// Bytes of any number.
package struct WireBytes: WireReadable {
    package var bytes: [UInt8]

    package init(wire json: JSON) throws(WireError) {
        let digits = try wireDigits(json, type: "hexutil.Bytes")
        do { bytes = try [UInt8](hex: Substring(digits)) } catch {
            if case .oddLength = error { throw .cannotUnmarshal("hex string of odd length", into: "hexutil.Bytes") }
            throw .cannotUnmarshal("invalid hex string", into: "hexutil.Bytes")
        }
    }
}

/// Exactly `count` bytes.
private func fixedBytes(_ json: JSON, count: Int, type: String) throws(WireError) -> [UInt8] {
    let digits = try wireDigits(json, type: type)
    guard digits.count.isMultiple(of: 2) else { throw .cannotUnmarshal("hex string of odd length", into: type) }
    guard digits.count == 2 * count else {
        throw WireError("hex string has length \(digits.count), want \(2 * count) for \(type)")
    }
    do { return try [UInt8](hex: Substring(digits)) } catch {
        throw .cannotUnmarshal("invalid hex string", into: type)
    }
}

extension Address: WireReadable {
    package init(wire json: JSON) throws(WireError) {
        try self.init(fixedBytes(json, count: 20, type: "common.Address"))
    }
}

extension Hash32: WireReadable {
    package init(wire json: JSON) throws(WireError) { try self.init(fixedBytes(json, count: 32, type: "common.Hash")) }
}

extension Bool: WireReadable {
    package init(wire json: JSON) throws(WireError) {
        guard case .bool(let value) = json else { throw .cannotUnmarshal(json.goKind, into: "bool") }
        self = value
    }
}

extension String: WireReadable {
    package init(wire json: JSON) throws(WireError) {
        guard case .string(let value) = json else { throw .cannotUnmarshal(json.goKind, into: "string") }
        self = value
    }
}

extension JSON: WireReadable {
    package init(wire json: JSON) { self = json }

    /// What Go's decoder calls this kind of value.
    var goKind: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .integer, .double, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

/// A list of one kind of value.
struct WireList<Element: WireReadable>: WireReadable {
    var elements: [Element] = []

    package init(wire json: JSON) throws(WireError) {
        guard case .array(let values) = json else { throw .cannotUnmarshal(json.goKind, into: "[]\(Element.self)") }
        elements.reserveCapacity(values.count)
        for value in values { elements.append(try Element(wire: value)) }
    }
}
