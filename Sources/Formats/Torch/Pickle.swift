/// Values that a pickle describes. Containers and calls are indices into the pickle's objects, so that a chain of a million nested
/// tuples is a flat array here, and a cycle is only an index.
enum PickleValue: Sendable, Equatable {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case text(String)
    /// Bytes, or an integer of more than 64 bits: nothing that weights are made of.
    case opaque
    /// An allowed name, `module name`.
    case global(String)
    case object(Int)
}

/// What a pickle made, by index.
enum PickleObject: Sendable {
    case list([PickleValue])
    case tuple([PickleValue])
    case dictionary([(key: PickleValue, value: PickleValue)])
    /// An allowed name applied to arguments; it is not called, only kept.
    case call(String, [PickleValue])
    /// What stands for something outside the pickle.
    case persistent([PickleValue])
}

/// Reads Python pickles (protocols 0 to 5; PEP 3154, `pickletools`) as plain values.
///
/// A pickle is a program that can name any function of Python. Here names outside an allow-list are refused when they are
/// read, and allowed ones are kept as words: nothing is ever called.
struct Pickle {
    private(set) var objects: [PickleObject] = []
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    /// Items of the dictionaries that were made from lists: a list can be given again and again.
    private var copied = 0
    private let allows: @Sendable (String) -> Bool

    /// The most values that are held at a time; a state dict of a hundred thousand tensors has fewer.
    private static let limit = 1 << 22

    init(allowing allows: @escaping @Sendable (String) -> Bool) { self.allows = allows }

    /// Runs one pickle, up to its end.
    mutating func run(_ reader: inout ByteReader) throws(FormatError) -> PickleValue {
        (stack, marks, memo) = ([], [], [:])
        while true {
            let code = try reader.integer(UInt8.self, "the pickle")
            if code == UInt8(ascii: ".") { return try pop(reader) }
            try step(code, &reader)
            guard stack.count <= Self.limit, objects.count <= Self.limit, memo.count <= Self.limit, copied <= Self.limit
            else {
                throw FormatError(reader.place, "its pickle has more than \(Self.limit) values; it holds no state dict")
            }
        }
    }

