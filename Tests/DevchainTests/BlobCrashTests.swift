import Bytes
import Storage
import Testing

@Suite(.serialized) struct BlobCrashTests {
    @Test func everyBlobThatWasAcknowledgedIsWholeAfterAKill() async throws {
        guard let program = LoadProcess.program else {
            print("skipped: the program ChainLoad was not built")
            return
        }
        let folder = try TemporaryDirectory()
        var names: Set<Hash32> = []
        for round in 1...5 {
            let process = try LoadProcess(program: program, arguments: ["blobs", folder.path])
            try await Task.sleep(for: .milliseconds(40 * round))
            for line in process.killed() {
                #expect(line.hasPrefix("ack "), "\(line)")
                names.insert(try Hash32(hex: line.dropFirst(4)))
            }
        }
        let store = try BlobStore(directory: folder.path)
        for name in names { _ = try store.get(name) }
        for name in try store.all() { _ = try store.get(name) }
    }

    @Test func aFullDiskIsSaidAndLeavesWholeBlobsOnly() async throws {
        guard let program = LoadProcess.program else {
            print("skipped: the program ChainLoad was not built")
            return
        }
        let folder = try TemporaryDirectory()
        let process = try LoadProcess(program: program, arguments: ["blobs", folder.path, "3000"])
        let lines = process.finished()
        let last = try #require(lines.last)
        #expect(last.hasPrefix("error full "))
        #expect(last.contains("free some space"))
        let store = try BlobStore(directory: folder.path)
        #expect(try store.all().count == lines.count - 1)
        for name in try store.all() { #expect(try store.get(name).count <= 3000) }
        let files = try Files.list(folder.path).flatMap { try Files.list("\(folder.path)/\($0)") }
        #expect(!files.contains { $0.hasSuffix(".tmp") })
    }
}
