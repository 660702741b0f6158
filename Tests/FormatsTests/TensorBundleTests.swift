import Bytes
@testable import Formats
import JSON
import Tensor
import TestVectors
import Testing

/// The files of a checkpoint in memory, by suffix.
private struct Checkpoint {
    var files: [String: [UInt8]]
    let vector: JSON

    init(_ name: String) throws {
        vector = try Vectors.load("bundle").member(name)
        files = [:]
        for (suffix, content) in try vector.member("files").objectValue ?? JSONObject() {
            files[suffix] = try [UInt8](hex: content.stringValue ?? "")
        }
    }

    func open() throws -> WeightsFile {
        try TensorBundle.open(prefix: "ck") { suffix throws(FormatError) in
            guard let file = files[suffix] else { throw FormatError("ck" + suffix, "is missing") }
            return FileBytes(file)
        }
    }

    mutating func replace(_ values: [String: Tensor]) throws {
        let weights = try open()
        for (part, content) in zip(weights.parts, try weights.replacing(values)) { files[part.suffix] = content }
    }
}

@Test(arguments: ["types", "model", "sharded", "sliced", "compressed"])
func readsWhatTensorFlowSaves(_ name: String) throws {
    let checkpoint = try Checkpoint(name)
    let all = Dictionary(uniqueKeysWithValues: try checkpoint.open().all().map { ($0.name, $0.tensor) })
    let wanted = try checkpoint.vector.member("tensors").objectValue ?? JSONObject()
    #expect(all.count == Array(wanted).count)
    for (name, tensor) in wanted {
        let found = try #require(all[name])
        #expect(found.shape == tensor["shape"]?.arrayValue?.compactMap(\.intValue), "\(name)")
        #expect(numbers(found) == tensor["values"]?.arrayValue?.compactMap(\.doubleValue), "\(name)")
    }
}

@Test func replacesValuesAndMendsEveryChecksum() throws {
    for name in ["types", "model", "sharded", "sliced"] {
        var checkpoint = try Checkpoint(name)
        let before = checkpoint.files
        let all = try checkpoint.open().all()
        try checkpoint.replace(Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.tensor) }))
        #expect(checkpoint.files == before, "equal values give the same files")
        let chosen = try #require(all.first { $0.tensor.type == .float32 && $0.tensor.count > 1 })
        let fresh = Tensor((0..<chosen.tensor.count).map { Float($0) + 0.25 }, shape: chosen.tensor.shape)
        try checkpoint.replace([chosen.name: fresh])
        // Opening checks the checksums of all data and of the index.
        for (tensor, old) in zip(try checkpoint.open().all(), all) {
            #expect(tensor.tensor == (old.name == chosen.name ? fresh : old.tensor), "\(name) \(old.name)")
        }
    }
    var compressed = try Checkpoint("compressed")
    let kernel = "layer_0/kernel/.ATTRIBUTES/VARIABLE_VALUE"
    #expect(
        message { try compressed.replace([kernel: Tensor(shape: [3, 2])]) }
            == "ck.index: is compressed, so its checksums are not overwritten: restore it in TensorFlow and save it again"
    )
}

@Test func noticesDamage() throws {
    var checkpoint = try Checkpoint("model")
    checkpoint.files[".data-00000-of-00001"]?[3] ^= 1
    #expect(message { _ = try checkpoint.open() }?.hasSuffix("its checksum is wrong; the data file is damaged") == true)
    checkpoint = try Checkpoint("model")
    checkpoint.files[".index"]?[20] ^= 1
    #expect(message { _ = try checkpoint.open() } == "ck.index: the checksum of a block is wrong; it is damaged")
    checkpoint = try Checkpoint("sharded")
    checkpoint.files[".data-00001-of-00003"] = nil
    #expect(message { _ = try checkpoint.open() } == "ck.data-00001-of-00003: is missing")
    checkpoint.files[".data-00001-of-00003"] = [1, 2, 3]
    #expect(
        message { _ = try checkpoint.open() }?.hasSuffix("lies outside the data files; they are truncated or damaged")
            == true)
}

@Test func survivesDamagedIndexes() throws {
    for name in ["types", "compressed"] {
        let checkpoint = try Checkpoint(name)
        let index = try #require(checkpoint.files[".index"])
        for position in index.indices {
            for mends in [false, true] {
                var damaged = checkpoint
                damaged.files[".index"]?[position] ^= 0x41
                // With the checksum of the block right again, the damage gets further.
                if mends { damaged.files[".index"] = mended(damaged.files[".index"] ?? [], like: index) }
                _ = try? damaged.open().all()
            }
            var short = checkpoint
            short.files[".index"] = Array(index.prefix(position))
            #expect(throws: FormatError.self) { try short.open() }
        }
    }
}

/// The first block's checksum made right, its size taken from an undamaged index.
private func mended(_ damaged: [UInt8], like index: [UInt8]) -> [UInt8] {
    guard let table = try? SortedTable(FileBytes(index), name: "x"), let block = table.entries.first?.block else {
        return damaged
    }
    var result = damaged
    block.mendChecksum(in: &result)
    return result
}

@Test func computesTheCastagnoliChecksum() {
    // RFC 3720, B.4.
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(Array(0..<32)) == 0x46DD_794E)
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
}

@Test func refusesDamagedSnappy() {
    for bytes: [UInt8] in [
        [], [4], [4, 0xF0], [4, 0x0C, 1, 2], [4, 0x01, 0x01], [255, 255, 255, 255, 15, 0], [2, 0, 1, 0xFE, 1, 0],
    ] {
        #expect(throws: FormatError.self) { try Snappy.decompress(FileBytes(bytes), place: "x") }
    }
    // "ab", then two bytes back for four bytes: a copy that overlaps itself.
    #expect((try? Snappy.decompress(FileBytes([6, 0x04, 0x61, 0x62, 0x01, 0x02]), place: "x")) == Array("ababab".utf8))
}
