package import Bytes
package import Contracts
import Datasets
package import Ledger

/// A consumer: asks a deployed model for a prediction, under its own conditions, and takes the result.
package struct Consumer: Sendable {
    /// What the consumer insists on.
    package struct Conditions: Hashable, Sendable {
        /// How many servers must answer; a strict majority of them must agree bit for bit.
        package var servers: Int
        /// Who may answer; empty for every registered server.
        package var allowed: [Address]
        /// Wei that are locked; at least what the model's owner asks.
        package var fee: U256
        /// The version that must serve; nil takes the deployed one.
        package var version: Int?
        package var commitSeconds: UInt64
        package var revealSeconds: UInt64

        package init(
            servers: Int, allowed: [Address] = [], fee: U256, version: Int? = nil, commitSeconds: UInt64 = 600,
            revealSeconds: UInt64 = 600
        ) {
            (self.servers, self.allowed, self.fee, self.version) = (servers, allowed, fee, version)
            (self.commitSeconds, self.revealSeconds) = (commitSeconds, revealSeconds)
        }
    }

    /// A delivered prediction.
    package struct Delivery: Hashable, Sendable {
        package var request: UInt64
        package var result: [UInt8]
        package var resultHash: Hash32
        /// The class probabilities.
        package var probabilities: [Float]
    }

    private let contracts: ProtocolContracts
    private let sender: TransactionSender

    package init(contracts: ProtocolContracts, sender: TransactionSender) {
        (self.contracts, self.sender) = (contracts, sender)
    }

    /// Sends a request; returns its id and the receipt.
    ///
    /// - Parameters:
    ///   - model: the model's id.
    ///   - features: the input's numbers.
    package func ask(
        model: Hash32, features: [Float], conditions: Conditions
    ) async throws -> (request: UInt64, receipt: MinedReceipt) {
        let deployed = try await contracts.models.deployedVersion(model)
        guard deployed > 0 else { throw ServingError.notDeployed(model: model) }
        let asking = InferenceMarket.Asking(
            model: model, version: conditions.version ?? deployed, input: bigEndianBytes(of: features),
            servers: conditions.servers, allowed: conditions.allowed, commitSeconds: conditions.commitSeconds,
            revealSeconds: conditions.revealSeconds)
        let receipt = try await sender.send(contracts.market.request(asking, fee: conditions.fee))
        let events = try InferenceMarket.InferenceRequested.all(in: receipt, of: contracts.market.address)
        guard let id = events.first?.id else {
            throw ChainError(.invalidRequest, "the market took the request but emitted no event for it")
        }
        return (id, receipt)
    }

    /// The result by query, or nil while the request is open.
    ///
    /// - Throws: `ServingError.noMajority` where it failed, `.unknownRequest` where there is none.
    package func result(of request: UInt64) async throws -> Delivery? {
        let (status, bytes) = try await contracts.market.result(request)
        switch status {
        case 0: throw ServingError.unknownRequest(request)
        case 1: return nil
        case 2:
            let record = try await contracts.market.request(request)
            return delivery(request, bytes, record.resultHash)
        default: throw ServingError.noMajority(request: request)
        }
    }

    /// The result by event, or nil while there is none.
    package func delivered(_ request: UInt64) async throws -> Delivery? {
        let events = try await contracts.market.events(
            InferenceMarket.InferenceDelivered.self, topics: [.topic(request)])
        return events.last.map { delivery(request, $0.event.result, $0.event.resultHash) }
    }

    /// Waits for the request to end.
    ///
    /// - Parameter pause: waits for news; `looks` times at most.
    package func wait(
        for request: UInt64, looks: Int = .max, pause: @Sendable () async throws -> Void
    ) async throws -> Delivery {
        for _ in 0..<looks {
            if let delivery = try await result(of: request) { return delivery }
            try await pause()
        }
        throw ServingError.timedOut(request: request)
    }

    private func delivery(_ request: UInt64, _ bytes: [UInt8], _ hash: Hash32) -> Delivery {
        Delivery(request: request, result: bytes, resultHash: hash, probabilities: floats(bigEndian: bytes) ?? [])
    }
}
