#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#else
    #error("SharedFixtures needs a C library")
#endif

/// Where the official fixtures lie, which are not part of the repository.
enum SharedFixtures {
    /// The path of a file of the shared folder, or nil (said aloud) where this machine does not have it.
    static func path(_ name: String, file: String = #filePath) -> String? {
        let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let folder = getenv("CAIRN_SHARED").map { String(cString: $0) } ?? root + "/../shared"
        let path = folder + "/" + name
        if access(path, R_OK) == 0 { return path }
        print("skipped: \(path) absent; set CAIRN_SHARED to the folder that holds it")
        return nil
    }
}