    private mutating func step(_ code: UInt8, _ reader: inout ByteReader) throws(FormatError) {
        switch Character(UnicodeScalar(code)) {
        case "\u{80}": _ = try reader.integer(UInt8.self, "the pickle's protocol")
        case "\u{95}": try reader.skip(8, "a frame")
        case "(": marks.append(stack.count)
        case "0": _ = try pop(reader)
        case "1": _ = try popMark(reader)
        case "2":
            let top = try pop(reader)
            stack += [top, top]
        case "N": stack.append(.none)
        case "\u{88}": stack.append(.bool(true))
        case "\u{89}": stack.append(.bool(false))
        case "J": stack.append(.int(Int(try reader.integer(Int32.self, "an integer"))))
        case "K": stack.append(.int(Int(try reader.integer(UInt8.self, "an integer"))))
        case "M": stack.append(.int(Int(try reader.integer(UInt16.self, "an integer"))))
        case "I", "L", "F": try pushLine(&reader, isFloat: code == UInt8(ascii: "F"))
        case "\u{8A}": try pushLong(&reader, Int(try reader.integer(UInt8.self, "an integer")))
        case "\u{8B}": try pushLong(&reader, try reader.length(UInt32.self, "an integer"))
        case "G":
            stack.append(.float(Double(bitPattern: try reader.integer(UInt64.self, "a number").byteSwapped)))
        case "X", "T": try pushText(&reader, try reader.length(UInt32.self, "a text"))
        case "\u{8C}", "U": try pushText(&reader, Int(try reader.integer(UInt8.self, "a text")))
        case "\u{8D}": try pushText(&reader, try reader.length(UInt64.self, "a text"))
        case "B": try pushBytes(&reader, try reader.length(UInt32.self, "bytes"))
        case "C": try pushBytes(&reader, Int(try reader.integer(UInt8.self, "bytes")))
        case "\u{8E}", "\u{96}": try pushBytes(&reader, try reader.length(UInt64.self, "bytes"))
        case ")": push(.tuple([]))
        case "t": push(.tuple(try popMark(reader)))
        case "\u{85}": push(.tuple(try pop(1, reader)))
        case "\u{86}": push(.tuple(try pop(2, reader)))
        case "\u{87}": push(.tuple(try pop(3, reader)))
        case "]", "\u{8F}": push(.list([]))
        case "l", "\u{91}": push(.list(try popMark(reader)))
        case "}": push(.dictionary([]))
        case "d": push(.dictionary(try pairs(try popMark(reader), reader)))
        case "a": try append([try pop(reader)], reader)
        case "e", "\u{90}": try append(try popMark(reader), reader)
        case "s": try set(try pop(2, reader), reader)
        case "u": try set(try popMark(reader), reader)
        case "q": memo[Int(try reader.integer(UInt8.self, "a memo index"))] = try top(reader)
        case "r": memo[try reader.length(UInt32.self, "a memo index")] = try top(reader)
        case "\u{94}": memo[memo.count] = try top(reader)
        case "h": try recall(Int(try reader.integer(UInt8.self, "a memo index")), reader)
        case "j": try recall(try reader.length(UInt32.self, "a memo index"), reader)
        case "c": try pushGlobal(try line(&reader) + " " + line(&reader), reader)
        case "\u{93}":
            guard case (.text(let module), .text(let name)) = try pair(reader) else { throw Self.damaged(reader) }
            try pushGlobal(module + " " + name, reader)
        case "R", "\u{81}": try call(reader)
        case "b": try build(reader)
        case "Q": push(.persistent(try tuple(try pop(reader), reader)))
        default:
            throw FormatError(
                reader.place, "its pickle has the code \(code) at byte \(reader.offset - 1), which is not read")
        }
    }

    // MARK: The stack

    private static func damaged(_ reader: ByteReader) -> FormatError {
        FormatError(reader.place, "its pickle makes no sense at byte \(reader.offset - 1); the file is damaged")
    }

    private mutating func push(_ object: PickleObject) {
        stack.append(.object(objects.count))
        objects.append(object)
    }

    private func top(_ reader: ByteReader) throws(FormatError) -> PickleValue {
        guard stack.count > marks.last ?? 0, let top = stack.last else { throw Self.damaged(reader) }
        return top
    }

    private mutating func pop(_ reader: ByteReader) throws(FormatError) -> PickleValue {
        let value = try top(reader)
        stack.removeLast()
        return value
    }

    private mutating func pop(_ count: Int, _ reader: ByteReader) throws(FormatError) -> [PickleValue] {
        guard stack.count - (marks.last ?? 0) >= count else { throw Self.damaged(reader) }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func pair(_ reader: ByteReader) throws(FormatError) -> (PickleValue, PickleValue) {
        let values = try pop(2, reader)
        return (values[0], values[1])
    }

    private mutating func popMark(_ reader: ByteReader) throws(FormatError) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw Self.damaged(reader) }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private func pairs(
        _ values: [PickleValue], _ reader: ByteReader
    ) throws(FormatError) -> [(key: PickleValue, value: PickleValue)] {
        guard values.count.isMultiple(of: 2) else { throw Self.damaged(reader) }
        return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
    }

    // MARK: Containers

    private mutating func append(_ values: [PickleValue], _ reader: ByteReader) throws(FormatError) {
        guard case .object(let index) = try top(reader), case .list(var items) = objects[index] else {
            throw Self.damaged(reader)
        }
        objects[index] = .list([])
        items += values
        objects[index] = .list(items)
    }

    private mutating func set(_ values: [PickleValue], _ reader: ByteReader) throws(FormatError) {
        guard case .object(let index) = try top(reader), case .dictionary(var items) = objects[index] else {
            throw Self.damaged(reader)
        }
        objects[index] = .dictionary([])
        items += try pairs(values, reader)
        objects[index] = .dictionary(items)
    }

