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
        let records = Dictionary(table.entries.map { ($0.key, $0) }) { first, _ in first }
        var (tensors, sources): ([StoredTensor], [[Source]]) = ([], [])
        for record in table.entries.dropFirst() where record.key.first != 0 {
            let key = String(decoding: record.key, as: UTF8.self)
            let place = "\(name), tensor '\(key)'"
            let entry = try BundleEntry(record.value, place: place)
            guard let kind = BundleEntry.kinds[entry.type] else { continue }
            let type = StoredType(kind, isBigEndian: isBigEndian)
            if entry.slices.isEmpty {
                tensors.append(try tensor(entry, named: key, type, in: parts, place: place))
                sources.append([Source(entry: entry, record: record)])
                continue
            }
            var (pieces, marks): ([Piece], [Source]) = ([], [])
            for slice in entry.slices {
                guard let range = slice.range(in: entry.shape), let record = records[slice.key(of: record.key)] else {
                    throw FormatError(place, "lacks a slice of it; the checkpoint is damaged")
                }
                let inner = try BundleEntry(record.value, place: place)
                let stored = try tensor(inner, named: key, type, in: parts, place: place)
                guard inner.type == entry.type, stored.shape == range.shape else {
                    throw FormatError(place, "has a slice \(stored.shape) where one of \(range.shape) belongs")
                }
                pieces.append(Piece(stored: stored, start: range.start))
                marks.append(Source(entry: inner, record: record))
            }
            tensors.append(try joined(pieces, named: key, type, shape: entry.shape, in: parts, place: place))
            sources.append(marks)
        }
        let entries = sources
        return try WeightsFile(format: "TensorFlow checkpoint", name: prefix, parts: parts, tensors: tensors) {
            contents, changed throws(FormatError) in
            for source in changed.flatMap({ entries[$0] }) { try source.seal(&contents, name: name) }
        }
    }

    /// A tensor, or a slice of one, where its entry says; its checksum is verified.
    private static func tensor(
        _ entry: BundleEntry, named key: String, _ type: StoredType, in parts: [WeightsFile.Part], place: String
    ) throws(FormatError) -> StoredTensor {
        guard entry.shard < parts.count - 1, entry.offset <= parts[entry.shard + 1].bytes.count,
            entry.size <= parts[entry.shard + 1].bytes.count - entry.offset
        else { throw FormatError(place, "lies outside the data files; they are truncated or damaged") }
        let range = entry.offset..<entry.offset + entry.size
        if let checksum = entry.checksum {
            guard CRC32C.masked(CRC32C.checksum(parts[entry.shard + 1].bytes.part(range))) == checksum.value else {
                throw FormatError(place, "its checksum is wrong; the data file is damaged")
            }
        }
        let tensor = try StoredTensor(
            name: key, type: type, shape: entry.shape, part: entry.shard + 1, range: range, place: place)
        guard tensor.byteCount == entry.size else {
            throw FormatError(place, "has \(entry.size) bytes, which its shape \(entry.shape) does not fill")
        }
        return tensor
    }

    /// A slice, and its first element in the whole.
    private struct Piece {
        let stored: StoredTensor
        let start: [Int]

        /// Calls `body` with each run of bytes: where it is in the slice, and where in the whole.
        func forEachRun(in shape: [Int], _ body: (_ source: Int, _ target: Int, _ count: Int) -> Void) {
            let (strides, size) = (StoredTensor.rowMajor(shape), stored.type.size)
            var taken = 0
            StoredTensor.forEachRun(
                shape: stored.shape, strides: strides, size: size,
                offset: zip(start, strides).reduce(0) { $0 + $1.0 * $1.1 } * size
            ) { offset, count in
                body(taken, offset, count)
                taken += count
            }
        }
    }

    /// The tensor that slices make up.
    ///
    /// - Throws: where they leave elements out or overlap.
    private static func joined(
        _ pieces: [Piece], named key: String, _ type: StoredType, shape: [Int], in parts: [WeightsFile.Part],
        place: String
    ) throws(FormatError) -> StoredTensor {
        let count = try StoredTensor.count(shape, type, place: place)
        guard pieces.reduce(0, { $0 + $1.stored.count }) == count, pieces.count <= 1 << 16 else {
            throw FormatError(place, "has slices that do not make up its shape \(shape)")
        }
        var isCovered = [Bool](repeating: false, count: count)
        for piece in pieces {
            piece.forEachRun(in: shape) { _, target, bytes in
                for element in target / type.size..<(target + bytes) / type.size { isCovered[element] = true }
            }
        }
        guard isCovered.allSatisfy({ $0 }) else { throw FormatError(place, "has slices that overlap") }
        return StoredTensor(
            name: key, type: type, shape: shape,
            values: .packed { () throws(FormatError) in
                var values = [UInt8](repeating: 0, count: count * type.size)
                for piece in pieces {
                    guard case .placed(let part, _, _) = piece.stored.values else { continue }
                    let data = piece.stored.contiguous(in: parts[part].bytes)
                    piece.forEachRun(in: shape) { source, target, bytes in
                        values.replaceSubrange(target..<target + bytes, with: data[source..<source + bytes])
                    }
                }
                return values
            } write: { contents, data throws(FormatError) in
                for piece in pieces {
                    guard case .placed(let part, let offset, _) = piece.stored.values else { continue }
                    piece.forEachRun(in: shape) { source, target, bytes in
                        contents[part].replaceSubrange(
                            offset + source..<offset + source + bytes, with: data[target..<target + bytes])
                    }
                }
            })
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
