/// A connection as two streams of bytes.
protocol ByteChannel: Sendable {
    /// The next bytes; nil when the peer has ended or the channel was closed.
    func read() async -> [UInt8]?
    /// Sends all the bytes; false when the peer is gone. Callers send one after another.
    @discardableResult
    func write(_ bytes: [UInt8]) async -> Bool
    /// Ends both directions; a waiting `read` returns nil.
    func close()
}
