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
        var data = Dataset(
            name: table.name, featureNames: names, classNames: [], features: try table.selecting(names),
            labels: [Int32](repeating: 0, count: table.rows))
        var complete = self
        complete.columns.featureNames = names
        complete.normalisation = normalisation.fitted(to: data, groups: names.count)
        try complete.normalisation.apply(to: &data)
        return (data.features, complete)
    }
}
