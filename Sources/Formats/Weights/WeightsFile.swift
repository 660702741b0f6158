import Compression
package import Tensor

/// The weights that somebody's file holds, whatever its format: what there is, the values, and the same file with other values.
///
///     let file = try WeightsFile(path: "model.pt")
///     let parts = try file.replacing(["fc1.weight": tensor])    // parts[0].content is the new file
///
/// Values are written where the old ones are; every other byte stays, but for checksums over them. What is compressed is compressed again.
package struct WeightsFile: Sendable {
    /// A file that belongs to it: `suffix` is what follows the name that all have in common.
    package struct Part: Sendable {
        package let suffix: String
        let bytes: FileBytes
    }

    /// What people call the format.
    package let format: String
    package let name: String
    package let parts: [Part]
    /// Files inside the first part, unpacked; tensors count them after the parts.
    let inner: [FileBytes]
    /// In the file's order.
    package let tensors: [StoredTensor]
    /// Mends the checksums of the parts after the tensors at these positions were overwritten, and packs the inner files again.
    let seal: @Sendable (_ contents: inout [[UInt8]], _ changed: [Int]) throws(FormatError) -> Void

    init(
        format: String, name: String, parts: [Part], inner: [FileBytes] = [], tensors: [StoredTensor],
        seal: @escaping @Sendable (inout [[UInt8]], [Int]) throws(FormatError) -> Void = { _, _ throws(FormatError) in }
    ) throws(FormatError) {
        (self.format, self.name, self.parts, self.inner) = (format, name, parts, inner)
        (self.tensors, self.seal) = (tensors, seal)
        var seen: Set<String> = []
        for tensor in tensors where !seen.insert(tensor.name).inserted {
            throw FormatError(name, "has two tensors of the name '\(tensor.name)'")
        }
    }

    /// The values of one tensor.
    package func tensor(_ stored: StoredTensor) throws(FormatError) -> Tensor {
        try stored.type.decode(try bytes(of: stored), shape: stored.shape, place: place(of: stored))
    }

    /// The values of all tensors, in the file's order.
    ///
    /// - Throws: also where they would take much more memory than the file: a few bytes can be shown as many tensors.
    package func all() throws(FormatError) -> [(name: String, tensor: Tensor)] {
        let limit = Deflate.largestContent(of: parts.reduce(0) { $0 + $1.bytes.count })
        var (result, total) = ([(name: String, tensor: Tensor)](), 0)
        for stored in tensors {
            total += stored.count * max(stored.type.size, stored.type.element.size)
            guard total <= limit else {
                throw FormatError(
                    place(of: stored), "with it, the tensors have more than \(limit) bytes: the file is a trap")
            }
            result.append((stored.name, try tensor(stored)))
        }
        return result
    }

    /// The contents of the parts with new values for some tensors, by name.
    ///
    /// - Throws: for a name that the file does not have, another shape, a type that does not fit, or new values where the old ones cannot
    ///   be overwritten.
    package func replacing(_ values: [String: Tensor]) throws(FormatError) -> [[UInt8]] {
        var contents = (parts.map(\.bytes) + inner).map { Array($0) }
        var written: [(position: Int, data: [UInt8], isNew: Bool)] = []
        var left = values
        for (position, stored) in tensors.enumerated() {
            guard let value = left.removeValue(forKey: stored.name) else { continue }
            let place = place(of: stored)
            guard value.shape == stored.shape else {
                throw FormatError(place, "has the shape \(stored.shape), the new values \(value.shape)")
            }
            let old = try bytes(of: stored)
            let data = try stored.type.encode(value, over: old, place: place)
            guard case .placed(let part, let offset, let strides) = stored.values else {
                if case .packed(_, let write) = stored.values, data != old {
                    try write(&contents, data)
                    written.append((position, data, true))
                }
                continue
            }
            var taken = 0
            StoredTensor.forEachRun(shape: stored.shape, strides: strides, size: stored.type.size, offset: offset) {
                contents[part].replaceSubrange($0..<$0 + $1, with: data[taken..<taken + $1])
                taken += $1
            }
            written.append((position, data, data != old))
        }
        if let name = left.keys.min() { throw FormatError(self.name, "has no tensor '\(name)'; it has \(shortList)") }
        // Tensors may share bytes: all must now read as what was asked for.
        for (position, data, _) in written {
            let stored = tensors[position]
            guard case .placed(let part, let offset, let strides) = stored.values else { continue }
            var (taken, isKept) = (0, true)
            StoredTensor.forEachRun(shape: stored.shape, strides: strides, size: stored.type.size, offset: offset) {
                isKept = isKept && contents[part][$0..<$0 + $1].elementsEqual(data[taken..<taken + $1])
                taken += $1
            }
            guard isKept else {
                throw FormatError(
                    place(of: stored), "shares its bytes with itself or another tensor, and their new values differ")
            }
        }
        let changed = written.filter(\.isNew).map(\.position)
        if !changed.isEmpty { try seal(&contents, changed) }
        return Array(contents.prefix(parts.count))
    }

    /// Where a part belongs when the whole is written to `path`.
    package func path(of part: Part, under path: String) -> String {
        (path.hasSuffix(".index") && parts.count > 1 ? String(path.dropLast(6)) : path) + part.suffix
    }

    /// The first names, for messages.
    private var shortList: String {
        tensors.isEmpty
            ? "none"
            : tensors.prefix(8).map(\.name).joined(separator: ", ")
                + (tensors.count > 8 ? ", ... (\(tensors.count))" : "")
    }

    /// The elements of a tensor as they are stored, contiguous, in row-major order.
    private func bytes(of stored: StoredTensor) throws(FormatError) -> [UInt8] {
        switch stored.values {
        case .packed(let read, _): return try read()
        case .placed(let part, _, _):
            return stored.contiguous(in: part < parts.count ? parts[part].bytes : inner[part - parts.count])
        }
    }

    private func place(of stored: StoredTensor) -> String { "\(name), tensor '\(stored.name)'" }
}
