#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#else
    #error("FileBytes needs mmap")
#endif

/// The bytes of a file: mapped, so that only what is read comes into memory, or held in memory.
///
/// Indices count from zero, also in a `part`, which shares the same memory. The file must not be shortened while it is mapped.
package struct FileBytes: Sendable, RandomAccessCollection {
    private let memory: Memory
    private let offset: Int
    package let count: Int

    /// Maps the file at `path`.
    package init(mapping path: String) throws(FormatError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FormatError(path, "cannot be opened: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw FormatError(path, "cannot be read: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FormatError(path, "is no regular file") }
        let size = Int(status.st_size)
        guard size > 0 else {
            self.init([])
            return
        }
        guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw FormatError(path, "cannot be mapped: \(String(cString: strerror(errno)))")
        }
        self.init(memory: Memory(base: base, size: size, isMapped: true), offset: 0, count: size)
    }

    /// Whether there is a regular file at `path`.
    static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// A copy of bytes in memory.
    package init(_ bytes: some Collection<UInt8>) {
        let size = bytes.count
        let base = UnsafeMutableRawPointer.allocate(byteCount: Swift.max(size, 1), alignment: 64)
        base.withMemoryRebound(to: UInt8.self, capacity: Swift.max(size, 1)) {
            _ = UnsafeMutableBufferPointer(start: $0, count: size).initialize(from: bytes)
        }
        self.init(memory: Memory(base: base, size: size, isMapped: false), offset: 0, count: size)
    }

    private init(memory: Memory, offset: Int, count: Int) {
        (self.memory, self.offset, self.count) = (memory, offset, count)
    }

    /// The bytes of a range, counted from zero again.
    ///
    /// - Precondition: the range lies within the bytes.
    package func part(_ range: Range<Int>) -> FileBytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "a part lies within its bytes")
        return FileBytes(memory: memory, offset: offset + range.lowerBound, count: range.count)
    }

    /// Where a part of these bytes begins in them.
    ///
    /// - Precondition: it is a part of them.
    func position(of part: FileBytes) -> Int {
        precondition(part.memory === memory && part.offset >= offset, "a part shares the memory")
        return part.offset - offset
    }

    package func withUnsafeBytes<R, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> R
    ) throws(Failure) -> R {
        defer { extendLifetime(memory) }
        return try body(UnsafeRawBufferPointer(start: memory.base + offset, count: count))
    }

    package func withContiguousStorageIfAvailable<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R? {
        try withUnsafeBytes { try body($0.assumingMemoryBound(to: UInt8.self)) }
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { count }

    package subscript(position: Int) -> UInt8 {
        precondition(position >= 0 && position < count, "the position lies within the bytes")
        return withUnsafeBytes { $0[position] }
    }

    /// Owns the memory.
    fileprivate final class Memory {
        let base: UnsafeMutableRawPointer
        private let size: Int
        private let isMapped: Bool

        init(base: UnsafeMutableRawPointer, size: Int, isMapped: Bool) {
            (self.base, self.size, self.isMapped) = (base, size, isMapped)
        }

        deinit {
            if isMapped { munmap(base, size) } else { base.deallocate() }
        }
    }
}

// The memory is never written after it was made.
extension FileBytes.Memory: @unchecked Sendable {}
