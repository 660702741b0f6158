import Bytes
import Storage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Puts blobs of rising size into a store, and names each when it is stored.
struct BlobLoad {
    private let store: BlobStore

    /// - Parameter limit: bytes that any file of this process may have; a larger one fails as on a full disk.
    init(directory: String, limit: UInt64?) throws {
        store = try BlobStore(directory: directory)
        if let limit {
            signal(SIGXFSZ, SIG_IGN)
            var bound = rlimit(rlim_cur: rlim_t(limit), rlim_max: rlim_t(limit))
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &bound)
        }
    }

    func run() {
        var size = 1
        while true {
            do {
                let name = try store.put([UInt8](repeating: UInt8(truncatingIfNeeded: size), count: size))
                say("ack \(name)\n")
            } catch {
                say("error \(error.kind) \(error)\n")
                return
            }
            size += size < 10_000 ? 37 : 1
        }
    }
}
