package import Datasets

/// Rows of numbers without classes, as one asks a model about: a CSV file whose target columns, if it has them, are left out.
package struct FeatureTable: Sendable, Equatable {
    package let columns: [String]
    package let rows: Int
    package let features: [Float]

    /// - Throws: `DatasetError` naming row and column of what is wrong.
    package init(csv bytes: [UInt8], schema: DataSchema = DataSchema(), name: String) throws(DatasetError) {
        let target = schema.columns.target
        let targets = [target] + target.split(separator: ",").map(String.init)
        let table = try NumberTable(
            csv: bytes, skipping: Set(targets), only: schema.columns.featureNames.map(Set.init), name: name)
        let (features, complete) = try schema.features(of: table, without: targets)
        columns = complete.columns.featureNames ?? table.columns
        rows = table.rows
        self.features = features
    }
}
