import Bytes
import Datasets
import JSON
import TestVectors
import Testing

private func image(_ name: String) throws -> [UInt8] { try [UInt8](hex: Vectors.load("images").string(name)) }

private func numbers(_ json: JSON?) -> [Float] {
    (json?.arrayValue ?? []).compactMap { $0.doubleValue.map { Float($0) } }
}

@Suite struct ImageFolderTests {
    @Test func readsAFolderForEachClass() throws {
        let folder = DataFolder()
        try folder.write(try image("colour"), to: "pets/dog/b.png")
        try folder.write(try image("grey"), to: "pets/dog/a.PNG")
        try folder.write(try image("grey"), to: "pets/cat/1.png")
        try folder.write([1], to: "pets/.hidden")
        let source = try DataSource.open("\(folder.path)/pets")
        let data = source.data.training
        #expect(data.classNames == ["cat", "dog"] && data.labels == [0, 1, 1])
        #expect(source.rowShape == [3, 5, 7] && data.columns == 105)
        let vectors = try Vectors.load("images")
        let grey = numbers(vectors["greyPlane"])
        #expect(data.features(ofRow: 0) == grey + grey + grey, "grey images among coloured ones")
        #expect(data.features(ofRow: 2) == numbers(vectors["planes"]), "channel by channel")
        #expect(
            source.data.validation.rows == 0 && source.schema.channels == 3
                && source.schema.imageSize == ImageSize("7x5"))
        let asGrey = try DataSource.open("\(folder.path)/pets", schema: DataSchema(channels: 1))
        #expect(asGrey.data.training.features(ofRow: 2) == grey, "as Pillow makes it grey")
        let withAlpha = try DataSource.open("\(folder.path)/pets", schema: DataSchema(channels: 4))
        #expect(withAlpha.data.training.features(ofRow: 2).suffix(35).allSatisfy { $0 == 255 })
    }

    @Test func scalesAsTorchInterpolates() throws {
        let folder = DataFolder()
        try folder.write(try image("colour"), to: "x/a/1.png")
        for (size, want) in try #require(Vectors.load("images")["scaled"]?.objectValue) {
            let source = try DataSource.open("\(folder.path)/x", schema: DataSchema(imageSize: ImageSize(size)))
            let found = source.data.training.features
            #expect(found.count == numbers(want).count)
            for (a, b) in zip(found, numbers(want)) { #expect(abs(a - b) < 1e-3, "\(size)") }
        }
    }

    @Test func readsPartsOfTheirOwn() throws {
        let folder = DataFolder()
        for name in ["train/a/1", "train/b/1", "train/b/2", "val/b/1", "test/a/1"] {
            try folder.write(try image("grey"), to: "d/\(name).png")
        }
        let source = try DataSource.open("\(folder.path)/d", schema: DataSchema(normalisation: .unit))
        #expect(source.data.training.labels == [0, 1, 1])
        #expect(source.data.validation.labels == [1] && source.data.test.labels == [0])
        #expect(source.rowShape == [1, 5, 7])
        #expect(source.data.test.features == numbers(try Vectors.load("images")["greyPlane"]).map { $0 / 255 })
    }

    @Test func asksAboutImagesWithoutClasses() throws {
        let folder = DataFolder()
        try folder.write(try image("grey"), to: "some/1.png")
        try folder.write(try image("colour"), to: "some/2.png")
        try folder.write(try image("grey"), to: "sorted/a/1.png")
        let grey = numbers(try Vectors.load("images")["greyPlane"])
        let one = try DataSource.questions("\(folder.path)/some/1.png")
        #expect(one.rows == 1 && one.numbers == grey)
        let some = try DataSource.questions("\(folder.path)/some", schema: DataSchema(channels: 1))
        #expect(some.rows == 2 && some.numbers == grey + grey)
        #expect(try DataSource.questions("\(folder.path)/sorted").numbers == grey)
    }

    @Test func errorsNameTheFile() throws {
        let folder = DataFolder()
        try folder.write(try image("grey"), to: "a/x/1.png")
        try folder.write([0x89, 0x50], to: "a/x/2.png")
        #expect(folder.refusal("a") == "a/x/2.png: ends inside the signature; it is truncated or damaged")
        try folder.write(try image("grey"), to: "b/x/1.png")
        try folder.write("notes", to: "b/x/notes.txt")
        #expect(
            folder.refusal("b")
                == "b/x/notes.txt: is no .png file: convert the images, or move what else there is elsewhere")
        try folder.write(
            try [UInt8](hex: Vectors.load("png").member("images").member("tiny").string("file")), to: "c/x/2.png")
        try folder.write(try image("grey"), to: "c/x/1.png")
        #expect(
            folder.refusal("c")
                == "c/x/2.png: is 1x1 pixels, c/x/1.png is 7x5: give --image-size, such as 7x5, to scale all to one")
        #expect(folder.refusal("c", DataSchema(imageSize: ImageSize("4x4"))) == "accepted")
        try folder.write(try image("grey"), to: "d/train/x/1.png")
        try folder.write(try image("grey"), to: "d/test/y/1.png")
        #expect(folder.refusal("d") == "d/test/y: is none of the classes x")
        try folder.write("", to: "e/readme")
        #expect(folder.refusal("e") == "e: has no folder for each class with .png images in it, such as e/cat/1.png")
        #expect(folder.refusal("nowhere").hasPrefix("nowhere: "))
    }
}
