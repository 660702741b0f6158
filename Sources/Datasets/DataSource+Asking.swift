import Storage

extension DataSource {
    /// Whether `path` is something that `questions` reads.
    package static func recognises(asking path: String) -> Bool {
        isTable(path) || recognises(path) || ImageFolder.isImage(path)
    }

    /// Rows that one asks a model about, scaled as the schema says; classes, where there are any, are left out.
    ///
    /// Read: what `open` reads; IDX images without labels; a PNG image, or a folder with images in it.
    package static func questions(_ path: String, schema: DataSchema = DataSchema()) throws(DatasetError) -> NumberTable
    {
        let table = try rows(path, schema)
        var numbers = table.numbers
        try schema.normalisation.apply(to: &numbers, columns: table.columns.count, name: table.name)
        return NumberTable(name: table.name, columns: table.columns, rows: table.rows, numbers: numbers)
    }

    /// The rows as they are stored.
    private static func rows(_ path: String, _ schema: DataSchema) throws(DatasetError) -> NumberTable {
        if ImageFolder.isImage(path) || ImageFolder.hasImages(path) {
            return try ImageFolder(path, schema: schema).readUnlabelled()
        }
        if IdxPair.recognises(path) { return try IdxPair.images(path).table }
        if Files.isDirectory(path) {
            let plain = DataSchema(columns: schema.columns, imageSize: schema.imageSize, channels: schema.channels)
            let data = try open(path, schema: plain).data
            let all = Dataset.pooled([data.training, data.validation, data.test])
            return NumberTable(name: path, columns: all.featureNames, rows: all.rows, numbers: all.features)
        }
        let targets = [schema.columns.target] + schema.columns.target.split(separator: ",").map(String.init)
        let names = schema.columns.featureNames
        let table = try NumberTable(
            csv: try table(path), skipping: Set(targets), keeping: names.map { Set($0) }, name: path)
        guard let names else { return table }
        return NumberTable(name: path, columns: names, rows: table.rows, numbers: try table.selecting(names))
    }
}
