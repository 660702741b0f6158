import Bytes
import Compression
import Formats
import JSON
import Tensor
import TestVectors
import Testing

private func vector(_ name: String) throws -> WeightsVector {
    try WeightsVector(try Vectors.load("torch").member("files").member(name))
}

private func hostile(_ name: String) throws -> String? {
    let file = try [UInt8](hex: Vectors.load("torch").member("hostile").string(name))
    return message { _ = try WeightsFile(file, name: "m.pt").all() }
}

@Test(arguments: ["types", "views", "nested", "old", "bigEndian"])
func readsWhatTorchSaves(_ name: String) throws {
    let vector = try vector(name)
    try vector.check(try WeightsFile(vector.file, name: "\(name).pt"))
}

@Test func replacesTheValuesAndNothingElse() throws {
    for name in ["types", "nested", "old", "bigEndian"] {
        let file = try vector(name).file
        let weights = try WeightsFile(file, name: name)
        let all = try weights.all()
        let same = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.tensor) })
        #expect(try weights.replacing(same) == [file], "equal values give the same file")
        let chosen = try #require(all.first { $0.tensor.type == .float32 && $0.tensor.shape.count == 2 })
        let fresh = Tensor((0..<chosen.tensor.count).map { Float($0) + 0.5 }, shape: chosen.tensor.shape)
        var changes = [chosen.name: fresh]
        if name == "nested" { changes["model.tied"] = fresh }
        let again = try WeightsFile(try weights.replacing(changes)[0], name: name)
        for (tensor, old) in zip(try again.all(), all)
        where !["turned", "corner", "column", "expanded"].contains(old.name) {
            #expect(tensor.tensor == changes[old.name] ?? old.tensor, "\(name) \(old.name)")
        }
    }
}

@Test func writesThroughStrides() throws {
    let weights = try WeightsFile(try vector("views").file, name: "views.pt")
    let fresh = Tensor((0..<12).map { Float($0) * 2 }, shape: [4, 3])
    let again = try WeightsFile(try weights.replacing(["turned": fresh])[0], name: "views.pt")
    let base = try #require(try again.all().first { $0.name == "base" }).tensor
    #expect(base.values(as: Float.self) == [0, 6, 12, 18, 2, 8, 14, 20, 4, 10, 16, 22])
}

@Test func refusesValuesThatDoNotGoTogether() throws {
    let weights = try WeightsFile(try vector("views").file, name: "v.pt")
    #expect(
        message { _ = try weights.replacing(["expanded": Tensor([1, 2, 3] as [Float])]) }
            == "v.pt, tensor 'expanded': shares its bytes with itself or another tensor, and their new values differ")
    #expect(
        message { _ = try weights.replacing(["base": Tensor([1, 2, 3] as [Float])]) }
            == "v.pt, tensor 'base': has the shape [3, 4], the new values [3]")
    #expect(
        message { _ = try weights.replacing(["nobody": Tensor([1] as [Float])]) }
            == "v.pt: has no tensor 'nobody'; it has base, turned, corner, column, expanded")
    let nested = try WeightsFile(try vector("nested").file, name: "n.pt")
    let old = try #require(try nested.all().first { $0.name == "model.tied" }).tensor
    #expect(
        message { _ = try nested.replacing(["model.fc.weight": Tensor(shape: [2, 2]), "model.tied": old]) }?
            .contains("shares its bytes with itself or another tensor") == true)
    let types = try WeightsFile(try vector("types").file, name: "t.pt")
    #expect(
        message { _ = try types.replacing(["int16": Tensor([1, 2, 3, 40_000] as [Int64], shape: [2, 2])]) }
            == "t.pt, tensor 'int16': holds int16; the new value 40000 does not fit")
    #expect(
        message { _ = try types.replacing(["int32": Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])]) }
            == "t.pt, tensor 'int32': holds int32; the new values are float32")
}

@Test func runsNoCode() throws {
    for name in ["code", "code4"] {
        #expect(
            try hostile(name)
                == "m.pt: its pickle names 'posix.system', which no state dict needs and could run code; nothing was run. "
                + "Save weights only: torch.save(model.state_dict(), path)")
    }
    #expect(try hostile("model")?.contains("'torch.nn.modules.linear.Linear'") == true)
}

@Test func refusesTraps() throws {
    #expect(try hostile("cycle")?.hasSuffix("lies more than 64 levels deep, or contains itself") == true)
    #expect(try hostile("deep")?.hasSuffix("lies more than 64 levels deep, or contains itself") == true)
    #expect(try hostile("huge")?.hasSuffix("is too large") == true)
    #expect(try hostile("spread")?.hasSuffix("more than is read; save it as a contiguous tensor") == true)
    #expect(
        try hostile("short")
            == "m.pt, tensor 'w': needs 12 elements of float32, the file has 47 bytes for it; it is truncated or damaged"
    )
    #expect(try hostile("missing")?.contains("lacks the entry 'a/data/0'") == true)
    #expect(try hostile("compressed")?.contains("entries are compressed") == true)
}

@Test func survivesDamagedTorchFiles() throws {
    for name in ["views", "old"] { survives(try vector(name).file) }
}

@Test func roundsToHalfAsIEEE754Says() throws {
    let weights = try WeightsFile(try vector("types").file, name: "t.pt")
    // A tie to even below and above, the least subnormal, its half (to zero), overflow.
    let values: [Float] = [1 + 0x1p-11, 1 + 0x3p-11, 0x1p-25 * 1.5, 65520]
    let again = try WeightsFile(
        try weights.replacing(["float16": Tensor(values, shape: [2, 2])])[0], name: "t.pt")
    let stored = try #require(try again.all().first { $0.name == "float16" }).tensor
    #expect(stored.values(as: Float.self) == [1, 1 + 0x1p-9, 0x1p-24, .infinity])
}
