/// Splits CSV bytes into rows of fields (RFC 4180: quotes, doubled quotes, LF or CRLF).
struct CSVReader {
    /// The longest field that is read; anything longer is no table of numbers.
    private static let fieldLimit = 1 << 16

    private let bytes: [UInt8]
    private let name: String
    private var position: Int
    private var rowNumber = 0

    init(_ bytes: [UInt8], name: String) {
        self.bytes = bytes
        self.name = name
        // A byte order mark is skipped.
        position = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    }

    /// The names of the columns, from the first row.
    mutating func header() throws(DatasetError) -> [String] {
        guard let header = try row(), header != [""] else {
            throw DatasetError(name, "the file is empty: it needs a header row")
        }
        for (index, column) in header.enumerated() where header[..<index].contains(column) {
            throw DatasetError(name, column: column, "is twice in the header, which is \(Self.described(header))")
        }
        return header
    }

    /// The columns of a header in words; what only looks like a header is called what it is.
    static func described(_ header: [String]) -> String {
        if header.count == 1, let only = header.first, only.contains(";") || only.contains("\t") {
            return "one column, '\(only.prefix(60))': fields must be separated by commas"
        }
        let list = Dataset.shortList(header)
        return header.allSatisfy { Double($0) != nil } ? "\(list): the first row must name the columns" : list
    }

    /// The next row, or nil at the end. An empty line is one empty field.
    mutating func row() throws(DatasetError) -> [String]? {
        guard position < bytes.count else { return nil }
        defer { rowNumber += 1 }
        var fields: [String] = []
        while true {
            fields.append(try field())
            guard position < bytes.count else { return fields }
            let end = bytes[position]
            position += 1
            if end == UInt8(ascii: ",") { continue }
            if end == UInt8(ascii: "\r"), position < bytes.count, bytes[position] == UInt8(ascii: "\n") {
                position += 1
            }
            return fields
        }
    }

    private mutating func field() throws(DatasetError) -> String {
        var text: [UInt8] = []
        if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
            position += 1
            while true {
                guard position < bytes.count, text.count <= Self.fieldLimit else {
                    throw DatasetError(name, row: rowNumber, "a quoted field does not end")
                }
                let byte = bytes[position]
                position += 1
                if byte != UInt8(ascii: "\"") {
                    text.append(byte)
                } else if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
                    text.append(byte)
                    position += 1
                } else {
                    break
                }
            }
            guard
                position == bytes.count
                    || [UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains(bytes[position])
            else { throw DatasetError(name, row: rowNumber, "text follows a closing quote") }
        } else {
            while position < bytes.count {
                let byte = bytes[position]
                if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { break }
                text.append(byte)
                position += 1
                guard text.count <= Self.fieldLimit else {
                    throw DatasetError(name, row: rowNumber, "a field is longer than \(Self.fieldLimit) bytes")
                }
            }
            // Blanks around a plain field mean nothing.
            while text.last == UInt8(ascii: " ") || text.last == UInt8(ascii: "\t") { text.removeLast() }
            while text.first == UInt8(ascii: " ") || text.first == UInt8(ascii: "\t") { text.removeFirst() }
        }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw DatasetError(name, row: rowNumber, "the text is not UTF-8")
        }
        return string
    }
}
