/// What is wrong with a data set, and where: the row (counted from 1, the header not counted) and the column.
package struct DatasetError: Error, Sendable, Equatable, CustomStringConvertible {
    package let source: String
    package let row: Int?
    package let column: String?
    package let message: String

    package init(_ source: String, row: Int? = nil, column: String? = nil, _ message: String) {
        self.source = source
        self.row = row
        self.column = column
        self.message = message
    }

    /// A file that cannot be read; what the reader says names it already.
    init(reading source: String, _ error: any Error) {
        let message = "\(error)"
        let prefix = source + ": "
        self.init(source, message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message)
    }

    package var description: String {
        var place = source
        if let row { place += ", row \(row)" }
        if let column { place += ", column '\(column)'" }
        return "\(place): \(message)"
    }
}
