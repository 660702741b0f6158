import Compression
import Formats
import Tensor
import Testing

@Test func readsBytesPlainAndGzipped() throws {
    let file: [UInt8] = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255]
    for bytes in [file, Gzip.compress(file)] {
        let tensor = try Idx.read(bytes, name: "x")
        #expect(tensor.shape == [2, 3])
        #expect(tensor.values(as: UInt8.self) == [1, 2, 3, 4, 5, 255])
    }
}

@Test func readsBigEndianNumbers() throws {
    #expect(
        try Idx.read([0, 0, 0x0C, 1, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFE], name: "x").values(as: Int32.self) == [-2])
    #expect(try Idx.read([0, 0, 0x0D, 1, 0, 0, 0, 1, 0x3F, 0xC0, 0, 0], name: "x").values(as: Float.self) == [1.5])
    #expect(try Idx.read([0, 0, 0x0B, 1, 0, 0, 0, 1, 0xFF, 0xFD], name: "x").values(as: Int64.self) == [-3])
}

@Test func refusesWhatIsNoIdxArray() {
    for bytes: [UInt8] in [
        [], [1, 0, 8, 1], [0, 0, 7, 1, 0, 0, 0, 0], [0, 0, 8, 1, 0, 0, 0, 2, 1], [0, 0, 8, 1, 0, 0, 0, 1, 1, 2],
        [0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
    ] {
        #expect(throws: FormatError.self) { try Idx.read(bytes, name: "x") }
    }
}
