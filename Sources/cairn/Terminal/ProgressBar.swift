#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Progress of one long step: a bar drawn over itself on a terminal, a line now and then in a log.
struct ProgressBar {
    let label: String
    let total: Int
    private var shown = -1

    init(_ label: String, total: Int) { (self.label, self.total) = (label, max(total, 1)) }

    /// Shows that `done` of `total` are done, with a few words beside it.
    mutating func update(_ done: Int, _ words: String = "") {
        let percent = min(100, done * 100 / total)
        if Console.isTerminal {
            let filled = percent * 30 / 100
            let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
            Self.draw("\r\u{1B}[2K  \(label) \(bar) \(done)/\(total) \(words)\(done >= total ? "\n" : "")")
        } else if percent / 10 != shown {
            shown = percent / 10
            Self.draw("  \(label) \(done)/\(total) \(words)\n")
        }
    }

    /// Wipes the line of a bar that was not finished; nothing where there is no terminal.
    static func clear() { if Console.isTerminal { draw("\r\u{1B}[2K") } }

    static func draw(_ text: String) { Console.write(text, to: STDERR_FILENO) }
}
