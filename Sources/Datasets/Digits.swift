import Compression

/// The UCI handwritten digits that come with Cairn: 1,797 images of 8 x 8 pixels, ten classes.
package enum Digits {
    /// The columns and classes, for reading shards back.
    package static let schema = CSVSchema(target: "target", classNames: (0..<10).map(String.init))

    /// All images, pixels 0...16 divided by 16 (exact), so that features lie in [0, 1].
    package static func load() throws(DatasetError) -> Dataset {
        let text: [UInt8]
        do {
            text = try Gzip.decompress(PackageResources.digits_csv_gz, limit: 1 << 20)
        } catch {
            throw DatasetError("digits", "the bundled file is damaged: \(error)")
        }
        var digits = try Dataset(csv: text, schema: schema, name: "digits")
        for index in digits.features.indices { digits.features[index] /= 16 }
        return digits
    }
}
