/// A type of the contract ABI (docs.soliditylang.org, "Contract ABI Specification").
package indirect enum ABIType: Hashable, Sendable {
    /// 8, 16, ... 256 bits.
    case uint(Int)
    /// 8, 16, ... 256 bits, two's complement.
    case int(Int)
    case address
    case bool
    /// `bytes1` to `bytes32`.
    case fixedBytes(Int)
    case bytes
    case string
    case array(ABIType)
    case fixedArray(ABIType, Int)
    case tuple([ABIType])
}

extension ABIType {
    /// Whether the encoding stands behind an offset.
    var isDynamic: Bool {
        switch self {
        case .bytes, .string, .array: true
        case .fixedArray(let element, _): element.isDynamic
        case .tuple(let members): members.contains(where: \.isDynamic)
        default: false
        }
    }

    /// Bytes that the value takes where it stands: 32 for an offset.
    var headSize: Int {
        if isDynamic { return 32 }
        switch self {
        case .fixedArray(let element, let count): return element.headSize * count
        case .tuple(let members): return members.reduce(0) { $0 + $1.headSize }
        default: return 32
        }
    }
}

extension ABIType: CustomStringConvertible {
    /// The canonical name, as it stands in signatures.
    package var description: String {
        switch self {
        case .uint(let bits): "uint\(bits)"
        case .int(let bits): "int\(bits)"
        case .address: "address"
        case .bool: "bool"
        case .fixedBytes(let count): "bytes\(count)"
        case .bytes: "bytes"
        case .string: "string"
        case .array(let element): "\(element)[]"
        case .fixedArray(let element, let count): "\(element)[\(count)]"
        case .tuple(let members): "(\(members.map(\.description).joined(separator: ",")))"
        }
    }
}

// MARK: - Parsing

extension ABIType {
    /// Reads a type's name, such as `uint256`, `bytes32[]` or `(address,uint8)[4]`.
    ///
    /// - Throws: `ABIError.unknownType`.
    package init(parsing text: some StringProtocol) throws(ABIError) {
        var rest = Substring(text)
        let type = try Self.parse(&rest, depth: 0)
        guard rest.isEmpty else { throw .unknownType(String(text)) }
        self = type
    }

    /// Reads one type from the front of `rest`.
    private static func parse(_ rest: inout Substring, depth: Int) throws(ABIError) -> ABIType {
        guard depth < 16 else { throw .unknownType(String(rest.prefix(40))) }
        var type: ABIType
        if rest.first == "(" {
            rest.removeFirst()
            var members: [ABIType] = []
            if rest.first != ")" {
                members.append(try parse(&rest, depth: depth + 1))
                while rest.first == "," {
                    rest.removeFirst()
                    members.append(try parse(&rest, depth: depth + 1))
                }
            }
            guard rest.first == ")" else { throw .unknownType(String(rest.prefix(40))) }
            rest.removeFirst()
            type = .tuple(members)
        } else {
            let word = rest.prefix { $0.isLetter || $0.isNumber }
            type = try elementary(word)
            rest = rest[word.endIndex...]
        }
        return try arrays(of: type, &rest)
    }

    /// The most bytes of heads that a type may ask for, so that sizes cannot overflow.
    private static let largestHead = 1 << 30

    /// Wraps a type into the array suffixes that follow it.
    static func arrays(of type: ABIType, _ rest: inout Substring) throws(ABIError) -> ABIType {
        var (type, levels) = (type, 0)
        guard type.headSize <= largestHead else { throw .unknownType(String(rest.prefix(40))) }
        while rest.first == "[" {
            levels += 1
            guard let end = rest.firstIndex(of: "]"), levels <= 16 else { throw .unknownType(String(rest.prefix(40))) }
            let digits = rest[rest.index(after: rest.startIndex)..<end]
            if digits.isEmpty {
                type = .array(type)
            } else {
                guard let count = Int(digits), (0...1 << 20).contains(count),
                    type.headSize * max(count, 1) <= largestHead
                else { throw .unknownType(String(rest.prefix(40))) }
                type = .fixedArray(type, count)
            }
            rest = rest[rest.index(after: end)...]
        }
        return type
    }

    private static func elementary(_ word: Substring) throws(ABIError) -> ABIType {
        switch word {
        case "address": return .address
        case "bool": return .bool
        case "bytes": return .bytes
        case "string": return .string
        case "uint": return .uint(256)
        case "int": return .int(256)
        case "function": return .fixedBytes(24)
        default: break
        }
        let digits = word.drop { $0.isLetter }
        guard let size = Int(digits), String(size) == digits else { throw .unknownType(String(word)) }
        switch word.prefix(while: \.isLetter) {
        case "uint" where size % 8 == 0 && (8...256).contains(size): return .uint(size)
        case "int" where size % 8 == 0 && (8...256).contains(size): return .int(size)
        case "bytes" where (1...32).contains(size): return .fixedBytes(size)
        default: throw .unknownType(String(word))
        }
    }
}
