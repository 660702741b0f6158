import Formats
import Tensor
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The folder of models from real exporters, which a user's machine does not have.
enum SharedModels {
    static let folder: String? = {
        let candidates = [
            getenv("CAIRN_SHARED").map { String(cString: $0) + "/onnx" },
            String(#filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/"))
                + "/shared/onnx",
        ]
        return candidates.compactMap { $0 }.first { access($0, R_OK) == 0 }
    }()

    static var isPresent: Bool {
        if folder == nil { print("skipped: the shared models are absent (set CAIRN_SHARED)") }
        return folder != nil
    }

    static func bytes(_ name: String) throws -> [UInt8] { try content(try #require(folder) + "/" + name) }

    static func content(_ path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "rb"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&block, 1, block.count, file)
            if count == 0 { return bytes }
            bytes += block[..<count]
        }
    }

    static func arrays(_ name: String) throws -> [String: Tensor] {
        var result: [String: Tensor] = [:]
        for (key, tensor) in try Npz.read(try bytes(name), name: name) { result[key] = tensor }
        return result
    }

    /// The greatest difference relative to the size of the expected numbers.
    static func difference(_ got: Tensor, _ expected: Tensor) -> Float {
        guard got.shape == expected.shape, got.type == expected.type else { return .infinity }
        guard got.type == .float32 else { return got == expected ? 0 : .infinity }
        let (a, b) = (got.values(as: Float.self), expected.values(as: Float.self))
        let scale = b.map { abs($0) }.max() ?? 1
        return zip(a, b).map { abs($0 - $1) }.max().map { $0 / max(scale, 1e-6) } ?? 0
    }
}
