import Bytes
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The `ChainLoad` program, running on a chain file, with what it says.
final class LoadProcess {
    private let pid: pid_t
    private let output: Int32

    /// The program beside the tests, or nil where it was not built.
    static var program: String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = count > 0 ? [String(decoding: buffer[..<count], as: UTF8.self)] : []
        for path in own + CommandLine.arguments where path.contains(".xctest") {
            var parts = path.split(separator: "/", omittingEmptySubsequences: false)
            while let last = parts.popLast(), !last.hasSuffix(".xctest") {}
            let program = parts.joined(separator: "/") + "/ChainLoad"
            if access(program, X_OK) == 0 { return program }
        }
        return nil
    }

    init(program: String, arguments: [String]) throws {
        var pipes: [Int32] = [0, 0]
        try #require(pipe(&pipes) == 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
        posix_spawn_file_actions_addclose(&actions, pipes[0])
        var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var child: pid_t = 0
        let code = posix_spawn(&child, program, &actions, nil, &argv, environ)
        posix_spawn_file_actions_destroy(&actions)
        argv.forEach { free($0) }
        close(pipes[1])
        try #require(code == 0)
        (pid, output) = (child, pipes[0])
    }

    /// Starts the program on `path` again and again, and kills it at random moments.
    ///
    /// - Parameters:
    ///   - word: what stands before each hash that it says.
    ///   - moments: from start to kill, in milliseconds.
    ///   - body: looks what is left, given the round's number and all hashes that were said until then; not called before
    ///     the first of them.
    /// - Returns: all hashes, or nil where the program was not built.
    static func killed(
        times: Int, _ command: String, _ path: String, saying word: String, after moments: ClosedRange<Int>,
        seed: UInt64,
        _ body: (Int, [Hash32]) async throws -> Void
    ) async throws -> [Hash32]? {
        guard let program else {
            print("skipped: the program ChainLoad was not built")
            return nil
        }
        var random = SeededGenerator(seed)
        var hashes: [Hash32] = []
        for round in 0..<times {
            let process = try LoadProcess(program: program, arguments: [command, path])
            try await Task.sleep(for: .milliseconds(Int.random(in: moments, using: &random)))
            for line in process.killed() {
                #expect(line.hasPrefix(word + " "), "\(line)")
                hashes.append(try Hash32(hex: line.dropFirst(word.utf8.count + 1)))
            }
            if !hashes.isEmpty { try await body(round, hashes) }
        }
        return hashes
    }

    /// Kills the process at once, and returns every whole line that it said.
    func killed() -> [String] {
        kill(pid, SIGKILL)
        return finished()
    }

    /// Waits for the end of the process, and returns every whole line that it said.
    func finished() -> [String] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(output, &buffer, buffer.count)
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        close(output)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        let whole = bytes.lastIndex(of: 10).map { bytes[...$0] } ?? []
        return whole.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
    }
}
