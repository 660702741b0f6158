extension JSONParser {
    /// A string; the cursor stands on its opening quote.
    mutating func string() throws(Failure) -> String {
        cursor += 1
        let start = cursor
        while cursor < end {
            let byte = cursor.pointee
            if byte == UInt8(ascii: "\"") {
                let text = try text(from: start)
                cursor += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try stringWithEscapes(from: start) }
            guard byte >= 0x20 else { throw .controlCharacter }
            cursor += 1
        }
        throw .unterminatedString
    }

    /// The UTF-8 between `start` and the cursor.
    private func text(from start: UnsafePointer<UInt8>) throws(Failure) -> String {
        let bytes = UnsafeBufferPointer(start: start, count: cursor - start)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .invalidUTF8 }
        return text
    }

    private mutating func stringWithEscapes(from start: UnsafePointer<UInt8>) throws(Failure) -> String {
        var bytes = [UInt8](UnsafeBufferPointer(start: start, count: cursor - start))
        while cursor < end {
            let byte = cursor.pointee
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: bytes, as: UTF8.self) else { throw .invalidUTF8 }
                cursor += 1
                return text
            case UInt8(ascii: "\\"):
                try escape(into: &bytes)
            case 0..<0x20:
                throw .controlCharacter
            default:
                bytes.append(byte)
                cursor += 1
            }
        }
        throw .unterminatedString
    }

    /// One escape; the cursor stands on the backslash.
    private mutating func escape(into bytes: inout [UInt8]) throws(Failure) {
        cursor += 1
        guard cursor < end else { throw .unterminatedString }
        switch cursor.pointee {
        case UInt8(ascii: "\""): bytes.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): bytes.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"):
            try unicodeEscape(into: &bytes)
            return
        default: throw .badEscape
        }
        cursor += 1
    }

    /// `\uXXXX`, or two of them where they are a surrogate pair; the cursor stands on the `u`.
    private mutating func unicodeEscape(into bytes: inout [UInt8]) throws(Failure) {
        var code = try fourHexDigits()
        if (0xD800..<0xDC00).contains(code) {
            guard end - cursor >= 2, cursor[0] == UInt8(ascii: "\\"), cursor[1] == UInt8(ascii: "u") else {
                throw .loneSurrogate
            }
            cursor += 1
            let low = try fourHexDigits()
            guard (0xDC00..<0xE000).contains(low) else { throw .loneSurrogate }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = UnicodeScalar(code) else { throw .loneSurrogate }
        bytes.append(contentsOf: Character(scalar).utf8)
    }

    private mutating func fourHexDigits() throws(Failure) -> UInt32 {
        cursor += 1
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard cursor < end else { throw .unterminatedString }
            let digit: UInt8
            switch cursor.pointee {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = cursor.pointee - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = cursor.pointee - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = cursor.pointee - UInt8(ascii: "A") + 10
            default: throw .badEscape
            }
            code = code << 4 | UInt32(digit)
            cursor += 1
        }
        return code
    }

    /// A number; the cursor stands on its first character.
    mutating func number() throws(Failure) -> JSON {
        let start = cursor
        let negative = cursor.pointee == UInt8(ascii: "-")
        if negative { cursor += 1 }
        let firstDigit = cursor
        var value: UInt64 = 0
        var digits = digitRun(into: &value)
        guard digits > 0, digits == 1 || firstDigit.pointee != UInt8(ascii: "0") else { throw .badNumber }
        var isWhole = true
        if cursor < end, cursor.pointee == UInt8(ascii: ".") {
            isWhole = false
            cursor += 1
            let fraction = digitRun(into: &value)
            guard fraction > 0 else { throw .badNumber }
            digits += fraction
        }
        if cursor < end, cursor.pointee | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            cursor += 1
            if cursor < end, cursor.pointee == UInt8(ascii: "+") || cursor.pointee == UInt8(ascii: "-") { cursor += 1 }
            var ignored: UInt64 = 0
            guard digitRun(into: &ignored) > 0 else { throw .badNumber }
        }
        if isWhole, digits <= 18, !(negative && value == 0) {
            return .integer(negative ? -Int64(value) : Int64(value))
        }
        // Only ASCII digits, signs, a point and an exponent stand here.
        let text = String(decoding: UnsafeBufferPointer(start: start, count: cursor - start), as: UTF8.self)
        if isWhole, let value = Int64(text), value != 0 { return .integer(value) }
        if !isWhole, digits <= 17, let value = Double(text), value.isFinite { return .double(value) }
        return .number(text)
    }

    /// Skips digits, adds them to `value` (wrapping), and counts them.
    private mutating func digitRun(into value: inout UInt64) -> Int {
        let start = cursor
        while cursor < end, cursor.pointee >= UInt8(ascii: "0"), cursor.pointee <= UInt8(ascii: "9") {
            value = value &* 10 &+ UInt64(cursor.pointee &- UInt8(ascii: "0"))
            cursor += 1
        }
        return cursor - start
    }
}
