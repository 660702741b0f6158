import Compression
import Datasets
import Formats
import Tensor

/// Files that people bring: weights, arrays, images, tables. Nothing may trap, take much memory, or change when its own values are written back.
enum FormatTargets {
    static let all: [String: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt] = [
        "weights": { weights(bytes($0, $1)) }, "hdf5": { hdf5(bytes($0, $1)) }, "pickle": { pickle(bytes($0, $1)) },
        "bundle": { bundle(bytes($0, $1)) }, "safetensors": { safetensors(bytes($0, $1)) },
        "zip": { zip(bytes($0, $1)) },
        "npy": { npy(bytes($0, $1)) }, "idx": { idx(bytes($0, $1)) }, "png": { png(bytes($0, $1)) },
        "csv": { csv(bytes($0, $1)) }, "names": { names(bytes($0, $1)) },
    ]

    private static func bytes(_ start: UnsafePointer<UInt8>, _ count: Int) -> [UInt8] {
        [UInt8](UnsafeBufferPointer(start: start, count: count))
    }

    /// Equal values give equal files.
    private static func check(_ file: WeightsFile, _ original: [[UInt8]]) {
        guard let all = try? file.all(),
            let again = try? file.replacing(Dictionary(all.map { ($0.name, $0.tensor) }) { a, _ in a })
        else { return }
        precondition(again == original, "a file changes when its own values are written to it")
        var zeros: [String: Tensor] = [:]
        for (name, tensor) in all { zeros[name] = Tensor(shape: tensor.shape, type: tensor.type) }
        // Damaged files may have two tensors in one place: what comes out of those is only read, not judged.
        guard let content = try? file.replacing(zeros), file.parts.count == 1 else { return }
        _ = try? WeightsFile(content[0], name: "y").all()
    }

    /// A file of any format.
    private static func weights(_ input: [UInt8]) -> CInt {
        if let file = try? WeightsFile(input, name: "x") { check(file, [input]) }
        return 0
    }

    /// The signature is put before the input, so that mutations do not lose it.
    private static func hdf5(_ input: [UInt8]) -> CInt {
        weights([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A] + input.dropFirst(8))
    }

    /// The input is the pickle of a torch file with one storage.
    private static func pickle(_ input: [UInt8]) -> CInt {
        weights(
            ZipArchive.archive(
                [("a/data.pkl", input), ("a/data/0", [UInt8](repeating: 7, count: 64))], deflated: false))
    }

    /// The input is the only block of a checkpoint's index, its first byte the compression; the checksums are made right.
    private static func bundle(_ input: [UInt8]) -> CInt {
        guard let compression = input.first else { return 0 }
        func sealed(_ content: [UInt8], _ kind: UInt8) -> [UInt8] {
            let sum = CRC32C.masked(CRC32C.checksum(content + [kind]))
            return content + [kind] + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
        }
        func varint(_ value: Int) -> [UInt8] {
            value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + varint(value >> 7)
        }
        let block = Array(input.dropFirst())
        var index = sealed(block, compression & 1)
        let handle = varint(0) + varint(block.count)
        let root = [0, 1, UInt8(handle.count), 0xFF] + handle + [0, 0, 0, 0, 1, 0, 0, 0]
        let place = varint(index.count) + varint(root.count)
        index += sealed(root, 0) + place + place
        index += [UInt8](repeating: 0, count: 40 - 2 * place.count) + [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]
        let data = [UInt8](repeating: 0, count: 256)
        var given: [[UInt8]] = []
        let file = try? TensorBundle.open(prefix: "x") { suffix throws(FormatError) in
            guard given.count < 8 else { throw FormatError("x", "has many files") }
            given.append(suffix == ".index" ? index : data)
            return FileBytes(suffix == ".index" ? index : data)
        }
        if let file { check(file, given) }
        return 0
    }

    /// What is read is read again after writing.
    private static func safetensors(_ input: [UInt8]) -> CInt {
        guard let (tensors, metadata) = try? SafeTensors.read(input, name: "x") else { return 0 }
        let written = SafeTensors.write(tensors, metadata: metadata.map { ($0.key, $0.value) })
        guard let again = try? SafeTensors.read(written, name: "y") else {
            preconditionFailure("safetensors are not read back")
        }
        precondition(again.metadata == metadata, "the metadata of safetensors change")
        return weights(input)
    }

    private static func zip(_ input: [UInt8]) -> CInt {
        guard let archive = try? ZipArchive(input, name: "x") else { return 0 }
        for entry in archive.entries { _ = try? archive.content(of: entry, limit: 1 << 20) }
        return weights(input)
    }

    /// What is read is read again after writing.
    private static func npy(_ input: [UInt8]) -> CInt {
        guard let tensor = try? Npy.read(input, name: "x"), tensor.type != .bfloat16 else { return 0 }
        precondition((try? Npy.read(Npy.write(tensor), name: "y")) == tensor, "an array changes when it is written")
        return 0
    }

    private static func idx(_ input: [UInt8]) -> CInt {
        _ = try? Idx.read(input, name: "x", limit: 1 << 24)
        return 0
    }

    /// Either a whole file, or thirteen bytes of header, a flag, twelve of palette, three of transparency, then lines: what is compressed and summed
    /// is made right, so that the input reaches what lies behind.
    private static func png(_ input: [UInt8]) -> CInt {
        _ = try? PNG(input, name: "x", limit: 1 << 20)
        guard input.count > 29 else { return 0 }
        func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
            let body = Array(type.utf8) + data
            return big(UInt32(data.count)) + body + big(crc32(body))
        }
        func big(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        var header = Array(input[..<13])
        for index in [0, 1, 2, 4, 5, 6] { header[index] = 0 }
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
        if input[13] & 1 != 0 { file += chunk("PLTE", Array(input[14..<26])) }
        if input[13] & 2 != 0 { file += chunk("tRNS", Array(input[26..<28 + Int(input[13] >> 7)])) }
        file += chunk("IDAT", Deflate.compress(input[29...], format: .zlib, level: 1)) + chunk("IEND", [])
        if let image = try? PNG(file, name: "x", limit: 1 << 20) {
            precondition(image.samples.count == image.width * image.height * image.channels, "an image lacks samples")
        }
        return 0
    }

    /// What is read is the same after writing and reading.
    private static func csv(_ input: [UInt8]) -> CInt {
        guard let data = try? Dataset(csv: input, name: "x") else { return 0 }
        let schema = CSVSchema(classNames: data.classNames, featureNames: data.featureNames)
        guard let again = try? Dataset(csv: data.csv(), schema: schema, name: "x") else {
            preconditionFailure("a table is not read back")
        }
        precondition(
            again.features == data.features && again.labels == data.labels, "a table changes when it is written")
        return 0
    }

    private static func names(_ input: [UInt8]) -> CInt {
        let tensors = ["a", "model.weight", "x"].map { ($0, Tensor(shape: [2, 3])) }
        _ = try? NameMap(input, name: "x").applied(to: tensors)
        _ = try? DataSchema(json: input, name: "x")
        return 0
    }
}
