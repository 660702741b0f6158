/// Why a store could not be opened, read or written.
///
/// The message says what happened, where, and what to do about it.
package struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure, for code.
    package enum Kind: Hashable, Sendable {
        /// The disk, or the limit that this process has on it, is exhausted.
        case full
        /// Another process holds the store.
        case locked
        /// The stored bytes are not what was written.
        case corrupt
        /// There is no such file or item.
        case notFound
        /// The operating system forbids it.
        case forbidden
        /// Written by another version, or for another purpose.
        case incompatible
        /// The device failed to read or write.
        case device
        /// The store was used wrongly: a mistake in this program.
        case misuse
    }

    package var kind: Kind
    /// What happened, where, and what to do.
    package var message: String
    /// The number that SQLite or the operating system gave, or zero.
    package var code: Int32

    package init(_ kind: Kind, _ message: String, code: Int32 = 0) {
        (self.kind, self.message, self.code) = (kind, message, code)
    }

    package var description: String { message }
}
