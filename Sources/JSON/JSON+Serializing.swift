extension JSON {
    /// The compact text as UTF-8.
    package var bytes: [UInt8] {
        var output = [UInt8]()
        output.reserveCapacity(256)
        write(into: &output)
        return output
    }

    /// The compact text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The text with one member or element a line, indented by two spaces.
    package var prettyText: String {
        var output = [UInt8]()
        writePretty(into: &output, indent: 0)
        return String(decoding: output, as: UTF8.self)
    }

    /// Appends the compact text as UTF-8.
    package func write(into output: inout [UInt8]) {
        switch self {
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            var first = true
            for element in elements {
                if !first { output.append(UInt8(ascii: ",")) }
                first = false
                element.write(into: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            output.append(UInt8(ascii: "{"))
            var first = true
            for (key, value) in object {
                if !first { output.append(UInt8(ascii: ",")) }
                first = false
                JSON.write(string: key, into: &output)
                output.append(UInt8(ascii: ":"))
                value.write(into: &output)
            }
            output.append(UInt8(ascii: "}"))
        default: writeScalar(into: &output)
        }
    }

    private func writeScalar(into output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): JSON.write(integer: value, into: &output)
        case .double(let value): output.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
        case .number(let text): output.append(contentsOf: text.utf8)
        case .string(let text): JSON.write(string: text, into: &output)
        case .array, .object: preconditionFailure("containers are written by their callers")
        }
    }

    private static func write(integer value: Int64, into output: inout [UInt8]) {
        if value < 0 { output.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let start = output.count
        repeat {
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        output[start...].reverse()
    }

    private static func write(string: String, into output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { utf8 in
            guard utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) else {
                output.append(contentsOf: utf8)
                return
            }
            for byte in utf8 { write(escaped: byte, into: &output) }
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func write(escaped byte: UInt8, into output: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(contentsOf: [UInt8(ascii: "\\"), byte])
        case 0x08: output.append(contentsOf: "\\b".utf8)
        case 0x09: output.append(contentsOf: "\\t".utf8)
        case 0x0A: output.append(contentsOf: "\\n".utf8)
        case 0x0C: output.append(contentsOf: "\\f".utf8)
        case 0x0D: output.append(contentsOf: "\\r".utf8)
        case 0..<0x20:
            let digits = Array("0123456789abcdef".utf8)
            output.append(contentsOf: "\\u00".utf8)
            output.append(digits[Int(byte >> 4)])
            output.append(digits[Int(byte & 15)])
        default: output.append(byte)
        }
    }

    private func writePretty(into output: inout [UInt8], indent: Int) {
        func newLine(_ indent: Int) {
            output.append(0x0A)
            output.append(contentsOf: repeatElement(0x20, count: indent))
        }
        switch self {
        case .array(let elements) where !elements.isEmpty:
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                newLine(indent + 2)
                element.writePretty(into: &output, indent: indent + 2)
            }
            newLine(indent)
            output.append(UInt8(ascii: "]"))
        case .object(let object) where !object.isEmpty:
            output.append(UInt8(ascii: "{"))
            for (index, member) in object.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                newLine(indent + 2)
                JSON.write(string: member.key, into: &output)
                output.append(contentsOf: ": ".utf8)
                member.value.writePretty(into: &output, indent: indent + 2)
            }
            newLine(indent)
            output.append(UInt8(ascii: "}"))
        default: write(into: &output)
        }
    }
}

extension JSON: CustomStringConvertible {
    package var description: String { text }
}
