import Bytes
import Formats
import JSON
import Tensor
import TestVectors
import Testing

private func expected(_ json: JSON) -> [Double] {
    (json.arrayValue ?? []).map { value in
        switch value.stringValue {
        case "inf": .infinity
        case "-inf": -.infinity
        case .some: .nan
        case nil: value.doubleValue ?? .nan
        }
    }
}

@Test func readsEveryTypeThatNumPyWrites() throws {
    let cases = try #require(Vectors.load("formats")["npy"]?.arrayValue)
    #expect(cases.count == 13)
    for one in cases {
        let name = try one.string("name")
        let tensor = try Npy.read([UInt8](hex: one.string("file")), name: name)
        #expect(tensor.shape == one["shape"]?.arrayValue?.compactMap(\.intValue), "\(name)")
        let want = expected(try one.member("values")).map { tensor.type == .float32 ? Double(Float($0)) : $0 }
        #expect(numbers(tensor) == want, "\(name)")
    }
}

@Test func writesWhatNumPyWrites() throws {
    for one in try #require(Vectors.load("formats")["npy"]?.arrayValue)
    where ["f4", "i4", "i8", "b1", "scalar", "empty"].contains(try one.string("name")) {
        let file = try [UInt8](hex: one.string("file"))
        #expect(Npy.write(try Npy.read(file, name: "x")) == file)
    }
}

@Test func archivesComeApartAndTogether() throws {
    for key in ["stored", "deflated"] {
        let file = try [UInt8](hex: Vectors.load("formats").member("npz").string(key))
        let arrays = try Npz.read(file, name: "a.npz")
        #expect(arrays.map(\.name) == ["a", "b"])
        #expect(arrays[0].tensor.values(as: Int32.self) == [1, -2, 3, 4])
        let again = try Npz.read(Npz.write(arrays, compressed: key == "deflated"), name: "b.npz")
        #expect(again.map(\.tensor) == arrays.map(\.tensor))
    }
}

@Test func refusesWithTheReason() throws {
    let vectors = try Vectors.load("formats")
    let objects = try [UInt8](hex: vectors.string("objects"))
    #expect(
        message { _ = try Npy.read(objects, name: "o.npy") }
            == "o.npy: holds Python objects, which could run code; save numeric arrays")
    let big = try [UInt8](hex: vectors.string("bigEndian"))
    #expect(message { _ = try Npy.read(big, name: "b.npy") }?.hasPrefix("b.npy: is big-endian ('>i4')") == true)
    #expect(
        message { _ = try Npy.read([1, 2, 3], name: "x") }
            == "x: ends inside the magic number; it is truncated or damaged")
    #expect(message { _ = try Npz.read([1, 2, 3], name: "x") } == "x: is no ZIP archive, or is truncated")
    let archive = try [UInt8](hex: vectors.member("npz").string("stored"))
    #expect(
        message { _ = try Npz.read(archive, name: "x", limit: 100) }
            == "x, entry 'a.npy': holds 144 bytes; at most 100 are read")
}

@Test func refusesEntriesThatOverlap() throws {
    let one = ZipArchive.archive([("a", [UInt8](repeating: 7, count: 1000))], deflated: false)
    let record = one[(30 + 1 + 1000)..<(one.count - 22)]
    let twice = Array(one.prefix(record.endIndex)) + record + one.suffix(22)
    #expect(try ZipArchive(one, name: "x").entries.count == 1)
    #expect(
        message { _ = try ZipArchive(twice, name: "x") }
            == "x: its entries overlap, or lie outside the file; it is damaged or a trap")
}

@Test(arguments: ["stored", "deflated"])
func archivesTakeNewArrays(_ key: String) throws {
    let file = try [UInt8](hex: Vectors.load("formats").member("npz").string(key))
    let weights = try WeightsFile(file, name: "a.npz")
    let all = try weights.all()
    #expect(
        try weights.replacing(Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.tensor) })) == [file],
        "equal values give the same file")
    let chosen = try #require(all.first { $0.tensor.type == .float32 })
    let fresh = Tensor((0..<chosen.tensor.count).map { 1 / Float($0 + 3) }, shape: chosen.tensor.shape)
    let content = try weights.replacing([chosen.name: fresh])[0]
    // Reading checks every checksum.
    for (new, old) in zip(try Npz.read(content, name: "b.npz"), all) {
        #expect(new.name == old.name && new.tensor == (new.name == chosen.name ? fresh : old.tensor))
    }
}

@Test func everyTruncationAndEveryFlippedByteIsSurvived() throws {
    let vectors = try Vectors.load("formats")
    let files = try ["stored", "deflated"].map { try [UInt8](hex: vectors.member("npz").string($0)) }
    for file in files {
        for count in 0..<file.count {
            #expect(throws: FormatError.self) { try Npz.read(Array(file.prefix(count)), name: "x", limit: 1 << 20) }
        }
        for index in file.indices {
            var damaged = file
            damaged[index] ^= 0x41
            _ = try? Npz.read(damaged, name: "x", limit: 1 << 20)
        }
    }
    let tensors = try [UInt8](hex: vectors.string("safetensors"))
    for index in tensors.indices {
        var damaged = tensors
        damaged[index] ^= 0x41
        _ = try? SafeTensors.read(damaged, name: "x")
        #expect(throws: FormatError.self) { try SafeTensors.read(Array(tensors.prefix(index)), name: "x") }
    }
}

@Test func safetensorsComeBack() throws {
    let file = try [UInt8](hex: Vectors.load("formats").string("safetensors"))
    let (tensors, metadata) = try SafeTensors.read(file, name: "m.safetensors")
    #expect(metadata == ["format": "pt"])
    let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.tensor) })
    #expect(byName["w"]?.shape == [2, 3])
    #expect(byName["i"]?.values(as: Int64.self) == [-(1 << 62), 7])
    #expect(byName["h"]?.values(as: Float.self) == [1.5, -2, 0x1p-24, 65504, .infinity])
    let again = try SafeTensors.read(SafeTensors.write(tensors, metadata: [("format", "pt")]), name: "again")
    #expect(again.tensors.map(\.tensor) == tensors.map(\.tensor))
    #expect(again.metadata == metadata)
}