    private func tuple(_ value: PickleValue, _ reader: ByteReader) throws(FormatError) -> [PickleValue] {
        guard case .object(let index) = value, case .tuple(let items) = objects[index] else {
            throw Self.damaged(reader)
        }
        return items
    }

    // MARK: Names

    private mutating func pushGlobal(_ name: String, _ reader: ByteReader) throws(FormatError) {
        guard allows(name) else {
            throw FormatError(
                reader.place,
                "its pickle names '\(name.prefix(120).split(separator: " ").joined(separator: "."))', which no state dict needs and "
                    + "could run code; nothing was run. Save weights only: torch.save(model.state_dict(), path)")
        }
        stack.append(.global(name))
    }

    private mutating func call(_ reader: ByteReader) throws(FormatError) {
        let (callee, argument) = try pair(reader)
        guard case .global(let name) = callee else { throw Self.damaged(reader) }
        let arguments = try tuple(argument, reader)
        guard name == "collections OrderedDict" else { return push(.call(name, arguments)) }
        // Without arguments, or with a list of pairs, as Python 2 wrote it.
        var items: [(key: PickleValue, value: PickleValue)] = []
        if let first = arguments.first {
            guard case .object(let index) = first, case .list(let pairs) = objects[index] else {
                throw Self.damaged(reader)
            }
            copied += pairs.count
            guard copied <= Self.limit else { throw Self.damaged(reader) }
            for pair in pairs {
                guard case .object(let index) = pair, case .tuple(let two) = objects[index], two.count == 2 else {
                    throw Self.damaged(reader)
                }
                items.append((two[0], two[1]))
            }
        }
        push(.dictionary(items))
    }

    /// The state of an object, such as the `_metadata` of a state dict, holds no weights: it is left aside.
    private mutating func build(_ reader: ByteReader) throws(FormatError) {
        _ = try pop(reader)
        guard case .object = try top(reader) else { throw Self.damaged(reader) }
    }

    private mutating func recall(_ index: Int, _ reader: ByteReader) throws(FormatError) {
        guard let value = memo[index] else { throw Self.damaged(reader) }
        stack.append(value)
    }

    // MARK: Literals

    private func line(_ reader: inout ByteReader) throws(FormatError) -> String {
        let start = reader.offset
        while try reader.integer(UInt8.self, "a line of the pickle") != 0x0A {
            guard reader.offset - start <= 4096 else { throw Self.damaged(reader) }
        }
        return String(decoding: reader.bytes.part(start..<reader.offset - 1), as: UTF8.self)
    }

    private mutating func pushLine(_ reader: inout ByteReader, isFloat: Bool) throws(FormatError) {
        let text = try line(&reader)
        if isFloat {
            guard let number = Double(text) else { throw Self.damaged(reader) }
            return stack.append(.float(number))
        }
        switch text {
        case "00": stack.append(.bool(false))
        case "01": stack.append(.bool(true))
        default: stack.append(Int(text.hasSuffix("L") ? String(text.dropLast()) : text).map { .int($0) } ?? .opaque)
        }
    }

    /// A little-endian integer in two's complement.
    private mutating func pushLong(_ reader: inout ByteReader, _ count: Int) throws(FormatError) {
        let bytes = try reader.take(count, "an integer")
        guard count <= 8 else { return stack.append(.opaque) }
        var value = bytes.last.map { $0 >= 0x80 ? -1 : 0 } ?? 0
        for byte in bytes.reversed() { value = value << 8 | Int(byte) }
        stack.append(.int(value))
    }

    private mutating func pushText(_ reader: inout ByteReader, _ count: Int) throws(FormatError) {
        stack.append(.text(String(decoding: try reader.take(count, "a text"), as: UTF8.self)))
    }

    private mutating func pushBytes(_ reader: inout ByteReader, _ count: Int) throws(FormatError) {
        try reader.skip(count, "bytes")
        stack.append(.opaque)
    }
}
