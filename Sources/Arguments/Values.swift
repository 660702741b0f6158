/// What was typed for one command, checked against its declaration.
package struct Values: Sendable {
    let command: [String]
    /// The options that the command declares.
    let declared: [Option]
    var flags: Set<String> = []
    var options: [String: [String]] = [:]
    /// The positional arguments in order.
    package internal(set) var positionals: [String] = []

    init(command: [String], declared: [Option]) { (self.command, self.declared) = (command, declared) }

    package func flag(_ name: String) -> Bool { flags.contains(name) }

    /// The value of an option, its default, or nil.
    package func string(_ name: String) -> String? { options[name]?.last }

    /// All the values of a repeated option.
    package func strings(_ name: String) -> [String] { options[name] ?? [] }

    /// The value of an option that must be there.
    ///
    /// - Throws: `ArgumentError` naming the option.
    package func required(_ name: String) throws(ArgumentError) -> String {
        guard let text = string(name) else {
            let option = declared.first { $0.name == name }
            throw ArgumentError(
                "\(option?.usage ?? "--" + name) is missing\(option.map { ": " + $0.help } ?? "")", command: command)
        }
        return text
    }

    /// An integer within a range.
    ///
    /// - Throws: `ArgumentError` when the text is no integer or lies outside.
    package func integer(_ name: String, in range: ClosedRange<Int> = 0...Int.max) throws(ArgumentError) -> Int? {
        guard let text = string(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            let bounds =
                range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
            throw ArgumentError("--\(name) is '\(text)'; it takes an integer, \(bounds)", command: command)
        }
        return value
    }

    /// A finite number.
    ///
    /// - Throws: `ArgumentError` when the text is none.
    package func number(_ name: String) throws(ArgumentError) -> Double? {
        guard let text = string(name) else { return nil }
        guard let value = Double(text), value.isFinite else {
            throw ArgumentError("--\(name) is '\(text)'; it takes a number", command: command)
        }
        return value
    }

    /// One of a few words.
    ///
    /// - Throws: `ArgumentError` listing the words.
    package func choice(_ name: String, of words: [String]) throws(ArgumentError) -> String? {
        guard let text = string(name) else { return nil }
        guard words.contains(text) else {
            throw ArgumentError("--\(name) is '\(text)'; it takes \(words.joined(separator: ", "))", command: command)
        }
        return text
    }

    /// An `ArgumentError` about this command.
    package func error(_ message: String) -> ArgumentError { ArgumentError(message, command: command) }
}
