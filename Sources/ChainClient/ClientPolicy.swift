/// How a `ChainClient` deals with a network that fails at times.
package struct ClientPolicy: Sendable {
    /// Attempts in all, the first included.
    package var attempts = 5
    /// The pause before the second attempt; each further one is twice as long.
    package var firstPause: Duration = .milliseconds(100)
    package var longestPause: Duration = .seconds(5)
    /// An endpoint that asks for more patience than this (`Retry-After`) is given up.
    package var longestWait: Duration = .seconds(60)
    /// Seconds for one attempt.
    package var requestSeconds = 30
    /// Bytes of an answer that are accepted.
    package var responseLimit = 256 << 20
    /// Blocks in one log query, to begin with; the client learns what its endpoint accepts.
    package var logRange: UInt64 = 10_000
    /// Requests in one batch, to begin with; the client learns what its endpoint accepts.
    package var batchSize = 100
    /// Bytes in one batch; a single larger request still goes out.
    package var batchBytes = 512 << 10
    /// Sent with every request, an API key for instance.
    package var headers: [(name: String, value: String)] = []

    /// Hears, in words for people, when a subscription breaks and comes back.
    package var notice: @Sendable (String) -> Void = { _ in }

    package init() {}
}
