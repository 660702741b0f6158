/// TensorFlow checkpoints (`tf.train.Checkpoint`, the variables of a SavedModel): `PREFIX.index` and `PREFIX.data-00000-of-00001` and so on.
///
/// Names are TensorFlow's own, such as `model/layer/kernel/.ATTRIBUTES/VARIABLE_VALUE`; text, such as the object graph, is left out.
package enum TensorBundle {
    /// The most files of data.
    private static let shardLimit = 10_000

    /// - Parameter file: gives the bytes of the file of a suffix.
    package static func open(
        prefix: String, file: (_ suffix: String) throws(FormatError) -> FileBytes
    ) throws(FormatError) -> WeightsFile {
        let name = prefix + ".index"
        let index = try file(".index")
        let table = try SortedTable(index, name: name)
        let (shards, isBigEndian) = try header(table, name: name)
        var parts = [WeightsFile.Part(suffix: ".index", bytes: index)]
        for shard in 0..<shards {
            let suffix = ".data-\(padded(shard))-of-\(padded(shards))"
            parts.append(.init(suffix: suffix, bytes: try file(suffix)))
        }
        var (tensors, sources): ([StoredTensor], [Source]) = ([], [])
        for record in table.entries.dropFirst() {
            let key = String(decoding: record.key, as: UTF8.self)
            let place = "\(name), tensor '\(key)'"
            let entry = try BundleEntry(record.value, place: place)
            guard let kind = BundleEntry.kinds[entry.type], record.key.first != 0 else { continue }
            guard !entry.isPartitioned else {
                throw FormatError(
                    place, "is cut into slices, which is not read: restore it in TensorFlow and save it again")
            }
            guard entry.shard < shards, entry.offset <= parts[entry.shard + 1].bytes.count,
                entry.size <= parts[entry.shard + 1].bytes.count - entry.offset
            else { throw FormatError(place, "lies outside the data files; they are truncated or damaged") }
            let range = entry.offset..<entry.offset + entry.size
            if let checksum = entry.checksum {
                guard CRC32C.masked(CRC32C.checksum(parts[entry.shard + 1].bytes.part(range))) == checksum.value else {
                    throw FormatError(place, "its checksum is wrong; the data file is damaged")
                }
            }
            let tensor = try StoredTensor(
                name: key, type: StoredType(kind, isBigEndian: isBigEndian), shape: entry.shape, part: entry.shard + 1,
                range: range, place: place)
            guard tensor.byteCount == entry.size else {
                throw FormatError(place, "has \(entry.size) bytes, which its shape \(entry.shape) does not fill")
            }
            tensors.append(tensor)
            sources.append(Source(entry: entry, record: record))
        }
        let entries = sources
        return try WeightsFile(format: "TensorFlow checkpoint", name: prefix, parts: parts, tensors: tensors) {
            contents, changed throws(FormatError) in
            for position in changed { try entries[position].seal(&contents, name: name) }
        }
    }

    /// Where a tensor's checksum stands.
    private struct Source: Sendable {
        private let part: Int
        private let range: Range<Int>
        private let block: Range<Int>
        /// In the index; nil in a compressed block.
        private let position: Int?
        private let hasChecksum: Bool

        init(entry: BundleEntry, record: SortedTable.Entry) {
            part = entry.shard + 1
            range = entry.offset..<entry.offset + entry.size
            block = record.block.range
            hasChecksum = entry.checksum != nil
            position = record.position.flatMap { start in entry.checksum.map { start + $0.offset } }
        }

        /// Writes the checksum of the new values, and that of the block which holds it.
        func seal(_ contents: inout [[UInt8]], name: String) throws(FormatError) {
            guard hasChecksum else { return }
            guard let position else {
                throw FormatError(
                    name,
                    "is compressed, so its checksums are not overwritten: restore it in TensorFlow and save it again")
            }
            let checksum = contents[part].withUnsafeBytes {
                CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[range]))
            }
            contents[0].put(littleEndian: CRC32C.masked(checksum), at: position)
            SortedTable.Block(range: block).mendChecksum(in: &contents[0])
        }
    }

    /// `BundleHeaderProto`, under the empty key: how many data files there are, and the order of their bytes.
    private static func header(_ table: SortedTable, name: String) throws(FormatError) -> (
        shards: Int, isBigEndian: Bool
    ) {
        guard let first = table.entries.first, first.key.isEmpty else {
            throw FormatError(name, "has no header; it is no TensorFlow checkpoint, or damaged")
        }
        var (shards, isBigEndian): (UInt64, Bool) = (0, false)
        for (number, value) in try ProtoField.all(first.value, place: name) {
            switch (number, value) {
            case (1, .varint(let count)): shards = count
            case (2, .varint(let order)): isBigEndian = order == 1
            default: continue
            }
        }
        guard shards <= UInt64(shardLimit) else { throw FormatError(name, "claims \(shards) data files: too many") }
        return (Int(shards), isBigEndian)
    }

    private static func padded(_ number: Int) -> String {
        String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)"
    }
}
