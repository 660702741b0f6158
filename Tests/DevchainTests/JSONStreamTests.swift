import JSON
import Storage
import Testing

@testable import Devchain

/// What the fuzzer of state files holds the stream to, on chosen inputs.
@Suite struct JSONStreamTests {
    private static func passes(_ text: String) throws -> Bool {
        let folder = try TemporaryDirectory()
        try Files.write(Array(text.utf8), to: folder.path + "/x.json")
        do throws(StorageError) {
            var stream = try JSONStream(path: folder.path + "/x.json")
            try stream.skip()
            try stream.end()
            return true
        } catch { return false }
    }

    @Test(
        "what is JSON is passed over, to the end of the file",
        arguments: [
            // A number is the only value whose end is not seen before the file's.
            "0", "-1.5e3", "null", "\"\\\"]\"", "[]", "{}", " [1,[],{\"a\":{}},\"]\"] \n",
            "{\"a\":[true,false],\"b\":\"}\"}",
            String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
        ])
    func values(text: String) throws {
        #expect(try JSON(parsing: text).text.isEmpty == false)
        #expect(try Self.passes(text))
    }

    @Test(
        "what is not is refused",
        arguments: [
            "", "[", "{", "[}", "{]", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{a:1}", "{,}",
            "\"x",
            "[]]", "[] x", "nul", "0x1", String(repeating: "[", count: 200),
        ])
    func nonsense(text: String) throws { #expect(try Self.passes(text) == false) }

    @Test("an export names what this program does not know")
    func unknownKinds() throws {
        let change: [UInt8] = [0xc2, 0x07, 0x01]
        let error = #expect(throws: (any Error).self) { try Intervention(decoding: change) }
        #expect("\(error.map { "\($0)" } ?? "")" == "RLP names a change of kind 7 at byte 2, which is unknown")
    }
}
