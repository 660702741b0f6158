import Compression
package import Tensor

/// Named arrays in NumPy's `.npz` format.
package enum Npz {
    /// Reads all the arrays, in the order of the archive.
    ///
    /// - Parameter limit: the most bytes that all of them may have together; nil for what an archive of this size may hold.
    package static func read(
        _ bytes: [UInt8], name: String, limit: Int? = nil
    ) throws(FormatError) -> [(name: String, tensor: Tensor)] {
        let archive = try ZipArchive(bytes, name: name)
        var (arrays, left) = (
            [(name: String, tensor: Tensor)](), limit ?? Deflate.largestContent(of: bytes.count)
        )
        for entry in archive.entries where entry.name.hasSuffix(".npy") {
            let content = try archive.content(of: entry, limit: left)
            left -= content.count
            let key = String(entry.name.dropLast(4))
            arrays.append((key, try Npy.read(content, name: "\(name), array '\(key)'")))
        }
        return arrays
    }

    /// The archive as weights that can be replaced; the array of entry k lies in part k + 1.
    static func open(_ archive: ZipArchive, name: String) throws(FormatError) -> WeightsFile {
        let positions = archive.entries.indices.filter { archive.entries[$0].name.hasSuffix(".npy") }
        var (left, contents, tensors) = (
            Deflate.largestContent(of: archive.bytes.count), [FileBytes](), [StoredTensor]()
        )
        for position in positions {
            let entry = archive.entries[position]
            let place = "\(name), array '\(entry.name.dropLast(4))'"
            let content = try archive.content(of: entry, limit: left)
            if !entry.isStored { left -= content.count }
            let (header, offset) = try Npy.header(of: content, name: place)
            let strides = header.isFortranOrder ? Npy.fortranStrides(header.shape) : nil
            contents.append(content)
            tensors.append(
                try StoredTensor(
                    name: String(entry.name.dropLast(4)), type: header.type, shape: header.shape,
                    part: contents.count, range: offset..<content.count, strides: strides, place: place))
        }
        return try WeightsFile(
            format: "NumPy .npz", name: name, parts: [.init(suffix: "", bytes: archive.bytes)], inner: contents,
            tensors: tensors
        ) { contents, changed throws(FormatError) in
            var replaced: [Int: [UInt8]] = [:]
            for tensor in changed { replaced[positions[tensor]] = contents[tensor + 1] }
            contents[0] = try archive.rewritten(replaced)
        }
    }

    /// The bytes of an archive; equal arrays give equal bytes.
    package static func write(_ arrays: [(name: String, tensor: Tensor)], compressed: Bool = false) -> [UInt8] {
        ZipArchive.archive(arrays.map { ($0.name + ".npy", Npy.write($0.tensor)) }, deflated: compressed)
    }
}
