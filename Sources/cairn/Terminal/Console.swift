import JSON

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where a command's words go: people read standard output, or standard error when a script asked for JSON.
struct Console: Sendable {
    /// True with `--json`.
    let isScripted: Bool

    /// A line for people.
    func say(_ line: String = "") {
        if isScripted { Self.complain(line) } else { print(line) }
    }

    /// The result: one JSON object on one line for scripts, and nothing for people, who were told already.
    func finish(_ result: JSON) {
        if isScripted { print(result.description) }
    }

    /// A line on standard error.
    static func complain(_ line: String) {
        var bytes = Array(line.utf8) + [0x0A]
        fwrite(&bytes, 1, bytes.count, stderr)
    }

    /// True where standard error is a terminal, so that a line may be drawn over.
    static let isTerminal = isatty(STDERR_FILENO) != 0
}
