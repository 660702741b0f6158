import Bytes
import Formats
import JSON
import TestVectors
import Testing

@Test func readsEveryKindOfImageAsPillowDoes() throws {
    let images = try #require(Vectors.load("png").member("images").objectValue)
    #expect(Array(images).count == 35)
    for (name, image) in images {
        let png = try PNG(try [UInt8](hex: image.string("file")), name: name)
        #expect(png.width == image["width"]?.intValue && png.height == image["height"]?.intValue, "\(name)")
        #expect(png.depth == image["depth"]?.intValue, "\(name)")
        let samples = try image.member("samples").arrayValue?.compactMap(\.intValue) ?? []
        let shift = try #require(image["shift"]?.intValue)
        #expect(png.samples.map { Int($0 >> UInt16(shift)) } == samples, "\(name)")
        #expect(png.samples.count == png.width * png.height * png.channels, "\(name)")
    }
}

@Test func refusesDamagedImages() throws {
    let images = try Vectors.load("png").member("images")
    let good = try [UInt8](hex: images.member("c2d8i0").string("file"))
    #expect(message { _ = try PNG([1, 2, 3, 4, 5, 6, 7, 8, 9], name: "x.png") } == "x.png: is no PNG image")
    var damaged = good
    damaged[20] ^= 1
    #expect(
        message { _ = try PNG(damaged, name: "x.png") }
            == "x.png: the checksum of its chunk 'IHDR' is wrong; it is damaged")
    #expect(message { _ = try PNG(Array(good.dropLast(13)), name: "x.png") }?.contains("truncated") == true)
    for name in ["bomb", "vast"] {
        let file = try [UInt8](hex: Vectors.load("png").string(name))
        #expect(
            message { _ = try PNG(file, name: "x.png") }
                == (name == "bomb"
                    ? "x.png: its pixels: the compressed data holds more than 20 bytes, the most that is read"
                    : "x.png: is 2147483647 x 2147483647 pixels; at most 16777216 are read"))
    }
}

@Test func survivesDamagedImages() throws {
    for name in ["c3d4i1", "clear colour"] {
        let file = try [UInt8](hex: Vectors.load("png").member("images").member(name).string("file"))
        for count in file.indices {
            #expect(throws: FormatError.self) { try PNG(Array(file.prefix(count)), name: "x") }
            var damaged = file
            damaged[count] ^= 0x41
            _ = try? PNG(damaged, name: "x")
        }
    }
}
