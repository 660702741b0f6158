import Compression

/// Keras 3's `.keras`: a ZIP archive of `config.json`, `metadata.json` and `model.weights.h5`; the weights are those of the last.
enum KerasFile {
    private static func weights(_ archive: ZipArchive) -> ZipArchive.Entry? {
        archive.entries.first { $0.name == "model.weights.h5" }
    }

    static func recognises(_ archive: ZipArchive) -> Bool { weights(archive) != nil }

    static func open(_ archive: ZipArchive, name: String) throws(FormatError) -> WeightsFile {
        guard let entry = weights(archive) else {
            throw FormatError(name, "has no model.weights.h5: it is no .keras file")
        }
        let content = try archive.content(of: entry, limit: Deflate.largestContent(of: archive.bytes.count))
        let place = archive.place(of: entry)
        let origin = entry.isStored ? try archive.packedRange(of: entry).lowerBound : 0
        var tensors = try HDF5File.tensors(in: content, origin: origin, name: place)
        if !entry.isStored {
            tensors = tensors.map {
                $0.packed(
                    in: content,
                    reason:
                        "is in a compressed archive, which is not overwritten: save the model with model.save(...) again"
                )
            }
        }
        return try WeightsFile(
            format: "Keras", name: name, parts: [.init(suffix: "", bytes: archive.bytes)], tensors: tensors
        ) { contents, _ throws(FormatError) in try archive.mendChecksum(of: entry, in: &contents[0]) }
    }
}
