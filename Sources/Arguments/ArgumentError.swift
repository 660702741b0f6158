/// A command line that cannot be understood; the message says what is wrong and names the remedy.
package struct ArgumentError: Error, Equatable, CustomStringConvertible {
    package let message: String
    /// The words of the command that was being read, for the hint at its help.
    package let command: [String]

    package init(_ message: String, command: [String] = []) { (self.message, self.command) = (message, command) }

    package var description: String {
        command.isEmpty ? message : "\(message)\nsee '\(command.joined(separator: " ")) --help'"
    }
}
