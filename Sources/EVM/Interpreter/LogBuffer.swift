import Bytes
import Ethereum

/// The logs of a running transaction as plain bytes, so that a revert only truncates.
struct LogBuffer {
    struct Record: BitwiseCopyable {
        let address: Address
        let topicCount: Int
        let topics: (U256, U256, U256, U256)
        let dataStart: Int
        let dataCount: Int

        func topic(_ index: Int) -> U256 {
            switch index {
            case 0: topics.0
            case 1: topics.1
            case 2: topics.2
            default: topics.3
            }
        }
    }

    /// How much there was at some moment.
    struct Mark: BitwiseCopyable {
        let records: Int
        let bytes: Int
    }

    private(set) var records = Arena<Record>(capacity: 16)
    private var bytes: UnsafeMutablePointer<UInt8> = .allocate(capacity: 1024)
    private var byteCount = 0
    private var byteCapacity = 1024

    func deallocate() {
        records.deallocate()
        bytes.deallocate()
    }

    var mark: Mark { Mark(records: records.count, bytes: byteCount) }

    mutating func truncate(to mark: Mark) {
        records.truncate(to: mark.records)
        byteCount = mark.bytes
    }

    mutating func append(
        _ address: Address, topics: (U256, U256, U256, U256), topicCount: Int, data: UnsafePointer<UInt8>, count: Int
    ) {
        if byteCount &+ count > byteCapacity { grow(count) }
        (bytes + byteCount).update(from: data, count: count)
        records.append(
            Record(
                address: address, topicCount: topicCount, topics: topics, dataStart: byteCount, dataCount: count))
        byteCount &+= count
    }

    @inline(never)
    private mutating func grow(_ count: Int) {
        byteCapacity = max(byteCapacity * 2, byteCount + count)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCapacity)
        larger.update(from: bytes, count: byteCount)
        bytes.deallocate()
        bytes = larger
    }

    /// The logs as values.
    var logs: [Log] {
        [Log](unsafeUninitializedCapacity: records.count) { buffer, count in
            while count < records.count {
                let record = records.base[count]
                let topics = [Hash32](unsafeUninitializedCapacity: record.topicCount) { topics, topicCount in
                    while topicCount < record.topicCount {
                        topics.initializeElement(at: topicCount, to: record.topic(topicCount).hash)
                        topicCount += 1
                    }
                }
                let data = UnsafeBufferPointer(start: bytes + record.dataStart, count: record.dataCount)
                buffer.initializeElement(
                    at: count, to: Log(address: record.address, topics: topics, data: [UInt8](data)))
                count += 1
            }
        }
    }
}
