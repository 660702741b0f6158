package import Datasets

/// Rows of numbers without classes, as one asks a model about: a CSV file whose target column, if it has one, is left out.
package struct FeatureTable: Sendable, Equatable {
    package let columns: [String]
    package let rows: Int
    package let features: [Float]

    /// - Throws: `DatasetError` naming row and column of what is wrong.
    package init(csv bytes: [UInt8], target: String = "target", name: String) throws(DatasetError) {
        let header = bytes.prefix { $0 != 0x0a && $0 != 0x0d }
        let names = String(decoding: header, as: UTF8.self).split(separator: ",").map { word in
            word.drop { $0 == " " || $0 == "\u{FEFF}" || $0 == "\"" }.prefix { $0 != "\"" && $0 != " " }
        }
        let data: Dataset
        if names.contains(where: { $0 == target }) {
            // Classes are read and dropped; any text will do.
            data = try Dataset(csv: bytes, schema: CSVSchema(target: target), name: name)
            columns = data.featureNames
        } else {
            data = try Dataset(csv: Self.withTarget(bytes, target), schema: CSVSchema(target: target), name: name)
            columns = data.featureNames
        }
        rows = data.rows
        features = data.features
    }

    /// The same table with a last column of zeros.
    private static func withTarget(_ bytes: [UInt8], _ target: String) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 16)
        var isHeader = true
        var isEmptyLine = true
        var quoted = false
        for byte in bytes + (bytes.last == 0x0a ? [] : [0x0a]) {
            if byte == UInt8(ascii: "\"") { quoted.toggle() }
            if byte == 0x0a, !quoted {
                if result.last == 0x0d { result.removeLast() }
                if !isEmptyLine {
                    result += Array((isHeader ? ",\(target)" : ",0").utf8)
                    isHeader = false
                }
                isEmptyLine = true
            } else if byte != 0x0d {
                isEmptyLine = false
            }
            result.append(byte)
        }
        return result
    }
}
