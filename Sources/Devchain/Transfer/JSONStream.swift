import JSON
import Storage

/// Reads a large JSON file member by member, in memory that does not grow with the file.
struct JSONStream: ~Copyable {
    /// Bytes of one name, string or number at most: far above the largest contract's code in hexadecimal.
    private static let scalarLimit = 16 << 20
    /// Levels of nesting that are skipped.
    private static let depthLimit = 128

    private let path: String
    private var file: InputFile
    private var chunk: [UInt8] = []
    private var place = 0
    /// Bytes before the chunk.
    private var passed = 0

    init(path: String) throws(StorageError) {
        self.path = path
        file = try InputFile(path: path)
    }

    /// An error that names the place in the file.
    func failure(_ what: String) -> StorageError {
        StorageError(.corrupt, "\(path), byte \(passed + place): \(what)")
    }

    /// The next byte, which stays the next; nil at the end of the file.
    private mutating func peek() throws(StorageError) -> UInt8? {
        if place == chunk.count {
            passed += chunk.count
            (chunk, place) = (try file.read(1 << 16), 0)
        }
        return chunk.isEmpty ? nil : chunk[place]
    }

    /// The next byte, which stays the next and must be there.
    private mutating func present() throws(StorageError) -> UInt8 {
        guard let byte = try peek() else { throw failure("the file ends in the middle") }
        return byte
    }

    /// The next byte that is not white space, which stays the next.
    mutating func next() throws(StorageError) -> UInt8 {
        while true {
            let byte = try present()
            guard [0x20, 0x09, 0x0a, 0x0d].contains(byte) else { return byte }
            place += 1
        }
    }

    private mutating func take(_ byte: UInt8) throws(StorageError) {
        let found = try next()
        guard found == byte else {
            throw failure("want '\(Character(UnicodeScalar(byte)))', found '\(Character(UnicodeScalar(found)))'")
        }
        place += 1
    }

    /// Reads an object, giving each member's name to `body`, which must read the member's value.
    mutating func object(
        _ body: (String, inout JSONStream) throws(StorageError) -> Void
    ) throws(StorageError) {
        try take(UInt8(ascii: "{"))
        if try next() == UInt8(ascii: "}") { return place += 1 }
        while true {
            guard let name = try scalar().stringValue else { throw failure("a member has no name") }
            try take(UInt8(ascii: ":"))
            try body(name, &self)
            if try next() == UInt8(ascii: "}") { return place += 1 }
            try take(UInt8(ascii: ","))
        }
    }

    /// A string, a number, true, false or null.
    mutating func scalar() throws(StorageError) -> JSON {
        var bytes: [UInt8] = []
        if try next() == UInt8(ascii: "\"") {
            try string { bytes.append($0) }
        } else {
            while let byte = try peek(), !Self.endsWord(byte) {
                bytes.append(byte)
                place += 1
                guard bytes.count <= 64 else { throw failure("want a string or a number") }
            }
            guard !bytes.isEmpty else { throw failure("want a value") }
        }
        do { return try JSON(parsing: bytes) } catch { throw failure("\(error)") }
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        byte <= 0x20 || [UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")].contains(byte)
    }

    /// Passes over a string with its quotes.
    private mutating func string(_ each: (UInt8) -> Void) throws(StorageError) {
        var (count, isEscaped) = (0, false)
        while true {
            let byte = try present()
            place += 1
            each(byte)
            count += 1
            guard count <= Self.scalarLimit else { throw failure("a string is longer than \(Self.scalarLimit) bytes") }
            if count > 1, byte == UInt8(ascii: "\""), !isEscaped { return }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        }
    }

    /// Passes over any value.
    mutating func skip() throws(StorageError) { try skip(depth: 1) }

    private mutating func skip(depth: Int) throws(StorageError) {
        switch try next() {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard depth <= Self.depthLimit else { throw failure("the values are nested too deeply") }
            if chunk[place] == UInt8(ascii: "{") {
                try object { (_, stream) throws(StorageError) in try stream.skip(depth: depth + 1) }
            } else {
                try list { (stream) throws(StorageError) in try stream.skip(depth: depth + 1) }
            }
        case UInt8(ascii: "\""): try string { _ in }
        default: _ = try scalar()
        }
    }

    /// Reads a list, of whose elements `body` must read one each time.
    private mutating func list(_ body: (inout JSONStream) throws(StorageError) -> Void) throws(StorageError) {
        try take(UInt8(ascii: "["))
        if try next() == UInt8(ascii: "]") { return place += 1 }
        while true {
            try body(&self)
            if try next() == UInt8(ascii: "]") { return place += 1 }
            try take(UInt8(ascii: ","))
        }
    }

    /// Nothing but white space may follow.
    mutating func end() throws(StorageError) {
        while let byte = try peek() {
            guard [0x20, 0x09, 0x0a, 0x0d].contains(byte) else { throw failure("something follows the state") }
            place += 1
        }
    }
}
