import Bytes
import Ethereum

/// The logs of a running transaction, one behind the other as plain bytes, so that a revert only truncates.
///
/// A log is its address (20 bytes), the number of topics (4 bytes), the size of its data (8 bytes), the topics and the
/// data.
struct LogBuffer {
    /// How much there was at some moment.
    struct Mark: BitwiseCopyable {
        let count: Int
        let bytes: Int

        static let start = Mark(count: 0, bytes: 0)
    }

    fileprivate static let headerSize = 32

    private var base: UnsafeMutableRawPointer = .allocate(byteCount: 1024, alignment: 8)
    private var capacity = 1024
    private var byteCount = 0
    private var count = 0

    func deallocate() { base.deallocate() }

    var mark: Mark { Mark(count: count, bytes: byteCount) }

    mutating func truncate(to mark: Mark) { (count, byteCount) = (mark.count, mark.bytes) }

    /// Appends a log; the topics are the `topicCount` words that end below `topics`, the topmost first.
    @inline(__always)
    mutating func append(
        _ address: Address, topics: Words, topicCount: Int, data: UnsafePointer<UInt8>, count dataCount: Int
    ) {
        let size = Self.headerSize &+ 32 &* topicCount &+ dataCount
        if size > capacity &- byteCount { grow(size) }
        var place = base + byteCount
        address.write(to: place)
        place.storeBytes(of: UInt32(truncatingIfNeeded: topicCount), toByteOffset: 20, as: UInt32.self)
        place.storeBytes(of: dataCount, toByteOffset: 24, as: Int.self)
        place += Self.headerSize
        var index = 0
        while index < topicCount {
            word(topics - 1 - index).hash.write(to: place)
            place += 32
            index &+= 1
        }
        place.copyMemory(from: data, byteCount: dataCount)
        byteCount &+= size
        count &+= 1
    }

    @inline(never)
    private mutating func grow(_ size: Int) {
        capacity = max(capacity * 2, byteCount + size)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
        larger.copyMemory(from: base, byteCount: byteCount)
        base.deallocate()
        base = larger
    }

    /// A copy of all there is.
    var encoded: EncodedLogs {
        EncodedLogs(count: count, bytes: [UInt8](UnsafeRawBufferPointer(start: base, count: byteCount)))
    }
}

/// Logs in the form in which a transaction gathers them; nobody who does not look at them pays for them as values.
struct EncodedLogs: Sendable {
    fileprivate let count: Int
    fileprivate let bytes: [UInt8]

    /// The logs as values.
    ///
    /// - Complexity: O(bytes) at each access.
    var logs: [Log] {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            func take(_ count: Int) -> UnsafeRawBufferPointer {
                let taken = UnsafeRawBufferPointer(rebasing: rest.prefix(count))
                rest = rest.dropFirst(count)
                return taken
            }
            return (0..<count).map { _ in
                let header = take(LogBuffer.headerSize)
                let topics = (0..<Int(header.loadUnaligned(fromByteOffset: 20, as: UInt32.self))).map { _ in
                    Hash32(take(32))
                }
                return Log(
                    address: Address(header.prefix(20)), topics: topics,
                    data: [UInt8](take(header.loadUnaligned(fromByteOffset: 24, as: Int.self))))
            }
        }
    }
}
