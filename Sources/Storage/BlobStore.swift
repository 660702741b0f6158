package import Bytes
import Crypto

/// Bytes kept under their own keccak256, one file each.
///
///     let store = try BlobStore(directory: "blobs")
///     let name = try store.put(parameters)
///     let same = try store.get(name)
///
/// A blob is durable when `put` returns, and checked against its name whenever it is read. Safe to use from many tasks and
/// processes at once. Not for many tiny items: each costs a file.
package struct BlobStore: Sendable {
    package let directory: String

    /// Uses `directory`, and makes it when absent.
    package init(directory: String) throws(StorageError) {
        try Files.makeDirectory(directory)
        self.directory = directory
    }

    /// Stores bytes; those that are there already are left alone, unless they are damaged.
    ///
    /// - Returns: their name, the keccak256 of them.
    @discardableResult
    package func put(_ bytes: [UInt8]) throws(StorageError) -> Hash32 {
        let name = keccak256(bytes)
        let path = self.path(of: name)
        if Files.exists(path), let there = try? Files.read(path), there == bytes { return name }
        let folder = Files.parent(of: path)
        if !Files.exists(folder) {
            try Files.makeDirectory(folder)
            try Files.syncDirectory(of: folder)
        }
        try Files.write(bytes, to: path)
        return name
    }

    /// The bytes with this name.
    ///
    /// - Throws: `StorageError` of kind `.notFound`, or `.corrupt` where the stored bytes hash to another name.
    package func get(_ name: Hash32) throws(StorageError) -> [UInt8] {
        let path = self.path(of: name)
        let bytes: [UInt8]
        do {
            bytes = try Files.read(path)
        } catch {
            guard error.kind == .notFound else { throw error }
            throw StorageError(
                .notFound, "blob \(name) is not in \(directory); fetch it from whoever committed to it",
                code: error.code)
        }
        let actual = keccak256(bytes)
        guard actual == name else {
            throw StorageError(
                .corrupt,
                "blob \(name) is damaged: the \(bytes.count) bytes in \(path) hash to \(actual); "
                    + "delete the file and fetch the blob again")
        }
        return bytes
    }

    package func contains(_ name: Hash32) -> Bool { Files.exists(path(of: name)) }

    /// Removes a blob; one that is not there is no error.
    package func remove(_ name: Hash32) throws(StorageError) { try Files.remove(path(of: name)) }

    /// The names of all blobs, in order.
    package func all() throws(StorageError) -> [Hash32] {
        var names: [Hash32] = []
        for folder in try Files.list(directory)
        where folder.utf8.count == 2 && Files.isDirectory("\(directory)/\(folder)") {
            for file in try Files.list("\(directory)/\(folder)") {
                if let name = try? Hash32(hex: folder + file) { names.append(name) }
            }
        }
        return names
    }

    /// The file that holds, or would hold, the blob.
    package func path(of name: Hash32) -> String {
        let digits = name.hex
        return "\(directory)/\(digits.prefix(2))/\(digits.dropFirst(2))"
    }
}
