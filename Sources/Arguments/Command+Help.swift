extension Command {
    /// The text of `--help`.
    func help(path: [String]) -> String {
        var lines = [summary, ""]
        if !discussion.isEmpty { lines += [discussion, ""] }
        let words = path.joined(separator: " ")
        guard body != nil else {
            lines += ["usage: \(words) <command>", "", "commands:"]
            lines += table(subcommands.map { ($0.name, $0.summary) })
            lines += ["", "'\(words) <command> --help' tells more."]
            return lines.joined(separator: "\n")
        }
        var usage = "usage: \(words)"
        if !options.isEmpty { usage += " [options]" }
        for positional in positionals { usage += " " + positional.usage }
        lines.append(usage)
        if !positionals.isEmpty {
            lines += ["", "arguments:"]
            lines += table(positionals.map { ($0.usage, $0.help) })
        }
        if !options.isEmpty {
            lines += ["", "options:"]
            lines += table(
                options.map { option in
                    var help = option.help
                    if let fallback = option.fallback { help += " (default: \(fallback))" }
                    if let environment = option.environment { help += " [\(environment)]" }
                    return (option.usage, help)
                } + [("--help", "print this")])
        }
        return lines.joined(separator: "\n")
    }
}

private func table(_ rows: [(String, String)]) -> [String] {
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { "  " + $0.0 + String(repeating: " ", count: width - $0.0.count + 2) + $0.1 }
}
