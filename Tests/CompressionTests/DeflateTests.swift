import Compression
import Testing

// Python: gzip.compress(b"cairn " * 4, mtime=0); zlib.compress(...); zlib.compressobj(9, zlib.DEFLATED, -15)
private let text = Array(String(repeating: "cairn ", count: 4).utf8)

@Test func readsWhatPythonWrote() throws {
    let gzip: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4b, 0x4e, 0xcc, 0x2c, 0xca, 0x53, 0x48, 0xc6,
        0x20, 0x01, 0x4d, 0xd4, 0x00, 0x04, 0x18, 0x00, 0x00, 0x00,
    ]
    #expect(Gzip.recognises(gzip))
    #expect(try Gzip.decompress(gzip, limit: 24) == text)
    #expect(crc32(Array("123456789".utf8)) == 0xCBF4_3926)
}

@Test func everyFormatComesBack() throws {
    let long = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
    for format in [DeflateFormat.raw, .zlib, .gzip] {
        for content in [[], [7], text, long] {
            let packed = Deflate.compress(content, format: format)
            #expect(try Deflate.decompress(packed, format: format, limit: content.count) == content)
        }
    }
}

@Test func refusesWhatIsTooLargeTruncatedOrDamaged() {
    let bomb = Gzip.compress([UInt8](repeating: 0, count: 10_000_000))
    #expect(throws: CompressionError.tooLarge(limit: 1000)) { try Gzip.decompress(bomb, limit: 1000) }
    #expect(throws: CompressionError.truncated) { try Gzip.decompress(bomb.dropLast(9), limit: 20_000_000) }
    #expect(throws: CompressionError.truncated) { try Gzip.decompress([], limit: 10) }
    #expect(throws: CompressionError.damaged(after: 0)) { try Gzip.decompress([1, 2, 3, 4], limit: 10) }
}

@Test func everyTruncationIsAnErrorAndNoCrash() throws {
    let packed = Gzip.compress(text)
    for count in 0..<packed.count {
        #expect(throws: CompressionError.self) { try Gzip.decompress(packed.prefix(count), limit: 100) }
    }
}
