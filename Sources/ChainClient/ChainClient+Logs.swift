package import Ledger
import JSON
import Synchronization

extension ChainClient {
    /// Logs that match, in chain order.
    ///
    /// The range is asked in pieces: as large as the endpoint was seen to accept, half of that when it refuses, twice
    /// when it answers.
    package func logs(_ filter: LogFilter) async throws(ChainError) -> [MinedLog] {
        guard let (first, last) = try await range(of: filter) else { return try await piece(filter) }
        var (logs, next) = ([MinedLog](), first)
        while next <= last {
            let width = logRange.withLock { $0 }
            let end = last - next < width ? last : next + width - 1
            var part = filter
            (part.from, part.to) = (.number(next), .number(end))
            do throws(ChainError) {
                logs += try await piece(part)
            } catch {
                guard error.kind == .timedOut || RangeRefusal.matches(error), end > next else { throw error }
                logRange.withLock { $0 = max(1, (end - next + 1) / 2) }
                continue
            }
            if end - next + 1 == width { logRange.withLock { $0 = min($0 * 2, transport.policy.logRange) } }
            next = end + 1
        }
        return logs
    }

    /// The numbers between which to ask, or nil where the filter names no range of numbers.
    private func range(of filter: LogFilter) async throws(ChainError) -> (UInt64, UInt64)? {
        let first: UInt64
        switch filter.from {
        case .earliest: first = 0
        case .number(let number): first = number
        default: return nil
        }
        switch filter.to {
        case .number(let number): return (first, min(number, try await blockNumber()))
        case .latest, .pending: return (first, try await blockNumber())
        case .earliest: return (first, 0)
        default: return nil
        }
    }

    private func piece(_ filter: LogFilter) async throws(ChainError) -> [MinedLog] {
        let json = try await transport.call("eth_getLogs", .logFilter(filter))
        guard let list = json.arrayValue else {
            throw ChainError(.unreachable, "the node answered \(json.text.prefix(80)) for logs, want a list")
        }
        var logs: [MinedLog] = []
        logs.reserveCapacity(list.count)
        for entry in list where entry["removed"] != .bool(true) { logs.append(try WireReader(entry, "log").log()) }
        return logs
    }
}

/// Recognises an endpoint's "ask for less".
private enum RangeRefusal {
    static func matches(_ error: ChainError) -> Bool {
        RPCFault(["code": JSON(error.code), "message": .string(error.message)]).isRangeTooLarge
    }
}
