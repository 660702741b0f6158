import Compression
import Foundation
import Testing

import Tensor

/// The full arithmetic vectors, where they are on this machine: `CAIRN_SHARED`, or `../shared` beside the package.
enum SharedVectors {
    static let folder: String? = {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["CAIRN_SHARED"]
        let candidates = [named, package.appendingPathComponent("../shared").path].compactMap { $0 }
        return candidates.map { $0 + "/arithmetic" }.first { FileManager.default.fileExists(atPath: $0) }
    }()

    static func bytes(_ name: String) throws -> [UInt8]? {
        guard let folder else {
            print("skipped: shared/arithmetic/\(name) absent (set CAIRN_SHARED)")
            return nil
        }
        return Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
    }

    /// Lines of a gzipped CSV without its header, split at commas.
    static func rows(_ name: String) throws -> [[Substring]]? {
        guard let bytes = try bytes(name) else { return nil }
        return table(try Deflate.decompress(bytes, format: .gzip, limit: 1 << 26))
    }

    static func table(_ bytes: [UInt8]) -> [[Substring]] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
    }
}

/// The arrays of an npz file, as 32-bit patterns with shapes.
struct BitArrays {
    struct Entry {
        var shape: [Int]
        var bits: [UInt32]
        var floats: [Float] { bits.map { Float(bitPattern: $0) } }
    }

    private(set) var entries: [String: Entry] = [:]

    subscript(_ name: String) -> Entry? { entries[name] }

    /// Reads a ZIP of version 1 npy arrays of 4-byte elements, which is what numpy writes for these.
    init(npz bytes: [UInt8]) throws {
        func word(_ at: Int, _ size: Int) -> Int { (0..<size).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }
        var end = bytes.count - 22
        while word(end, 4) != 0x0605_4b50 { end -= 1 }
        var record = word(end + 16, 4)
        for _ in 0..<word(end + 10, 2) {
            let nameLength = word(record + 28, 2)
            let name = String(decoding: bytes[(record + 46)..<(record + 46 + nameLength)], as: UTF8.self)
            let header = word(record + 42, 4)
            let start = header + 30 + word(header + 26, 2) + word(header + 28, 2)
            let packed = Array(bytes[start..<(start + word(record + 20, 4))])
            let content =
                word(record + 10, 2) == 0 ? packed : try Deflate.decompress(packed, format: .raw, limit: 1 << 26)
            entries[String(name.dropLast(4))] = Self.array(content)
            record += 46 + nameLength + word(record + 30, 2) + word(record + 32, 2)
        }
    }

    private static func array(_ npy: [UInt8]) -> Entry {
        let length = Int(npy[8]) | Int(npy[9]) << 8
        let header = String(decoding: npy[10..<(10 + length)], as: UTF8.self)
        let shape = header.split(separator: "(")[1].split(separator: ")")[0]
        let extents = shape.split { !$0.isNumber }.compactMap { Int($0) }
        let data = npy[(10 + length)...]
        let bits = stride(from: data.startIndex, to: data.endIndex, by: 4).map { i in
            (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[i + $1]) << UInt32(8 * $1) }
        }
        return Entry(shape: extents, bits: bits)
    }
}
