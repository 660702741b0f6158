/// The 2,048-bit filter over a block's log addresses and topics (Yellow Paper, 4.3.1).
package struct Bloom: Hashable, Sendable {
    /// 256 bytes.
    package var bytes: [UInt8]

    package init() { bytes = [UInt8](repeating: 0, count: 256) }
}
