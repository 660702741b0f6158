/// Why a server did not start or a request got no answer.
package struct HTTPError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure, for code.
    package enum Code: Hashable, Sendable {
        /// Another process listens on the port.
        case portTaken
        /// The address cannot be bound (a privileged port, an address of another machine).
        case cannotBind
        /// The server library refused to start.
        case cannotStart
        /// The URL or a header is not one that can be sent.
        case invalidRequest
        /// No connection: unknown host, refused, network down.
        case cannotConnect
        /// TLS failed.
        case insecure
        /// Too slow.
        case timedOut
        /// The connection broke before the whole answer had come.
        case broken
        /// The answer is larger than the caller allows.
        case tooLarge
        /// The caller gave up.
        case cancelled
    }

    package var code: Code
    /// What happened and what to do, for people.
    package var message: String

    package init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

    package var description: String { message }
}
