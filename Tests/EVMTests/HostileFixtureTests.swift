import EVMTools
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Fixtures that are wrong in ways that once ended the process.
@Suite struct HostileFixtureTests {
    @Test(arguments: [
        "PragueToOsakaAtTime18446744073709551615k", "AtTimeTo", "ToAtTime", "PragueToAtTime5", "To",
        "PragueToOsakaAtTime",
    ])
    func networksThatAreNoneAreNamed(network: String) {
        var runner = BlockTestRunner()
        runner.run(file: "x.json", Array(#"{"case": {"blocks": [], "network": "\#(network)"}}"#.utf8))
        #expect(runner.report.unsupported == ["case: unknown network \(network)"])
        #expect(runner.report.failed == 0)
    }

    /// Sizes of a tar header that are negative, too large or no numbers.
    @Test(arguments: ["-0000000777", "77777777777", "00000009000", "-1         "])
    func brokenArchivesAreRefused(size: String) throws {
        var header = [UInt8](repeating: 0, count: 1024)
        header.replaceSubrange(0..<6, with: Array("x.json".utf8))
        header.replaceSubrange(124..<135, with: Array(size.utf8))
        let folder = try Folder()
        let path = try folder.write("x.tar", header)
        #expect(throws: FixtureError("tar: broken header at byte 0")) {
            try FixtureFiles.forEach(at: path) { _, _ in }
        }
    }

    /// Two links to the folder itself would be two to the power of their depth of folders.
    @Test func linksInACircleAreFollowedOnce() throws {
        let folder = try Folder()
        _ = try folder.write("x.json", Array("{}".utf8))
        for name in ["a", "b"] { #expect(symlink(".", folder.path + "/" + name) == 0) }
        var names: [String] = []
        try FixtureFiles.forEach(at: folder.path) { name, _ in names.append(name) }
        #expect(names == [folder.path + "/x.json"])
    }

    /// A folder of its own, gone at the end.
    private struct Folder: ~Copyable {
        let path: String

        init() throws {
            var template = Array("/tmp/cairn-fixtures-XXXXXX".utf8CString)
            path = try #require(mkdtemp(&template).map { String(cString: $0) })
        }

        deinit {
            for name in ["a", "b", "x.json", "x.tar"] { unlink(path + "/" + name) }
            rmdir(path)
        }

        func write(_ name: String, _ bytes: [UInt8]) throws -> String {
            let file = try #require(fopen(path + "/" + name, "wb"))
            fwrite(bytes, 1, bytes.count, file)
            fclose(file)
            return path + "/" + name
        }
    }
}
