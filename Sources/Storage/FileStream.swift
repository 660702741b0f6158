#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#else
    #error("Storage needs POSIX file calls")
#endif

/// A file that is written from front to back, and takes its name only when it is whole.
package struct OutputFile: ~Copyable {
    private let path: String
    private let temporary: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isFinished = false

    package init(path: String) throws(StorageError) {
        self.path = path
        temporary = "\(path).\(getpid()).tmp"
        descriptor = try Self.create(temporary)
    }

    deinit {
        close(descriptor)
        if !isFinished { unlink(temporary) }
    }

    package mutating func append(_ bytes: [UInt8]) throws(StorageError) {
        buffer += bytes
        if buffer.count >= 1 << 16 { try flush() }
    }

    /// Makes the file durable under its name.
    package mutating func finish() throws(StorageError) {
        try flush()
        guard fsync(descriptor) == 0 else { throw .posix(errno, path: path, doing: "sync the file") }
        guard rename(temporary, path) == 0 else { throw .posix(errno, path: path, doing: "name the file") }
        isFinished = true
        try Files.syncDirectory(of: path)
    }

    private mutating func flush() throws(StorageError) {
        let failure = Files.writeAll(buffer, to: descriptor)
        guard failure == 0 else { throw .posix(failure, path: path, doing: "write the file") }
        buffer.removeAll(keepingCapacity: true)
    }

    private static func create(_ path: String) throws(StorageError) -> Int32 {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .posix(errno, path: path, doing: "make the file") }
        return descriptor
    }
}

/// A file that is read from front to back, in pieces of any size.
package struct InputFile: ~Copyable {
    private let path: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var position = 0

    package init(path: String) throws(StorageError) {
        self.path = path
        descriptor = try Self.open(path)
    }

    deinit { close(descriptor) }

    /// The next byte, which stays the next; nil at the end.
    package mutating func peek() throws(StorageError) -> UInt8? {
        try fill(1)
        return position < buffer.count ? buffer[position] : nil
    }

    /// Up to `count` of the next bytes, which stay the next.
    package mutating func peek(_ count: Int) throws(StorageError) -> ArraySlice<UInt8> {
        try fill(count)
        return buffer[position...].prefix(count)
    }

    /// The next `count` bytes, or fewer at the end.
    package mutating func read(_ count: Int) throws(StorageError) -> [UInt8] {
        try fill(count)
        let bytes = Array(buffer[position...].prefix(count))
        position += bytes.count
        return bytes
    }

    private mutating func fill(_ count: Int) throws(StorageError) {
        guard buffer.count - position < count else { return }
        buffer.removeFirst(position)
        position = 0
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while buffer.count < count {
            let got = systemReadFile(descriptor, &piece, piece.count)
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw .posix(errno, path: path, doing: "read the file") }
            if got == 0 { return }
            buffer += piece[..<got]
        }
    }

    private static func open(_ path: String) throws(StorageError) -> Int32 {
        let descriptor = systemOpen(path)
        guard descriptor >= 0 else { throw .posix(errno, path: path, doing: "open the file") }
        return descriptor
    }
}

/// `read(2)`, which the type's own `read` would hide.
private func systemReadFile(_ descriptor: Int32, _ target: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(descriptor, target, count)
}

/// `open(2)` for reading, which the type's own `open` would hide.
private func systemOpen(_ path: String) -> Int32 { open(path, O_RDONLY | O_CLOEXEC) }
