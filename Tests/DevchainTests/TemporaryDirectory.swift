import Storage
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A fresh directory that goes away with the value.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/cairn-tests-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        path = try #require(made)
    }

    deinit { Self.removeTree(path) }

    private static func removeTree(_ path: String) {
        if Files.isDirectory(path), let names = try? Files.list(path) {
            for name in names { removeTree("\(path)/\(name)") }
        }
        remove(path)
    }
}
