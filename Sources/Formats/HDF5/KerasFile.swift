import Compression

/// Keras 3's `.keras`: a ZIP archive of `config.json`, `metadata.json` and `model.weights.h5`; the weights are those of the last.
enum KerasFile {
    private static func weights(_ archive: ZipArchive) -> Int? {
        archive.entries.firstIndex { $0.name == "model.weights.h5" }
    }

    static func recognises(_ archive: ZipArchive) -> Bool { weights(archive) != nil }

    static func open(_ archive: ZipArchive, name: String) throws(FormatError) -> WeightsFile {
        guard let position = weights(archive) else {
            throw FormatError(name, "has no model.weights.h5: it is no .keras file")
        }
        let entry = archive.entries[position]
        let content = try archive.content(of: entry, limit: Deflate.largestContent(of: archive.bytes.count))
        return try WeightsFile(
            format: "Keras", name: name, parts: [.init(suffix: "", bytes: archive.bytes)], inner: [content],
            tensors: try HDF5File.tensors(in: content, part: 1, name: archive.place(of: entry))
        ) { contents, _ throws(FormatError) in contents[0] = try archive.rewritten([position: contents[1]]) }
    }
}
