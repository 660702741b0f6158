package import Bytes

/// What a contract said with `LOG0`...`LOG4`.
package struct Log: Hashable, Sendable {
    /// The contract that emitted it.
    package var address: Address
    /// At most four topics; the first is the event's signature hash by custom.
    package var topics: [Hash32]
    /// The ABI-encoded rest.
    package var data: [UInt8]

    package init(address: Address, topics: [Hash32], data: [UInt8]) {
        (self.address, self.topics, self.data) = (address, topics, data)
    }
}
