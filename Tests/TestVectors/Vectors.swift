package import JSON

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The test vectors beside this file: `data/NAME.json`, written by `generate/*.py` from independent implementations.
package enum Vectors {
    /// Why a vector file could not be used.
    package struct Unreadable: Error, CustomStringConvertible {
        package let description: String
    }

    /// The content of `data/NAME.json`.
    package static func load(_ name: String) throws -> JSON {
        try JSON(parsing: bytes("\(name).json"))
    }

    /// The raw bytes of `data/FILE`.
    package static func bytes(_ file: String) throws -> [UInt8] {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let path = folder.joined(separator: "/") + "/data/" + file
        guard let bytes = read(path: path) else { throw Unreadable(description: "cannot read \(path)") }
        return bytes
    }

    /// The raw bytes of any file, or nil where it cannot be read.
    package static func read(path: String) -> [UInt8]? {
        guard let stream = fopen(path, "rb") else { return nil }
        defer { fclose(stream) }
        var bytes = [UInt8]()
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, stream)
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: chunk[..<count])
        }
    }
}
