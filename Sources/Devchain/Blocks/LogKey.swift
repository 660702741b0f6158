import Bytes
import Ethereum

/// Numbers under which the log index finds the blocks that may hold a log.
///
/// Two values may share a number; whoever searches compares the logs themselves.
enum LogKey {
    static func address(_ address: Address) -> UInt64 { mix(address.w0, address.w1, UInt64(address.w2), 0, salt: 0) }

    /// - Parameter position: 0 to 3.
    static func topic(_ topic: Hash32, position: Int) -> UInt64 {
        mix(topic.w0, topic.w1, topic.w2, topic.w3, salt: UInt64(position + 1))
    }

    /// The numbers of all logs, each once, in order.
    static func all(_ logs: some Sequence<Log>) -> [UInt64] {
        var keys: Set<UInt64> = []
        for log in logs {
            keys.insert(address(log.address))
            for (position, topic) in log.topics.enumerated() { keys.insert(self.topic(topic, position: position)) }
        }
        return keys.sorted()
    }

    /// Fixed for ever: the numbers are stored.
    private static func mix(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, salt: UInt64) -> UInt64 {
        var state = salt &* 0x9e37_79b9_7f4a_7c15
        for word in [a, b, c, d] {
            state = (state ^ word) &* 0xbf58_476d_1ce4_e5b9
            state ^= state >> 29
        }
        return state
    }
}
