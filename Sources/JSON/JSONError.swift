/// Why text is no JSON, or why a value is not what its reader wanted.
package enum JSONError: Error, Equatable, CustomStringConvertible {
    /// The text breaks the grammar at a byte offset; line and column count from 1, columns in bytes.
    case syntax(String, offset: Int, line: Int, column: Int)
    /// A value at `path` (`params[0].to`) is missing or of another kind.
    case mismatch(path: String, expected: String, found: String)

    package var description: String {
        switch self {
        case .syntax(let reason, let offset, let line, let column):
            "invalid JSON at line \(line), column \(column) (byte \(offset)): \(reason)"
        case .mismatch(let path, let expected, let found):
            "\(path.isEmpty ? "JSON value" : "\"\(path)\""): want \(expected), found \(found)"
        }
    }
}
