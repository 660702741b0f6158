package import Tensor

/// Named arrays in NumPy's `.npz` format.
package enum Npz {
    /// Reads all the arrays, in the order of the archive.
    ///
    /// - Parameter limit: the most bytes that all of them may have together.
    package static func read(
        _ bytes: [UInt8], name: String, limit: Int = 1 << 33
    ) throws(FormatError) -> [(name: String, tensor: Tensor)] {
        let archive = try ZipArchive(bytes, name: name)
        var (arrays, left) = ([(name: String, tensor: Tensor)](), limit)
        for entry in archive.entries where entry.name.hasSuffix(".npy") {
            let content = try archive.content(of: entry, limit: left)
            left -= content.count
            let key = String(entry.name.dropLast(4))
            arrays.append((key, try Npy.read(content, name: "\(name), array '\(key)'")))
        }
        return arrays
    }

    /// The bytes of an archive; equal arrays give equal bytes.
    package static func write(_ arrays: [(name: String, tensor: Tensor)], compressed: Bool = false) -> [UInt8] {
        ZipArchive.archive(arrays.map { ($0.name + ".npy", Npy.write($0.tensor)) }, deflated: compressed)
    }
}
