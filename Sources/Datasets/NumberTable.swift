/// A CSV file of numbers: every column but those left out.
package struct NumberTable: Sendable, Equatable {
    package let name: String
    package let columns: [String]
    package let rows: Int
    /// Row-major, `rows * columns.count`.
    package let numbers: [Float]

    init(name: String, columns: [String], rows: Int, numbers: [Float]) {
        (self.name, self.columns, self.rows, self.numbers) = (name, columns, rows, numbers)
    }

    /// Reads a file with a header row; columns named in `skipping`, and those not in `keeping`, may hold anything.
    ///
    /// - Throws: `DatasetError` naming row and column of what is no finite number.
    package init(csv bytes: [UInt8], skipping: Set<String> = [], keeping: Set<String>? = nil, name: String)
        throws(DatasetError)
    {
        var reader = CSVReader(bytes, name: name)
        let header = try reader.header()
        let positions = header.indices.filter {
            keeping?.contains(header[$0]) ?? !skipping.contains(header[$0])
        }
        guard !positions.isEmpty else { throw DatasetError(name, "there are no columns of numbers") }
        var numbers: [Float] = []
        var count = 0
        while let fields = try reader.row() {
            if fields == [""] { continue }
            count += 1
            guard fields.count == header.count else {
                throw DatasetError(name, row: count, "has \(fields.count) fields, the header has \(header.count)")
            }
            for position in positions {
                numbers.append(try Dataset.number(fields[position], name, row: count, column: header[position]))
            }
        }
        guard count > 0 else { throw DatasetError(name, "there are no rows after the header") }
        self.name = name
        columns = positions.map { header[$0] }
        rows = count
        self.numbers = numbers
    }

    /// Some columns as a table of their own, row-major.
    ///
    /// - Throws: `DatasetError` naming a column that is missing.
    package func selecting(_ names: [String]) throws(DatasetError) -> [Float] {
        var positions: [Int] = []
        for wanted in names {
            guard let position = columns.firstIndex(of: wanted) else {
                throw DatasetError(
                    name, column: wanted, "the column is missing; the header has \(Dataset.shortList(columns))")
            }
            positions.append(position)
        }
        return (0..<rows).flatMap { row in positions.map { numbers[row * columns.count + $0] } }
    }
}
