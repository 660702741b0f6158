import Bytes
import Ethereum
package import Ledger
import Storage

extension Devchain {
    package func logs(_ filter: LogFilter) throws(ChainError) -> [MinedLog] { try logs(filter, limit: .max) }

    /// Logs that match, in chain order.
    ///
    /// - Parameter limit: about how many bytes of JSON they may take.
    /// - Throws: code -32005 beyond the limit, as public providers have it.
    package func logs(_ filter: LogFilter, limit: Int) throws(ChainError) -> [MinedLog] {
        if case .hash = filter.from, filter.from == filter.to {
            guard let block = try resolve(filter.from) else { throw ChainError(.notFound, "unknown block") }
            return try receipts(at: .hash(block.hash))?.flatMap(\.logs).filter(filter.matches) ?? []
        }
        let head = try settledHead().number
        let first = try number(filter.from, head)
        let last = min(try number(filter.to, head), head)
        if first > last {
            if try number(filter.to, head) < first { throw ChainError(.invalidRequest, "invalid block range params") }
            return []
        }
        var (found, size) = ([MinedLog](), 0)
        for number in try candidates(filter, first...last) {
            guard let row = try stored({ (reads) throws(StorageError) in try reads.block(number) }) else { continue }
            for receipt in try receipts(of: row) {
                for log in receipt.logs where filter.matches(log) {
                    found.append(log)
                    size += 800 + 2 * log.log.data.count
                }
            }
            guard size <= limit else {
                throw ChainError(
                    .invalidRequest, code: -32005,
                    "response size exceeded: the logs of so many blocks take more than \(limit >> 20) MiB; ask for fewer blocks"
                )
            }
        }
        return found
    }

    private func number(_ tag: BlockTag, _ head: UInt64) throws(ChainError) -> UInt64 {
        switch tag {
        case .number(let number): number
        case .pending: head
        default: try known(tag).header.number
        }
    }

    /// The blocks that may hold a log that matches, in order.
    private func candidates(_ filter: LogFilter, _ range: ClosedRange<UInt64>) throws(ChainError) -> [UInt64] {
        var conditions: [[UInt64]] = []
        if !filter.addresses.isEmpty { conditions.append(filter.addresses.map(LogKey.address)) }
        for (position, topics) in filter.topics.prefix(4).enumerated() where !topics.isEmpty {
            conditions.append(topics.map { LogKey.topic($0, position: position) })
        }
        if filter.topics.count > 4 { return [] }
        return try stored { (reads) throws(StorageError) in
            if conditions.isEmpty { return try reads.blocksWithTransactions(range) }
            var common: Set<UInt64>?
            for keys in conditions {
                var blocks: Set<UInt64> = []
                for key in keys { blocks.formUnion(try reads.blocks(logKey: key, range)) }
                common = common?.intersection(blocks) ?? blocks
                if common?.isEmpty == true { return [] }
            }
            return common?.sorted() ?? []
        }
    }
}

extension LogFilter {
    /// Whether a log is one of those that are asked for; blocks aside.
    package func matches(_ entry: MinedLog) -> Bool {
        guard addresses.isEmpty || addresses.contains(entry.log.address), topics.count <= entry.log.topics.count else {
            return false
        }
        return zip(topics, entry.log.topics).allSatisfy { wanted, topic in wanted.isEmpty || wanted.contains(topic) }
    }
}
