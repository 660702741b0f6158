import CSQLite

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#else
    #error("Storage needs POSIX file calls")
#endif

extension StorageError {
    /// What a result code of SQLite means for the person who runs this.
    static func sqlite(_ code: Int32, path: String, doing: String, detail: String) -> StorageError {
        let what = "\(path): cannot \(doing): \(detail)"
        switch code & 0xff {
        case SQLITE_FULL:
            return StorageError(
                .full, "\(what); the disk is full: free some space and repeat (nothing was half written)", code: code)
        case SQLITE_BUSY, SQLITE_LOCKED:
            return StorageError(
                .locked, "\(what); another process has this store open: stop it, or choose another directory",
                code: code)
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            return StorageError(
                .corrupt, "\(what); the file is damaged: restore it from a copy, or import an export", code: code)
        case SQLITE_CANTOPEN:
            return StorageError(
                .notFound, "\(what); does the directory exist, and may this user write to it?", code: code)
        case SQLITE_PERM, SQLITE_READONLY, SQLITE_AUTH:
            return StorageError(.forbidden, "\(what); this user may not write there", code: code)
        case SQLITE_IOERR:
            return StorageError(
                .device, "\(what); the device did not do it: look at the system log, then open the store again",
                code: code)
        default:
            return StorageError(.misuse, "\(what) (SQLite code \(code))", code: code)
        }
    }

    /// What an `errno` means for the person who runs this.
    static func posix(_ number: Int32, path: String, doing: String) -> StorageError {
        let what = "\(path): cannot \(doing): \(String(cString: strerror(number)))"
        switch number {
        case ENOSPC, EDQUOT, EFBIG:
            return StorageError(.full, "\(what); free some space and repeat (nothing was half written)", code: number)
        case ENOENT, ENOTDIR:
            return StorageError(.notFound, what, code: number)
        case EACCES, EPERM, EROFS:
            return StorageError(.forbidden, "\(what); this user may not do that there", code: number)
        default:
            return StorageError(.device, what, code: number)
        }
    }
}
