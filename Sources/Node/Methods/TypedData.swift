import Bytes
import Crypto
import JSON

/// Structured data to sign (EIP-712), as `eth_signTypedData_v4` takes it.
struct TypedData {
    /// Why the data cannot be signed.
    struct Failure: Error { var message: String }

    private struct Member {
        var name: String
        var type: String
    }

    private let types: [String: [Member]]
    /// What is signed.
    let signingHash: Hash32

    init(_ json: JSON) throws(Failure) {
        guard case .object(let listed)? = json["types"], let primary = json["primaryType"]?.stringValue,
            let domain = json["domain"], let message = json["message"]
        else { throw Failure(message: "typed data needs types, primaryType, domain and message") }
        var types: [String: [Member]] = [:]
        for (name, members) in listed {
            var list: [Member] = []
            for member in members.arrayValue ?? [] {
                guard let field = member["name"]?.stringValue, let type = member["type"]?.stringValue else {
                    throw Failure(message: "a member of type \(name) lacks its name or type")
                }
                list.append(Member(name: field, type: type))
            }
            types[name] = list
        }
        self.types = types
        var hashed = Keccak256()
        hashed.update([0x19, 0x01])
        hashed.update(try TypedData.hash(of: domain, type: "EIP712Domain", types, depth: 0))
        if primary != "EIP712Domain" {
            hashed.update(try TypedData.hash(of: message, type: primary, types, depth: 0))
        }
        signingHash = hashed.finalize()
    }

    /// `keccak256(typeHash || encodeData)`.
    private static func hash(
        of value: JSON, type: String, _ types: [String: [Member]], depth: Int
    ) throws(Failure) -> Hash32 {
        guard depth < 64 else { throw Failure(message: "types nest too deep at \(type)") }
        guard let members = types[type] else { throw Failure(message: "type \(type) is not declared") }
        var encoded = keccak256(utf8: try signature(of: type, types)).bytes
        for member in members {
            guard let field = value[member.name], field != .null else {
                // An absent struct is zero, as wallets agree; an absent plain value is a mistake.
                guard types[member.type] != nil else {
                    throw Failure(message: "member \(member.name) of \(type) is missing")
                }
                encoded += [UInt8](repeating: 0, count: 32)
                continue
            }
            encoded += try word(field, type: member.type, types, depth: depth).bytes
        }
        return keccak256(encoded)
    }

    /// `Mail(Person from,Person to)Person(string name)`: the type and, sorted, all that it refers to.
    private static func signature(of type: String, _ types: [String: [Member]]) throws(Failure) -> String {
        var found: Set<String> = []
        var open = [type]
        while let next = open.popLast() {
            guard found.insert(next).inserted else { continue }
            for member in types[next] ?? [] {
                let base = String(member.type.prefix { $0 != "[" })
                if types[base] != nil { open.append(base) }
            }
        }
        found.remove(type)
        return ([type] + found.sorted()).map { name in
            name + "(" + (types[name] ?? []).map { "\($0.type) \($0.name)" }.joined(separator: ",") + ")"
        }.joined()
    }

    /// One member as 32 bytes.
    private static func word(
        _ value: JSON, type: String, _ types: [String: [Member]], depth: Int
    ) throws(Failure) -> Hash32 {
        if type.hasSuffix("]") {
            guard let open = type.lastIndex(of: "["), case .array(let elements) = value else {
                throw Failure(message: "\(type) wants an array, not \(value.kindName)")
            }
            let size = type[type.index(after: open)...].dropLast()
            if let count = Int(size), count != elements.count {
                throw Failure(message: "\(type) wants \(count) elements, not \(elements.count)")
            }
            var all: [UInt8] = []
            for element in elements {
                all += try word(element, type: String(type[..<open]), types, depth: depth + 1).bytes
            }
            return keccak256(all)
        }
        if types[type] != nil { return try hash(of: value, type: type, types, depth: depth + 1) }
        switch type {
        case "string":
            guard let text = value.stringValue else { throw mismatch(value, type) }
            return keccak256(utf8: text)
        case "bytes":
            guard let bytes = try? WireBytes(wire: value) else { throw mismatch(value, type) }
            return keccak256(bytes.bytes)
        case "bool":
            guard let flag = value.boolValue else { throw mismatch(value, type) }
            return U256(flag ? 1 as UInt64 : 0).hash
        case "address":
            guard let address = try? Address(wire: value) else { throw mismatch(value, type) }
            return U256(address).hash
        case _ where type.hasPrefix("bytes"):
            guard let size = Int(type.dropFirst(5)), (1...32).contains(size),
                let bytes = try? WireBytes(wire: value).bytes, bytes.count == size
            else { throw mismatch(value, type) }
            return Hash32(bytes + [UInt8](repeating: 0, count: 32 - size))
        case _ where type.hasPrefix("uint") || type.hasPrefix("int"):
            return try number(value, type: type).hash
        default:
            throw Failure(message: "type \(type) is not declared")
        }
    }

    /// An integer, written as a number, in decimal or in hexadecimal, within its type's range.
    private static func number(_ value: JSON, type: String) throws(Failure) -> U256 {
        let isSigned = type.hasPrefix("int")
        let bits = Int(type.drop { $0.isLetter }) ?? 256
        var text: String
        switch value {
        case .string(let string): text = string
        case .integer(let integer): text = String(integer)
        case .number(let digits): text = digits
        default: throw mismatch(value, type)
        }
        let isNegative = text.hasPrefix("-")
        if isNegative { text.removeFirst() }
        guard (1...256).contains(bits), let magnitude = U256(text) else { throw mismatch(value, type) }
        let room = isSigned ? bits - 1 : bits
        let fits = isNegative ? isSigned && magnitude <= U256.one << room : room == 256 || magnitude < U256.one << room
        guard fits else { throw Failure(message: "\(text) does not fit into \(type)") }
        return isNegative ? .zero &- magnitude : magnitude
    }

    private static func mismatch(_ value: JSON, _ type: String) -> Failure {
        Failure(message: "\(type) cannot be \(value.kindName) \(value.text.prefix(80))")
    }
}
