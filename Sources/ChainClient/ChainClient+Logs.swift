package import Ledger
import JSON
import Synchronization

extension ChainClient {
    /// Logs that match, in chain order.
    ///
    /// The range is asked in pieces of the width that the endpoint was seen to accept (`LogWidth`).
    package func logs(_ filter: LogFilter) async throws(ChainError) -> [MinedLog] {
        guard var (next, last) = try await range(of: filter) else {
            return try Self.logs(in: try await answer(filter).value)
        }
        var (logs, delays) = ([MinedLog](), 0)
        while next <= last {
            let width = min(logWidth.withLock { $0.current }, last - next + 1)
            var part = filter
            (part.from, part.to) = (.number(next), .number(next + width - 1))
            do throws(ChainError) {
                switch try await answer(part) {
                case .success(let json):
                    logs += try Self.logs(in: json)
                    logWidth.withLock { $0.accept(width) }
                    next += width
                case .failure(let fault) where fault.isBeyondHead:
                    delays += 1
                    guard delays < transport.policy.attempts else { throw fault.chainError }
                    last = min(last, try await blockNumber())
                    try? await Task.sleep(for: transport.policy.firstPause * delays)
                case .failure(let fault):
                    guard let refusal = fault.logRefusal(of: next...(next + width - 1)) else { throw fault.chainError }
                    guard narrow(width, asItself: refusal.isOfRange, hint: refusal.hint) else { throw fault.chainError }
                }
            } catch {
                // Too slow, or too large for the endpoint's or our own limit of a body: fewer blocks may do.
                guard error.kind == .timedOut || [413, Self.tooLarge].contains(error.code), !Task.isCancelled,
                    narrow(width, asItself: false, hint: nil)
                else { throw error }
            }
        }
        return logs
    }

    /// Code of the error for an answer beyond `ClientPolicy.responseLimit`.
    static let tooLarge = -32_002

    private func narrow(_ width: UInt64, asItself: Bool, hint: UInt64?) -> Bool {
        logWidth.withLock { $0.refuse(width, asItself: asItself, hint: hint) }
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

    private func answer(_ filter: LogFilter) async throws(ChainError) -> RPCTransport.Answer {
        try await transport.one(.init("eth_getLogs", .logFilter(filter)))
    }

    private static func logs(in json: JSON) throws(ChainError) -> [MinedLog] {
        guard let list = json.arrayValue else {
            throw ChainError(.unreachable, "the node answered \(json.text.prefix(80)) for logs, want a list")
        }
        var logs: [MinedLog] = []
        logs.reserveCapacity(list.count)
        for entry in list where entry["removed"] != .bool(true) { logs.append(try WireReader(entry, "log").log()) }
        return logs
    }
}
