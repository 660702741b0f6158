/// Why a file's bytes are not what its reader understands: which file or entry, what is wrong, what to do.
package struct FormatError: Error, Equatable, CustomStringConvertible {
    /// The file or the entry inside it.
    package let place: String
    package let message: String

    package init(_ place: String, _ message: String) { (self.place, self.message) = (place, message) }

    package var description: String { "\(place): \(message)" }
}
