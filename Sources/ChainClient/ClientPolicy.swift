/// How a `ChainClient` deals with a network that fails at times.
package struct ClientPolicy: Sendable {
    /// Attempts in all, the first included.
    package var attempts = 5
    /// The pause before the second attempt; each further one is twice as long.
    package var firstPause: Duration = .milliseconds(100)
    package var longestPause: Duration = .seconds(5)
    /// Seconds for one attempt.
    package var requestSeconds = 30
    /// Bytes of an answer that are accepted.
    package var responseLimit = 256 << 20
    /// Blocks in one log query, to begin with; the client learns what its endpoint accepts.
    package var logRange: UInt64 = 10_000
    /// Sent with every request, an API key for instance.
    package var headers: [(name: String, value: String)] = []

    package init() {}
}
