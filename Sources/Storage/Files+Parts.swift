#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#else
    #error("Storage needs POSIX file calls")
#endif

extension Files {
    /// A part of a regular file that really lies inside `folder`: a link that leads out of it is refused.
    ///
    /// - Throws: also when the file ends before the part does.
    package static func read(
        _ name: String, inside folder: String, offset: Int, count: Int
    ) throws(StorageError) -> [UInt8] {
        let path = folder + "/" + name
        guard let root = resolved(folder), let target = resolved(path) else {
            throw .posix(errno, path: path, doing: "find the file")
        }
        guard target.hasPrefix(root == "/" ? "/" : root + "/") else {
            throw .posix(EACCES, path: path, doing: "read a file that a link leads to, outside of the folder")
        }
        let descriptor = open(target, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .posix(errno, path: path, doing: "open the file") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .posix(errno, path: path, doing: "read the file's size") }
        let size = Int(status.st_size)
        guard status.st_mode & S_IFMT == S_IFREG, offset >= 0, count >= 0, offset <= size, count <= size - offset else {
            throw .posix(ERANGE, path: path, doing: "read \(count) bytes at \(offset)")
        }
        var content = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = content.withUnsafeMutableBytes { buffer in
                // filled < count, so there is a base address.
                pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
            }
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { throw .posix(got < 0 ? errno : ERANGE, path: path, doing: "read the file") }
            filled += got
        }
        return content
    }

    /// The path without links, or nil when nothing is there.
    private static func resolved(_ path: String) -> String? {
        guard let name = realpath(path, nil) else { return nil }
        defer { free(name) }
        return String(cString: name)
    }
}
