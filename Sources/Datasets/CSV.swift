/// What a reader of CSV expects.
package struct CSVSchema: Sendable, Equatable {
    /// The column that holds the class.
    package var target: String
    /// The classes in order; nil takes them from the file (whole numbers as they are, else the distinct texts, sorted).
    package var classNames: [String]?
    /// The feature columns in order; nil takes every column but the target.
    package var featureNames: [String]?

    package init(target: String = "target", classNames: [String]? = nil, featureNames: [String]? = nil) {
        self.target = target
        self.classNames = classNames
        self.featureNames = featureNames
    }
}

extension Dataset {
    /// Reads a CSV file with a header row.
    ///
    /// Every feature must be a finite number. Errors name the row and the column.
    package init(csv bytes: [UInt8], schema: CSVSchema = CSVSchema(), name: String) throws(DatasetError) {
        var reader = CSVReader(bytes, name: name)
        guard let header = try reader.row(), header != [""] else {
            throw DatasetError(name, "the file is empty: it needs a header row")
        }
        for (index, column) in header.enumerated() where header[..<index].contains(column) {
            throw DatasetError(name, column: column, "the header has this column twice")
        }
        guard let targetColumn = header.firstIndex(of: schema.target) else {
            throw DatasetError(
                name, column: schema.target, "the column is missing; the header has \(Self.described(header))")
        }
        let wanted = schema.featureNames ?? header.filter { $0 != schema.target }
        var positions: [Int] = []
        for feature in wanted {
            guard let position = header.firstIndex(of: feature) else {
                throw DatasetError(
                    name, column: feature, "the column is missing; the header has \(Self.shortList(header))")
            }
            positions.append(position)
        }
        guard !positions.isEmpty else { throw DatasetError(name, "there are no feature columns") }

        var features: [Float] = []
        var targets: [String] = []
        var number = 0
        while let fields = try reader.row() {
            if fields == [""] { continue }
            number += 1
            guard fields.count == header.count else {
                throw DatasetError(name, row: number, "has \(fields.count) fields, the header has \(header.count)")
            }
            for position in positions {
                features.append(try Self.number(fields[position], name, row: number, column: header[position]))
            }
            targets.append(fields[targetColumn])
        }
        guard number > 0 else { throw DatasetError(name, "there are no rows after the header") }
        let (classes, labels) = try Self.classes(targets, schema, name)
        self.init(name: name, featureNames: wanted, classNames: classes, features: features, labels: labels)
    }

    static func number(
        _ field: String, _ name: String, row: Int, column: String
    ) throws(DatasetError) -> Float {
        if field.isEmpty {
            throw DatasetError(name, row: row, column: column, "is empty: every feature must be a number")
        }
        guard let value = Float(field) else {
            throw DatasetError(name, row: row, column: column, "'\(field.prefix(40))' is not a number")
        }
        guard value.isFinite else {
            throw DatasetError(name, row: row, column: column, "'\(field.prefix(40))' is not a finite number")
        }
        return value
    }

    private static func classes(
        _ targets: [String], _ schema: CSVSchema, _ name: String
    ) throws(DatasetError) -> ([String], [Int32]) {
        let names: [String]
        if let given = schema.classNames {
            names = given
        } else {
            let numbers = targets.map { Int($0) }
            if let greatest = numbers.compactMap({ $0 }).max(), numbers.allSatisfy({ ($0 ?? -1) >= 0 }),
                greatest < 100_000
            {
                names = (0...greatest).map(String.init)
            } else {
                names = Set(targets).sorted()
            }
        }
        var indices: [String: Int32] = [:]
        for (index, className) in names.enumerated() { indices[className] = Int32(index) }
        var labels: [Int32] = []
        for (row, target) in targets.enumerated() {
            guard let label = indices[target] else {
                throw DatasetError(
                    name, row: row + 1, column: schema.target,
                    "'\(target.prefix(40))' is none of the classes \(shortList(names))")
            }
            labels.append(label)
        }
        return (names, labels)
    }

    /// The columns of a header in words; one that only looks like several was separated by something else.
    static func described(_ header: [String]) -> String {
        guard header.count == 1, let only = header.first, only.contains(";") || only.contains("\t") else {
            return shortList(header)
        }
        return "one column, '\(only.prefix(60))': fields must be separated by commas"
    }

    static func shortList(_ names: [String]) -> String {
        names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", ... (\(names.count))" : "")
    }

    /// The data as CSV: a header row, the shortest decimals that read back to the same float32, the class last.
    package func csv(target: String = "target") -> [UInt8] {
        var text = (featureNames + [target]).map(Self.quoted).joined(separator: ",") + "\n"
        for row in 0..<rows {
            for value in features[row * columns..<(row + 1) * columns] {
                let shortest = value.description
                text += shortest.hasSuffix(".0") ? String(shortest.dropLast(2)) : shortest
                text += ","
            }
            text += Self.quoted(classNames[Int(labels[row])]) + "\n"
        }
        return Array(text.utf8)
    }

    /// The field as it must be written to be read back: in quotes where it holds what ends one, or begins or ends with what is skipped.
    private static func quoted(_ field: String) -> String {
        let scalars = field.unicodeScalars
        let skipped: Set<Unicode.Scalar> = [" ", "\t", "\u{FEFF}"]
        guard
            scalars.contains(where: { [",", "\"", "\n", "\r"].contains($0) })
                || [scalars.first, scalars.last].contains(where: { $0.map(skipped.contains) ?? false })
        else { return field }
        var text = "\"".unicodeScalars
        for scalar in scalars { text.append(contentsOf: scalar == "\"" ? [scalar, scalar] : [scalar]) }
        return String(text) + "\""
    }
}
