#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#else
    #error("Storage needs POSIX file calls")
#endif

/// Whole files, written so that a crash at any moment leaves the old content or the new, never a mixture.
package enum Files {
    /// The content of the file at `path`.
    package static func read(_ path: String) throws(StorageError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .posix(errno, path: path, doing: "open the file") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .posix(errno, path: path, doing: "read the file's size") }
        guard status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFDIR else {
            return try readStream(descriptor, path)
        }
        var content = [UInt8](repeating: 0, count: max(0, Int(status.st_size)))
        var filled = 0
        while filled < content.count {
            let count = content.withUnsafeMutableBytes { buffer in
                systemRead(descriptor, buffer.baseAddress! + filled, buffer.count - filled)  // filled < count
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .posix(errno, path: path, doing: "read the file") }
            if count == 0 { break }
            filled += count
        }
        content.removeLast(content.count - filled)
        return content
    }

    /// The most bytes that are taken from what does not say its size.
    private static let streamLimit = 1 << 32

    /// What comes out of a pipe or a device until its end.
    private static func readStream(_ descriptor: Int32, _ path: String) throws(StorageError) -> [UInt8] {
        var (content, block) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while true {
            let count = block.withUnsafeMutableBytes { systemRead(descriptor, $0.baseAddress!, $0.count) }  // not empty
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .posix(errno, path: path, doing: "read the file") }
            guard content.count <= streamLimit else { throw .posix(EFBIG, path: path, doing: "read the file") }
            if count == 0 { return content }
            content += block[..<count]
        }
    }

    /// Makes `path` hold exactly `content`, durably: a temporary file beside it, synced, then renamed.
    ///
    /// A pipe or a device that has the name is written to, and stays.
    /// - Parameter mode: permission bits of the new file.
    package static func write(_ content: [UInt8], to path: String, mode: UInt32 = 0o644) throws(StorageError) {
        var status = stat()
        if stat(path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
            let descriptor = open(path, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw .posix(errno, path: path, doing: "open the file") }
            let failure = writeAll(content, to: descriptor)
            close(descriptor)
            guard failure == 0 else { throw .posix(failure, path: path, doing: "write the file") }
            return
        }
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
        guard descriptor >= 0 else { throw .posix(errno, path: path, doing: "write the file") }
        var failure = writeAll(content, to: descriptor)
        if failure == 0 && fsync(descriptor) != 0 { failure = errno }
        if close(descriptor) != 0 && failure == 0 { failure = errno }
        if failure == 0 && rename(temporary, path) != 0 { failure = errno }
        guard failure == 0 else {
            unlink(temporary)
            throw .posix(failure, path: path, doing: "write the file")
        }
        try syncDirectory(of: path)
    }

    /// Makes a directory and those above it; one that exists is no error.
    package static func makeDirectory(_ path: String) throws(StorageError) {
        if mkdir(path, 0o755) == 0 { return }
        let number = errno
        switch number {
        case EEXIST:
            guard isDirectory(path) else { throw .posix(ENOTDIR, path: path, doing: "use as a directory") }
        case ENOENT:
            let parent = self.parent(of: path)
            guard parent != path else { throw .posix(number, path: path, doing: "make the directory") }
            try makeDirectory(parent)
            try makeDirectory(path)
        default: throw .posix(number, path: path, doing: "make the directory")
        }
    }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    package static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Removes a file; one that is not there is no error.
    package static func remove(_ path: String) throws(StorageError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .posix(errno, path: path, doing: "remove the file") }
    }

    /// Gives a file another name in the same file system, durably; one that has the name is replaced.
    package static func move(_ path: String, to target: String) throws(StorageError) {
        guard rename(path, target) == 0 else { throw .posix(errno, path: target, doing: "name the file") }
        try syncDirectory(of: target)
    }

    /// The names in a directory, sorted.
    package static func list(_ path: String) throws(StorageError) -> [String] {
        guard let directory = opendir(path) else { throw .posix(errno, path: path, doing: "list the directory") }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Brings what was written to a file, by whichever descriptor, to the device; its times may lag behind.
    package static func sync(_ path: String) throws(StorageError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .posix(errno, path: path, doing: "open the file") }
        defer { close(descriptor) }
        #if canImport(Darwin)
            let failed = fcntl(descriptor, F_FULLFSYNC) == -1
        #else
            let failed = fdatasync(descriptor) != 0
        #endif
        guard !failed else { throw .posix(errno, path: path, doing: "sync the file") }
    }

    /// Makes a name that was just given or taken in the directory of `path` durable.
    static func syncDirectory(of path: String) throws(StorageError) {
        let parent = self.parent(of: path)
        let descriptor = open(parent, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .posix(errno, path: parent, doing: "open the directory") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .posix(errno, path: parent, doing: "sync the directory") }
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Writes everything; returns an `errno`, or zero.
    static func writeAll(_ content: [UInt8], to descriptor: Int32) -> Int32 {
        content.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let count = systemWrite(descriptor, buffer.baseAddress! + written, buffer.count - written)  // not empty
                if count < 0 && errno == EINTR { continue }
                if count < 0 { return errno }
                written += count
            }
            return 0
        }
    }
}

/// `read(2)`, which the enclosing type's own `read` would hide.
private func systemRead(_ descriptor: Int32, _ target: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(descriptor, target, count)
}

/// `write(2)`, which the enclosing type's own `write` would hide.
private func systemWrite(_ descriptor: Int32, _ source: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, source, count)
}
