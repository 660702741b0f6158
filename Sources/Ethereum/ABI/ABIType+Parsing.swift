extension ABIType {
    /// Reads a type as signatures spell it: `uint256`, `bytes32[4]`, `(address,uint8[])[]`; `uint` and `int` mean 256 bits.
    package init(_ text: String) throws(ABIError) {
        var parser = ABITextParser(text)
        self = try parser.type()
        try parser.end()
    }

    /// A type without brackets and components.
    static func elementary(_ name: Substring) -> ABIType? {
        switch name {
        case "address": return .address
        case "bool": return .bool
        case "bytes": return .bytes
        case "string": return .string
        case "uint": return .uint(256)
        case "int": return .int(256)
        case "function": return .fixedBytes(24)
        default: break
        }
        func number(_ prefix: String) -> Int? {
            guard name.hasPrefix(prefix) else { return nil }
            let digits = name.dropFirst(prefix.count)
            guard digits.first != "0", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int(digits)
        }
        if let count = number("bytes") { return (1...32).contains(count) ? .fixedBytes(count) : nil }
        let isWidth = { (bits: Int) in (8...256).contains(bits) && bits.isMultiple(of: 8) }
        if let bits = number("uint") { return isWidth(bits) ? .uint(bits) : nil }
        if let bits = number("int") { return isWidth(bits) ? .int(bits) : nil }
        return nil
    }
}

/// Reads types and signatures.
struct ABITextParser {
    private let text: String
    private(set) var rest: Substring
    private var depth = 0

    init(_ text: String) {
        self.text = text
        rest = Substring(text)
    }

    func failure(_ reason: String) -> ABIError { .malformedType(text, reason: reason) }

    mutating func skipSpaces() { rest = rest.drop { $0 == " " } }

    mutating func consume(_ token: Character) -> Bool {
        skipSpaces()
        guard rest.first == token else { return false }
        rest.removeFirst()
        return true
    }

    /// A run of letters, digits, `_` and `$`; may be empty.
    mutating func word() -> Substring {
        skipSpaces()
        let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "$") }
        rest = rest.dropFirst(word.count)
        return word
    }

    mutating func end() throws(ABIError) {
        skipSpaces()
        guard rest.isEmpty else { throw failure("unexpected \"\(rest)\"") }
    }

    mutating func type() throws(ABIError) -> ABIType {
        skipSpaces()
        if rest.first == "(" {
            return try suffixes(of: .tuple(try parameters().map(\.type)))
        }
        let name = word()
        if name == "tuple", rest.first == "(" {
            return try suffixes(of: .tuple(try parameters().map(\.type)))
        }
        guard let type = ABIType.elementary(name) else { throw failure("\"\(name)\" is no ABI type") }
        return try suffixes(of: type)
    }

    /// The `[]` and `[n]` behind a type.
    mutating func suffixes(of type: ABIType) throws(ABIError) -> ABIType {
        var type = type
        var count = 0
        while rest.first == "[" {
            rest.removeFirst()
            count += 1
            guard count <= 16 else { throw failure("arrays are nested too deeply") }
            let digits = rest.prefix { $0 != "]" }
            rest = rest.dropFirst(digits.count)
            guard rest.first == "]" else { throw failure("a \"[\" is not closed") }
            rest.removeFirst()
            if digits.isEmpty {
                type = .array(type)
                continue
            }
            let isNumber = digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
            guard isNumber, digits.utf8.count <= 9, let length = Int(digits), digits.first != "0" || length == 0 else {
                throw failure("\"[\(digits)]\" is no array length")
            }
            let (size, overflow) = type.headSize.multipliedReportingOverflow(by: max(length, 1))
            guard !overflow, size <= 1 << 32 else { throw failure("the type is too large") }
            type = .fixedArray(type, length)
        }
        return type
    }

    /// `(type [indexed] [name], ...)`.
    mutating func parameters() throws(ABIError) -> [ABIParameter] {
        guard consume("(") else { throw failure("want \"(\"") }
        depth += 1
        defer { depth -= 1 }
        guard depth <= 32 else { throw failure("tuples are nested too deeply") }
        var parameters = [ABIParameter]()
        if consume(")") { return parameters }
        while true {
            let type = try type()
            var name = word()
            var isIndexed = false
            while ["indexed", "memory", "calldata", "storage", "payable"].contains(name) {
                isIndexed = isIndexed || name == "indexed"
                name = word()
            }
            parameters.append(ABIParameter(name: String(name), type: type, isIndexed: isIndexed))
            guard parameters.count <= 4096 else { throw failure("there are too many parameters") }
            if consume(",") { continue }
            guard consume(")") else { throw failure("want \",\" or \")\"") }
            return parameters
        }
    }
}
