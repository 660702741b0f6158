import Bytes
import Formats
import JSON
import Tensor
import TestVectors
import Testing

private func vector(_ name: String) throws -> WeightsVector {
    try WeightsVector(try Vectors.load("hdf5").member("files").member(name))
}

private func refused(_ name: String) throws -> String? {
    let file = try [UInt8](hex: Vectors.load("hdf5").member("refused").string(name))
    return message { _ = try WeightsFile(file, name: "m.h5").all() }
}

@Test(arguments: [
    "types", "storages", "links", "latest", "pages", "many", "some", "ordered", "v108", "keras",
])
func readsWhatHDF5LibrariesWrite(_ name: String) throws {
    let vector = try vector(name)
    try vector.check(try WeightsFile(vector.file, name: "\(name).h5"))
}

@Test func replacesHDF5ValuesInPlace() throws {
    for name in ["types", "links", "keras"] {
        let file = try vector(name).file
        let weights = try WeightsFile(file, name: name)
        let all = try weights.all()
        let same = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.tensor) })
        #expect(try weights.replacing(same) == [file], "equal values give the same file")
        let chosen = all.filter { $0.tensor.type == .float32 && $0.tensor.shape.count == 2 }
        #expect(!chosen.isEmpty)
        let fresh = Dictionary(
            uniqueKeysWithValues: chosen.map { entry in
                (entry.name, Tensor((0..<entry.tensor.count).map { Float($0) - 0.5 }, shape: entry.tensor.shape))
            })
        let again = try WeightsFile(try weights.replacing(fresh)[0], name: name).all()
        for (tensor, old) in zip(again, all) {
            #expect(tensor.tensor == fresh[old.name] ?? old.tensor, "\(name) \(old.name)")
        }
    }
    let storages = try WeightsFile(try vector("storages").file, name: "s.h5")
    let ramp = Tensor((0..<35).map { Float($0) * 2 }, shape: [5, 7])
    let again = try WeightsFile(try storages.replacing(["compact": ramp])[0], name: "s.h5")
    #expect(try again.all().first { $0.name == "compact" }?.tensor == ramp)
    #expect(
        message { _ = try storages.replacing(["unwritten": Tensor(shape: [2, 2])]) }?.contains("was never written")
            == true)
}

@Test func packsChunksAgain() throws {
    let file = try vector("storages").file
    let storages = try WeightsFile(file, name: "s.h5")
    // Noise does not fit where a ramp was packed.
    let noise = Tensor((0..<35).map { Float(bitPattern: UInt32($0) &* 2_654_435_761 | 1) }, shape: [5, 7])
    for name in ["chunked", "deflated", "checked"] {
        let content = try storages.replacing([name: noise])[0]
        #expect((content.count > file.count) == (name == "deflated"), "\(name)")
        let again = try WeightsFile(content, name: "s.h5").all()
        for (new, old) in zip(again, try storages.all()) {
            #expect(new.tensor == (new.name == name ? noise : old.tensor), "\(name) \(new.name)")
        }
    }
    // Elements of chunks that were never written have no place; those beside them in a chunk have.
    var values = try #require(storages.all().first { $0.name == "partly" }).tensor.values(as: Float.self)
    values[8] = 5
    #expect(
        try WeightsFile(try storages.replacing(["partly": Tensor(values, shape: [4, 4])])[0], name: "s.h5").all()
            .first { $0.name == "partly" }?.tensor == Tensor(values, shape: [4, 4]))
    values[0] = 5
    #expect(
        message { _ = try storages.replacing(["partly": Tensor(values, shape: [4, 4])]) }
            == "s.h5, data set 'partly': has chunks that were never written, so there is no place for new values: write them with h5py first"
    )
}

@Test func replacesChunksOfNewerHDF5ThatKeepTheirSize() throws {
    let latest = try WeightsFile(try vector("latest").file, name: "l.h5")
    let fresh = Tensor((0..<35).map { Float($0) * 2 }, shape: [5, 7])
    for name in ["list", "one", "implicit"] {
        let again = try WeightsFile(try latest.replacing([name: fresh])[0], name: "l.h5")
        for (new, old) in zip(try again.all(), try latest.all()) {
            #expect(new.tensor == (new.name == name ? fresh : old.tensor), "\(name) \(new.name)")
        }
    }
    #expect(
        message { _ = try latest.replacing(["packed": fresh]) }
            == "l.h5, data set 'packed': has no room for the new values in a file of this version: write it with h5py's defaults"
    )
}

@Test func saysWhatOfHDF5IsNotRead() throws {
    #expect(
        try refused("outside")
            == "m.h5, data set 'w': keeps its values in other files, which are not opened: copy them into this one")
    #expect(try refused("growing")?.contains("can grow and is stored as newer HDF5 does that") == true)
    #expect(
        try refused("lzf")?.contains("went through the filter 32000; deflate, shuffle and fletcher32 are read") == true)
    let file = try vector("keras").file
    #expect(
        message { _ = try WeightsFile(Array(file.dropLast()), name: "k.h5") }
            == "k.h5: is shorter than it says; it is truncated")
}

@Test func survivesDamagedHDF5Files() throws {
    survives(try vector("storages").file, every: 13)
    survives(try vector("links").file)
    survives(try vector("latest").file, every: 13)
    survives(try vector("pages").file, every: 97)
    survives(try vector("many").file, every: 97)
}
