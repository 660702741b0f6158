import Bytes
import Crypto
import Storage
import Testing

@Suite struct BlobStoreTests {
    @Test func namesABlobByItsKeccakAndReturnsItUnchanged() throws {
        let folder = try TemporaryDirectory()
        let store = try BlobStore(directory: folder.path + "/a/b")
        let name = try store.put([0x61, 0x62, 0x63])
        #expect(name.hex == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")
        #expect(try store.get(name) == [0x61, 0x62, 0x63])
        #expect(try store.put([0x61, 0x62, 0x63]) == name)
        let empty = try store.put([])
        #expect(try store.get(empty).isEmpty)
        #expect(try store.all() == [name, empty].sorted())
        try store.remove(name)
        #expect(!store.contains(name))
        try store.remove(name)
    }

    @Test func saysWhichBlobIsMissing() throws {
        let folder = try TemporaryDirectory()
        let store = try BlobStore(directory: folder.path)
        let name = keccak256([1])
        let error = #expect(throws: StorageError.self) { _ = try store.get(name) }
        #expect(error?.kind == .notFound)
        #expect(error?.message.contains(name.hex) == true)
    }

    @Test func findsADamagedBlobAndHealsItOnPut() throws {
        let folder = try TemporaryDirectory()
        let store = try BlobStore(directory: folder.path)
        let content = [UInt8](repeating: 7, count: 5000)
        let name = try store.put(content)
        for offset in [0, 2500, 4999] {
            var damaged = content
            damaged[offset] ^= 1
            try Files.write(damaged, to: store.path(of: name))
            let error = #expect(throws: StorageError.self) { _ = try store.get(name) }
            #expect(error?.kind == .corrupt)
            #expect(error?.message.contains(name.hex) == true)
            try store.put(content)
            #expect(try store.get(name) == content)
        }
    }

    @Test func leavesNoTemporaryFilesBehind() throws {
        let folder = try TemporaryDirectory()
        let store = try BlobStore(directory: folder.path)
        for value in 0..<40 as Range<UInt8> { try store.put([value]) }
        let files = try Files.list(folder.path).flatMap { try Files.list("\(folder.path)/\($0)") }
        #expect(files.count == 40)
        #expect(!files.contains { $0.hasSuffix(".tmp") })
    }

    @Test func refusesADirectoryThatIsAFile() throws {
        let folder = try TemporaryDirectory()
        try Files.write([1], to: folder.path + "/file")
        let error = #expect(throws: StorageError.self) { _ = try BlobStore(directory: folder.path + "/file") }
        #expect(error?.kind == .notFound)
    }
}
