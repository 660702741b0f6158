import Bytes
import Contracts
import Ethereum
import Ledger

/// What the transactions of the protocol were about, so that a broken block or transaction can be named by its round,
/// its request and its party.
///
/// Logs and transactions are stored apart: where one is damaged, the other still tells.
struct PlaceIndex: Sendable {
    private struct Key: Hashable {
        let block: UInt64
        let index: Int
    }

    private var places: [Key: Finding.Place] = [:]

    /// From the logs, as far as they can be read.
    init(_ contracts: ProtocolContracts) async {
        let addresses = contracts.addresses
        let filter = LogFilter(
            from: .number(addresses.firstBlock),
            addresses: [addresses.models, addresses.data, addresses.jobs, addresses.market])
        for log in (try? await contracts.chain.logs(filter)) ?? [] {
            let key = Key(block: log.blockNumber, index: log.transactionIndex)
            let place = Self.place(of: log)
            places[key] = places[key]?.filled(from: place) ?? place
        }
    }

    /// The blocks in which a contract of the protocol said something, in order.
    var blocks: [UInt64] { Set(places.keys.map(\.block)).sorted() }

    /// What is known of a transaction.
    subscript(block: UInt64, index: Int) -> Finding.Place? { places[Key(block: block, index: index)] }

    /// What is known of a block: of its only transaction, or of nothing.
    subscript(block: UInt64) -> Finding.Place? {
        let found = places.filter { $0.key.block == block }
        guard found.count == 1, var place = found.first?.value else { return nil }
        place.transactionIndex = nil
        return place
    }

    /// A finding about a block or transaction, with what the index knows of it.
    func completed(_ finding: Finding, transaction: MinedTransaction? = nil) -> Finding {
        guard let block = finding.place.block else { return finding }
        var finding = finding
        let known = finding.place.transactionIndex.map { self[block, $0] } ?? self[block]
        // The index knows the party from what the contract said; a damaged transaction may name another one.
        if let party = known?.party { finding.place.party = party }
        finding.place = finding.place.filled(from: known)
        if known == nil, let transaction {
            finding.place = finding.place.filled(from: Self.place(of: transaction))
        }
        return finding
    }

    private static func place(of log: MinedLog) -> Finding.Place {
        var place = Finding.Place(
            block: log.blockNumber, transactionIndex: log.transactionIndex, transaction: log.transactionHash)
        if let event = try? TrainingJobs.UpdateAccepted(log.log) {
            (place.job, place.round, place.party) = (event.job, event.round, event.holder)
        } else if let event = try? TrainingJobs.RoundClosed(log.log) {
            (place.job, place.round) = (event.job, event.round)
        } else if let event = try? TrainingJobs.Joined(log.log) {
            (place.job, place.party) = (event.job, event.holder)
        } else if let event = try? TrainingJobs.JobCreated(log.log) {
            (place.job, place.party) = (event.job, event.initiator)
        } else if let event = try? TrainingJobs.AggregationAccepted(log.log) {
            (place.job, place.party) = (event.job, event.aggregator)
        } else if let event = try? TrainingJobs.JobStarted(log.log) {
            place.job = event.job
        } else if let event = try? TrainingJobs.JobFinished(log.log) {
            place.job = event.job
        } else if let event = try? DataRegistry.DataCommitted(log.log) {
            place.party = event.holder
        } else if let event = try? InferenceMarket.InferenceRequested(log.log) {
            (place.request, place.party) = (event.id, event.consumer)
        } else if let event = try? InferenceMarket.Committed(log.log) {
            (place.request, place.party) = (event.id, event.server)
        } else if let event = try? InferenceMarket.Revealed(log.log) {
            (place.request, place.party) = (event.id, event.server)
        } else if let event = try? InferenceMarket.InferenceDelivered(log.log) {
            place.request = event.id
        }
        return place
    }

    private static func place(of transaction: MinedTransaction) -> Finding.Place {
        var place = Finding.Place(party: transaction.sender)
        let data = transaction.signed.transaction.data
        switch TrainingJobs.update(in: data) {
        case .whole(let job, let round, _), .byHash(let job, let round, _): (place.job, place.round) = (job, round)
        case nil: place.request = InferenceMarket.revealed(by: data)?.request
        }
        return place
    }
}
