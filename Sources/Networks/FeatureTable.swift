package import Datasets

/// Rows of numbers without classes, as one asks a model about: a CSV file whose target columns, if it has them, are left out.
package struct FeatureTable: Sendable, Equatable {
    package let columns: [String]
    package let rows: Int
    package let features: [Float]

    /// - Throws: `DatasetError` naming row and column of what is wrong.
    package init(csv bytes: [UInt8], target: String = "target", name: String) throws(DatasetError) {
        let targets = [target] + target.split(separator: ",").map(String.init)
        let table = try NumberTable(csv: bytes, skipping: Set(targets), name: name)
        columns = table.columns
        rows = table.rows
        features = table.numbers
    }
}
