#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#else
    #error("Storage needs POSIX file calls")
#endif

/// The sole right to a store, held until the value goes out of scope or the process ends, however it ends.
package struct FileLock: ~Copyable {
    private let descriptor: Int32

    /// Takes the lock on `path`, a file made for this purpose.
    ///
    /// - Throws: `StorageError` of kind `.locked` where another process has it.
    package init(path: String) throws(StorageError) {
        descriptor = try Self.take(path)
    }

    deinit { close(descriptor) }

    private static func take(_ path: String) throws(StorageError) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .posix(errno, path: path, doing: "open the lock") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(descriptor)
            guard number == EWOULDBLOCK else { throw .posix(number, path: path, doing: "take the lock") }
            throw StorageError(
                .locked, "\(path): another process uses this store: stop it, or choose another directory", code: number)
        }
        return descriptor
    }
}
