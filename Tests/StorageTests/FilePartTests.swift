import Storage
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Parts of files that must not lie elsewhere.
@Suite struct FilePartTests {
    private func folder() throws -> String {
        var template = Array("/tmp/cairn-parts-XXXXXX".utf8CString)
        let path = try #require(mkdtemp(&template))
        return String(cString: path)
    }

    @Test func partsAndNothingElse() throws {
        let root = try folder()
        try Files.makeDirectory(root + "/model")
        try Files.write(Array(0..<100), to: root + "/model/w.bin")
        try Files.write([1, 2, 3], to: root + "/secret")
        let inside = root + "/model"
        #expect(try Files.read("w.bin", inside: inside, offset: 10, count: 3) == [10, 11, 12])
        #expect(try Files.read("w.bin", inside: inside, offset: 100, count: 0) == [])
        for (offset, count) in [(99, 2), (101, 0), (0, Int.max), (-1, 2)] {
            #expect(throws: StorageError.self) {
                try Files.read("w.bin", inside: inside, offset: offset, count: count)
            }
        }
        // A link inside the folder that leads out of it, a way out by name, a folder and nothing.
        #expect(symlink("../secret", inside + "/link") == 0)
        #expect(symlink("w.bin", inside + "/near") == 0)
        #expect(try Files.read("near", inside: inside, offset: 1, count: 1) == [1])
        for name in ["link", "../secret", ".", "absent"] {
            #expect(throws: StorageError.self) { try Files.read(name, inside: inside, offset: 0, count: 1) }
        }
    }
}
