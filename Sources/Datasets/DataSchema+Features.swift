extension DataSchema {
    /// The features of a table of numbers: the schema's columns (or all but `targets`), scaled as it says.
    ///
    /// - Parameter training: the rows that are measured; nil measures all.
    /// - Returns: row-major features, and the schema with the columns and what was measured filled in.
    /// - Throws: `DatasetError` naming a column that is missing.
    package func features(
        of table: NumberTable, without targets: [String], training: [Int]? = nil
    ) throws(DatasetError) -> (features: [Float], schema: DataSchema) {
        let names = columns.featureNames ?? table.columns.filter { !targets.contains($0) }
        guard !names.isEmpty else { throw DatasetError(table.name, "there are no feature columns") }
        var features = try table.selecting(names)
        var complete = self
        complete.columns.featureNames = names
        let rows = Dataset(
            name: table.name, featureNames: names, classNames: [], features: features,
            labels: [Int32](repeating: 0, count: table.rows))
        let measured = training.map { rows.selecting($0) } ?? rows
        complete.normalisation = normalisation.fitted(to: measured, groups: names.count)
        try complete.normalisation.apply(to: &features, columns: names.count, name: table.name)
        return (features, complete)
    }
}
