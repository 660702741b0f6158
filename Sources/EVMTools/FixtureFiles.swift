#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#else
    #error("FixtureFiles needs a C library with POSIX calls")
#endif

/// Why fixtures could not be read.
package struct FixtureError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Walks the JSON files at a path: one file, a folder with all below it, or a tar archive (`.tar`, `.tar.xz`, `.tar.gz`).
package enum FixtureFiles {
    /// Bytes that an archive may have unpacked.
    private static let largestArchive = 4 << 30

    /// Calls `body` with the name and bytes of every JSON file, in order of name (of place, in an archive).
    package static func forEach(at path: String, _ body: (String, [UInt8]) throws -> Void) throws {
        var folders: Set<Folder> = []
        try forEach(at: path, &folders, body)
    }

    /// What a folder is, whatever path or link leads to it.
    private struct Folder: Hashable {
        let device: UInt64
        let file: UInt64
    }

    private static func forEach(
        at path: String, _ folders: inout Set<Folder>, _ body: (String, [UInt8]) throws -> Void
    ) throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw FixtureError("\(path): \(String(cString: strerror(errno))); give a file, a folder or a tar archive")
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            // Links may lead back up.
            let folder = Folder(device: UInt64(truncatingIfNeeded: status.st_dev), file: UInt64(status.st_ino))
            guard folders.insert(folder).inserted else { return }
            for name in try names(in: path) {
                let child = path.hasSuffix("/") ? path + name : path + "/" + name
                var status = stat()
                guard stat(child, &status) == 0 else { continue }
                if status.st_mode & S_IFMT == S_IFDIR || name.hasSuffix(".json") {
                    try forEach(at: child, &folders, body)
                }
            }
        } else if path.hasSuffix(".tar") {
            try Tar.forEachFile(in: try read(path)) { name, bytes in
                if name.hasSuffix(".json") { try body(name, bytes) }
            }
        } else if path.hasSuffix(".tar.xz") || path.hasSuffix(".tar.gz") || path.hasSuffix(".tgz") {
            let tool = path.hasSuffix("xz") ? "xz" : "gzip"
            try Tar.forEachFile(in: try output(of: tool, ["-dc", "--", path])) { name, bytes in
                if name.hasSuffix(".json") { try body(name, bytes) }
            }
        } else {
            try body(path, try read(path))
        }
    }

    /// All bytes of a file; `-` is standard input.
    package static func read(_ path: String) throws -> [UInt8] {
        guard let file = path == "-" ? fdopen(dup(0), "rb") : fopen(path, "rb") else {
            throw FixtureError("\(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        guard let bytes = readAll(file) else {
            throw FixtureError("\(path): more than \(largestArchive) bytes; split it")
        }
        return bytes
    }

    /// Nil where there are more bytes than anybody should hold in memory.
    private static func readAll(_ file: UnsafeMutablePointer<FILE>) -> [UInt8]? {
        var bytes = [UInt8]()
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return bytes }
            if bytes.count + count > largestArchive { return nil }
            bytes += chunk[..<count]
        }
    }

    private static func names(in folder: String) throws -> [String] {
        guard let directory = opendir(folder) else {
            throw FixtureError("\(folder): \(String(cString: strerror(errno)))")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// What a program of the system writes to its standard output.
    private static func output(of program: String, _ arguments: [String]) throws -> [UInt8] {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw FixtureError("pipe: \(String(cString: strerror(errno)))") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        defer { posix_spawn_file_actions_destroy(&actions) }
        var pid = pid_t()
        let argv = ([program] + arguments).map { strdup($0) } + [nil]
        defer { argv.forEach { free($0) } }
        let code = posix_spawnp(&pid, program, &actions, nil, argv, environ)
        close(ends[1])
        guard code == 0, let file = fdopen(ends[0], "rb") else {
            close(ends[0])
            throw FixtureError("\(program): \(String(cString: strerror(code))); install it to read compressed archives")
        }
        let bytes = readAll(file)
        fclose(file)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        guard let bytes else {
            throw FixtureError("\(arguments.last ?? ""): more than \(largestArchive) bytes when unpacked; split it")
        }
        guard status == 0 else { throw FixtureError("\(program) \(arguments.joined(separator: " ")): failed") }
        return bytes
    }
}
