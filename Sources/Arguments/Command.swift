/// A command of the command line: a leaf that runs, or a group of others.
///
/// ```swift
/// let root = Command("cairn", "…", subcommands: [
///     Command("greet", "Say hello", options: [.value("name", "who", "whom to greet")]) { values in … },
/// ])
/// let (command, values) = try root.parse(["greet", "--name", "Ada"], environment: [:])
/// ```
package struct Command: Sendable {
    package typealias Body = @Sendable (Values) async throws -> Void

    package let name: String
    /// One line.
    package let summary: String
    /// Paragraphs for `--help`; empty for none.
    package let discussion: String
    package let options: [Option]
    package let positionals: [Positional]
    package let subcommands: [Command]
    package let body: Body?
    /// Options that people know from other programs, by name: what to do here instead.
    package let foreign: [String: String]

    /// A command that runs.
    package init(
        _ name: String, _ summary: String, discussion: String = "", options: [Option] = [],
        positionals: [Positional] = [], foreign: [String: String] = [:], body: @escaping Body
    ) {
        self.foreign = foreign
        (self.name, self.summary, self.discussion) = (name, summary, discussion)
        (self.options, self.positionals) = (options, positionals)
        (subcommands, self.body) = ([], body)
    }

    /// A group of commands.
    package init(_ name: String, _ summary: String, discussion: String = "", subcommands: [Command]) {
        (self.name, self.summary, self.discussion) = (name, summary, discussion)
        (options, positionals, foreign) = ([], [], [:])
        (self.subcommands, body) = (subcommands, nil)
    }
}

/// What a command line asked for.
package enum Request: Sendable {
    /// Run this command with these values.
    case run(Command, Values)
    /// Print this text and succeed.
    case help(String)
}

extension Command {
    /// Reads the words behind the program's name.
    ///
    /// - Throws: `ArgumentError` for an unknown command or option, a missing value or a surplus argument.
    package func parse(_ words: [String], environment: [String: String]) throws(ArgumentError) -> Request {
        try parse(words[...], path: [name], environment: environment)
    }

    private func parse(
        _ words: ArraySlice<String>, path: [String], environment: [String: String]
    ) throws(ArgumentError) -> Request {
        guard body != nil else {
            guard let word = words.first else { return .help(help(path: path)) }
            if word == "--help" || word == "-h" || word == "help" { return .help(help(path: path)) }
            guard let next = subcommands.first(where: { $0.name == word }) else {
                let hint = nearest(to: word, among: subcommands.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
                throw ArgumentError("'\(word)' is no command of '\(path.joined(separator: " "))'\(hint)", command: path)
            }
            return try next.parse(words.dropFirst(), path: path + [word], environment: environment)
        }
        if words.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
            return .help(help(path: path))
        }
        return .run(self, try values(words, path: path, environment: environment))
    }

    private func values(
        _ words: ArraySlice<String>, path: [String], environment: [String: String]
    ) throws(ArgumentError) -> Values {
        var values = Values(command: path, declared: options)
        var words = words
        while let word = words.popFirst() {
            if word == "--" {
                values.positionals += words
                break
            }
            guard word.hasPrefix("--") else {
                guard !word.hasPrefix("-") || word == "-" || Double(word) != nil else {
                    throw ArgumentError("'\(word)' is no option; options begin with two dashes", command: path)
                }
                values.positionals.append(word)
                continue
            }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let option = options.first(where: { $0.name == name }) else {
                let near = nearest(to: name, among: options.map(\.name)).map { "; did you mean '--\($0)'?" } ?? ""
                let hint = foreign[name].map { ": \($0)" } ?? near
                throw ArgumentError(
                    "'--\(name)' is no option of '\(path.joined(separator: " "))'\(hint)", command: path)
            }
            if option.kind == .flag {
                guard parts.count == 1 else { throw ArgumentError("--\(name) takes no value", command: path) }
                values.flags.insert(name)
            } else if parts.count == 2 {
                values.options[name, default: []].append(String(parts[1]))
            } else if let value = words.popFirst() {
                values.options[name, default: []].append(value)
            } else {
                throw ArgumentError("--\(name) takes a value; none follows it", command: path)
            }
        }
        for option in options where values.options[option.name] == nil {
            if let name = option.environment, let value = environment[name], !value.isEmpty {
                values.options[option.name] = [value]
            } else if let fallback = option.fallback {
                values.options[option.name] = [fallback]
            }
        }
        try checkPositionals(values, path: path)
        return values
    }

    private func checkPositionals(_ values: Values, path: [String]) throws(ArgumentError) {
        let required = positionals.filter(\.isRequired)
        if values.positionals.count < required.count {
            let missing = required[values.positionals.count]
            throw ArgumentError("<\(missing.name)> is missing: \(missing.help)", command: path)
        }
        if values.positionals.count > positionals.count, positionals.last?.isRepeated != true {
            throw ArgumentError("'\(values.positionals[positionals.count])' is one argument too many", command: path)
        }
    }
}

/// The candidate that differs by at most two edits (Levenshtein), the closest first.
private func nearest(to word: String, among candidates: [String]) -> String? {
    candidates.map { ($0, distance(word, $0)) }.filter { $0.1 <= 2 }.min { $0.1 < $1.1 }?.0
}

private func distance(_ a: String, _ b: String) -> Int {
    let b = Array(b)
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var previous = row[0]
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            (previous, row[j + 1]) = (row[j + 1], min(previous + (x == y ? 0 : 1), row[j] + 1, row[j + 1] + 1))
        }
    }
    return row[b.count]
}
