import Bytes
import Crypto
import JSON

extension TypedData {
    /// `keccak256(typeHash || encodeData)`.
    func hashStruct(_ name: String, _ value: JSON, at place: String, depth: Int) throws(TypedDataError) -> Hash32 {
        guard let object = value.objectValue else {
            throw TypedDataError(place, "want an object of type \(name), found \(value.kindName)")
        }
        guard depth > 0 else { throw TypedDataError(place, "is nested too deeply") }
        guard let members = types[name] else { throw TypedDataError(place, "\(name) is no type of the data") }
        var hasher = Keccak256()
        hasher.update(keccak256(utf8: try encodeType(name)))
        for member in members {
            let path = place + "." + member.name
            hasher.update(try encode(member.type, object[member.name] ?? .null, at: path, depth: depth - 1))
        }
        return hasher.finalize()
    }

    /// The 32 bytes that stand for a value.
    private func encode(
        _ type: String, _ value: JSON, at place: String, depth: Int
    ) throws(TypedDataError) -> Hash32 {
        if type.last == "]" { return try encodeArray(type, value, at: place, depth: depth) }
        if types[type] != nil {
            // A missing struct counts as zero, as the reference implementation has it.
            return value.isNull ? .zero : try hashStruct(type, value, at: place, depth: depth)
        }
        guard !value.isNull else { throw TypedDataError(place, "is missing") }
        return try encodeAtom(type, value, at: place)
    }

    private func encodeArray(
        _ type: String, _ value: JSON, at place: String, depth: Int
    ) throws(TypedDataError) -> Hash32 {
        guard depth > 0 else { throw TypedDataError(place, "is nested too deeply") }
        guard let open = type.lastIndex(of: "[") else { throw TypedDataError(place, "\(type) is no type") }
        guard let elements = value.arrayValue else {
            throw TypedDataError(place, "want an array, found \(value.kindName)")
        }
        let digits = type[type.index(after: open)...].dropLast()
        if !digits.isEmpty {
            guard let count = Int(digits), count == elements.count else {
                throw TypedDataError(place, "\(type) takes \(digits) elements, not \(elements.count)")
            }
        }
        var hasher = Keccak256()
        for (index, element) in elements.enumerated() {
            hasher.update(try encode(String(type[..<open]), element, at: "\(place)[\(index)]", depth: depth - 1))
        }
        return hasher.finalize()
    }

    private func encodeAtom(_ name: String, _ value: JSON, at place: String) throws(TypedDataError) -> Hash32 {
        guard let type = try? ABIType(parsing: name) else { throw TypedDataError(place, "\(name) is no type") }
        switch type {
        case .string:
            guard let text = value.stringValue else { throw mismatch(place, "a string", value) }
            return keccak256(utf8: text)
        case .bytes: return keccak256(try bytes(value, at: place))
        case .fixedBytes(let count):
            let bytes = try bytes(value, at: place)
            guard bytes.count == count else {
                throw TypedDataError(place, "bytes\(count) takes \(count) bytes, not \(bytes.count)")
            }
            return Hash32(bytes + [UInt8](repeating: 0, count: 32 - count))
        case .bool:
            guard let flag = value.boolValue else { throw mismatch(place, "a boolean", value) }
            return U256(flag ? 1 as UInt64 : 0).hash
        case .address:
            guard let text = value.stringValue, let address = try? Address(hex: text) else {
                throw mismatch(place, "an address", value)
            }
            return U256(address).hash
        case .uint(let bits):
            guard let (magnitude, isNegative) = number(value), !isNegative, magnitude.bitWidth <= bits else {
                throw mismatch(place, name, value)
            }
            return magnitude.hash
        case .int(let bits):
            guard let (magnitude, isNegative) = number(value) else { throw mismatch(place, name, value) }
            let limit = U256.one << (bits - 1)
            guard isNegative ? magnitude <= limit : magnitude < limit else { throw mismatch(place, name, value) }
            return (isNegative ? U256.zero &- magnitude : magnitude).hash
        case .array, .fixedArray, .tuple: throw TypedDataError(place, "\(name) is no atomic type")
        }
    }

    private func bytes(_ value: JSON, at place: String) throws(TypedDataError) -> [UInt8] {
        guard let text = value.stringValue, text.hasPrefix("0x") else {
            throw mismatch(place, "hexadecimal behind 0x", value)
        }
        do { return try [UInt8](hex: text) } catch { throw TypedDataError(place, "\(error)") }
    }

    /// A JSON number, or text in decimal or behind `0x`.
    private func number(_ value: JSON) -> (magnitude: U256, isNegative: Bool)? {
        let text: String
        switch value {
        case .integer(let number): text = String(number)
        case .number(let number): text = number
        case .string(let string): text = string
        default: return nil
        }
        let isNegative = text.hasPrefix("-")
        return U256(isNegative ? text.dropFirst() : text[...]).map { ($0, isNegative) }
    }

    private func mismatch(_ place: String, _ wanted: String, _ value: JSON) -> TypedDataError {
        TypedDataError(place, "want \(wanted), found \(value.kindName) (\(value.text.prefix(80)))")
    }
}
