extension DataSchema {
    /// The features of a table of numbers: the schema's columns (or all but `targets`), scaled as it says.
    ///
    /// - Returns: row-major features, and the schema with the columns and what was measured filled in.
    /// - Throws: `DatasetError` naming a column that is missing.
    package func features(
        of table: NumberTable, without targets: [String]
    ) throws(DatasetError) -> (features: [Float], schema: DataSchema) {
        let names = columns.featureNames ?? table.columns.filter { !targets.contains($0) }
        guard !names.isEmpty else { throw DatasetError(table.name, "there are no feature columns") }
        var features = try table.selecting(names)
        var complete = self
        complete.columns.featureNames = names
        let rows = Dataset(
            name: table.name, featureNames: names, classNames: [], features: features,
            labels: [Int32](repeating: 0, count: table.rows))
        complete.normalisation = normalisation.fitted(to: rows, groups: names.count)
        try complete.normalisation.apply(to: &features, columns: names.count, name: table.name)
        return (features, complete)
    }
}
