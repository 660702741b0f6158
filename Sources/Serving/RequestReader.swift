import Bytes
package import Contracts
package import Ledger
import Synchronization

/// Reads requests from the market.
package struct RequestReader: Sendable {
    package let contracts: ProtocolContracts
    private let inputs = InputCache()

    package init(contracts: ProtocolContracts) { self.contracts = contracts }

    /// The requests that are not decided, oldest first.
    ///
    /// - Parameter first: requests before this one are left out.
    package func open(from first: UInt64 = 1, at block: UInt64) async throws(ChainError) -> [RequestView] {
        let count = try await contracts.market.requestCount(at: .number(block))
        var open = [RequestView]()
        guard count >= first else { return open }
        for id in first...count {
            let record = try await contracts.market.request(id, at: .number(block))
            if RequestView.Status(record.status) == .open { open.append(try await view(id, record, at: block)) }
        }
        return open
    }

    /// One request, decided or not.
    package func view(_ id: UInt64, at block: UInt64) async throws(ChainError) -> RequestView {
        try await view(id, contracts.market.request(id, at: .number(block)), at: block)
    }

    private func view(
        _ id: UInt64, _ record: InferenceMarket.Request, at block: UInt64
    ) async throws(ChainError) -> RequestView {
        let tag = BlockTag.number(block)
        let input = try await input(of: id, tag)
        var answers = [AnswerView]()
        for server in try await contracts.market.committed(id, at: tag) {
            let commitment = try await contracts.market.commitment(id, server, at: tag)
            let shown = try await contracts.market.revealed(id, server, at: tag)
            answers.append(AnswerView(server: server, commitment: commitment ?? .zero, revealed: shown != nil))
        }
        return RequestView(
            id: id, modelID: record.modelID, version: record.version, consumer: record.consumer,
            input: input, status: RequestView.Status(record.status), wanted: record.servers,
            allowed: try await contracts.market.welcome(id, at: tag), commitDeadline: record.commitDeadline,
            revealDeadline: record.revealDeadline, answers: answers)
    }
}

extension RequestReader {
    /// A request's input, which only its event carries; looked for once.
    private func input(of id: UInt64, _ tag: BlockTag) async throws(ChainError) -> [UInt8] {
        if let known = inputs[id] { return known }
        let asked = try await contracts.market.events(
            InferenceMarket.InferenceRequested.self, topics: [.topic(id)], to: tag)
        guard let input = asked.last?.event.input else { return [] }
        inputs[id] = input
        return input
    }
}

/// The inputs of requests that were looked at, the newest thousand.
private final class InputCache: Sendable {
    private let inputs = Mutex<[UInt64: [UInt8]]>([:])

    subscript(id: UInt64) -> [UInt8]? {
        get { inputs.withLock { $0[id] } }
        set {
            inputs.withLock { inputs in
                if inputs.count >= 1_000, let oldest = inputs.keys.min() { inputs[oldest] = nil }
                inputs[id] = newValue
            }
        }
    }
}

extension RequestView.Status {
    /// From the contract's number: 1 open, 2 delivered, 3 failed.
    init(_ number: UInt8) {
        switch number {
        case 1: self = .open
        case 2: self = .delivered
        default: self = .failed
        }
    }
}
