extension JSON {
    /// Reads one JSON text; nothing but white space may follow it.
    ///
    /// Any input is safe: depth is limited, and every malformed text is an error with its place. Of a name that
    /// stands twice in an object the last value counts.
    ///
    /// - Parameter maxValues: more values, those of arrays and objects counted, are refused; a tree of small values
    ///   takes many times the memory of its text.
    /// - Complexity: O(n)
    package init(parsing bytes: [UInt8], maxDepth: Int = 128, maxValues: Int = .max) throws(JSONError) {
        let outcome = bytes.withUnsafeBytes { JSON.parse($0, maxDepth: maxDepth, maxValues: maxValues) }
        self = try outcome.get()
    }

    /// Reads one JSON text; nothing but white space may follow it.
    package init(parsing text: String, maxDepth: Int = 128) throws(JSONError) {
        var text = text
        let outcome = text.withUTF8 { JSON.parse(UnsafeRawBufferPointer($0), maxDepth: maxDepth) }
        self = try outcome.get()
    }

    /// Reads one JSON text from raw memory.
    package init(parsing bytes: UnsafeRawBufferPointer, maxDepth: Int = 128) throws(JSONError) {
        self = try JSON.parse(bytes, maxDepth: maxDepth).get()
    }

    private static func parse(
        _ bytes: UnsafeRawBufferPointer, maxDepth: Int, maxValues: Int = .max
    ) -> Result<JSON, JSONError> {
        guard let base = bytes.baseAddress, !bytes.isEmpty else {
            return .failure(.syntax("the text is empty", offset: 0, line: 1, column: 1))
        }
        let start = base.assumingMemoryBound(to: UInt8.self)
        var parser = JSONParser(cursor: start, end: start + bytes.count, depth: maxDepth, left: maxValues)
        do throws(JSONParser.Failure) {
            return .success(try parser.document())
        } catch {
            return .failure(JSONParser.locate(error, in: bytes, at: parser.cursor - start))
        }
    }
}

/// A recursive-descent reader over raw bytes; `cursor` is where it stands, also after a failure.
struct JSONParser {
    var cursor: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>
    /// How many more levels may open.
    var depth: Int
    /// How many more values may come.
    var left: Int

    /// Why it stopped; its place is the cursor.
    enum Failure: Error {
        case unexpected(String)
        case tooDeep, tooMany
        case controlCharacter, badEscape, loneSurrogate, invalidUTF8, unterminatedString, badNumber
    }

    static func locate(_ failure: Failure, in bytes: UnsafeRawBufferPointer, at offset: Int) -> JSONError {
        var (line, column) = (1, 1)
        for byte in bytes.prefix(offset) {
            if byte == 0x0A { (line, column) = (line + 1, 1) } else { column += 1 }
        }
        let found: String =
            if offset < bytes.count {
                bytes[offset] > 0x20 && bytes[offset] < 0x7F
                    ? "'\(Character(UnicodeScalar(bytes[offset])))'"
                    : "byte 0x" + String(bytes[offset], radix: 16)
            } else {
                "the end of the text"
            }
        let reason =
            switch failure {
            case .unexpected(let wanted): "want \(wanted), found \(found)"
            case .tooDeep: "arrays and objects are nested too deeply"
            case .tooMany: "there are too many values"
            case .controlCharacter: "a string holds an unescaped control character"
            case .badEscape: "a string holds an unknown escape"
            case .loneSurrogate: "a string holds half of a surrogate pair"
            case .invalidUTF8: "a string is not valid UTF-8"
            case .unterminatedString: "a string does not end"
            case .badNumber: "a number is malformed at \(found)"
            }
        return .syntax(reason, offset: offset, line: line, column: column)
    }

    mutating func document() throws(Failure) -> JSON {
        let value = try value()
        skipSpace()
        guard cursor == end else { throw .unexpected("the end of the text") }
        return value
    }

    @inline(__always)
    mutating func skipSpace() {
        while cursor < end, cursor.pointee <= 0x20 {
            switch cursor.pointee {
            case 0x20, 0x0A, 0x0D, 0x09: cursor += 1
            default: return
            }
        }
    }

    mutating func value() throws(Failure) -> JSON {
        skipSpace()
        guard cursor < end else { throw .unexpected("a value") }
        guard left > 0 else { throw .tooMany }
        left -= 1
        switch cursor.pointee {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw .unexpected("a value")
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSON) throws(Failure) -> JSON {
        var index = 0
        while index < text.utf8CodeUnitCount {
            guard cursor < end, cursor.pointee == text.utf8Start[index] else {
                throw .unexpected("the word \(text)")
            }
            cursor += 1
            index += 1
        }
        return value
    }

    private mutating func array() throws(Failure) -> [JSON] {
        try open()
        var elements = [JSON]()
        skipSpace()
        if consume(UInt8(ascii: "]")) {
            depth += 1
            return elements
        }
        while true {
            elements.append(try value())
            skipSpace()
            if consume(UInt8(ascii: ",")) { continue }
            guard consume(UInt8(ascii: "]")) else { throw .unexpected("',' or ']'") }
            depth += 1
            return elements
        }
    }

    private mutating func object() throws(Failure) -> JSONObject {
        try open()
        var members = JSONObject()
        skipSpace()
        if consume(UInt8(ascii: "}")) {
            depth += 1
            return members
        }
        while true {
            skipSpace()
            guard cursor < end, cursor.pointee == UInt8(ascii: "\"") else { throw .unexpected("a member's name") }
            let key = try string()
            skipSpace()
            guard consume(UInt8(ascii: ":")) else { throw .unexpected("':'") }
            members[key] = try value()
            skipSpace()
            if consume(UInt8(ascii: ",")) { continue }
            guard consume(UInt8(ascii: "}")) else { throw .unexpected("',' or '}'") }
            depth += 1
            return members
        }
    }

    private mutating func open() throws(Failure) {
        guard depth > 0 else { throw .tooDeep }
        depth -= 1
        cursor += 1
    }

    @inline(__always)
    private mutating func consume(_ byte: UInt8) -> Bool {
        guard cursor < end, cursor.pointee == byte else { return false }
        cursor += 1
        return true
    }
}
