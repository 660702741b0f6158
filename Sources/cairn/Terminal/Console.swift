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
        Self.write(line + "\n", to: isScripted ? STDERR_FILENO : STDOUT_FILENO)
    }

    /// The result: one JSON object on one line for scripts, and nothing for people, who were told already.
    func finish(_ result: JSON) {
        if isScripted { Self.write(result.text + "\n", to: STDOUT_FILENO) }
    }

    /// A line on standard error.
    static func complain(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

    /// All of a text at once, unbuffered, so that a pipe's reader sees each line when it is said.
    static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// True where standard error is a terminal on which a line may be drawn over.
    static let isTerminal =
        isatty(STDERR_FILENO) != 0 && getenv("TERM").map { String(cString: $0) != "dumb" } ?? true
}

/// `write(2)`, which the method of that name would hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
