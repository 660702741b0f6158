package import Bytes
import Contracts
import Crypto
package import Ledger
import Storage
import Training

/// An aggregator at work in one job: it lets the contract average small models, and averages large ones itself.
package struct Aggregator: Sendable {
    package let shell: RoleShell<AggregatorRole>
    package let address: Address

    /// - Parameters:
    ///   - job: the job's id.
    ///   - sender: the aggregator's wallet.
    ///   - report: hears of every action that was carried out.
    package init(
        job: UInt64, reader: JobReader, sender: TransactionSender,
        report: @escaping @Sendable (AggregatorRole.Action) -> Void = { _ in }
    ) {
        let work = Work(job: job, reader: reader, sender: sender)
        address = sender.address
        shell = RoleShell(
            role: AggregatorRole(me: sender.address), view: { try await work.view() },
            perform: { try await work.perform($0, $1) }, report: report)
    }
}

/// What an aggregator's actions are made of.
private struct Work: Sendable {
    let job: UInt64
    let reader: JobReader
    let sender: TransactionSender

    private var contracts: ProtocolContracts { reader.contracts }

    func view() async throws -> AggregatorRole.View {
        let waits = try await contracts.chain.transactionWaits(of: sender.address)
        let (block, now) = try await reader.present()
        return AggregatorRole.View(
            job: try await reader.view(job, block: block, now: now), transactionWaits: waits)
    }

    func perform(_ action: AggregatorRole.Action, _ view: AggregatorRole.View) async throws -> UInt64 {
        let call: ContractCall
        switch action {
        case .accept: call = contracts.jobs.acceptAggregation(job, stake: view.job.terms.aggregatorStake)
        case .start: call = contracts.jobs.start(job)
        case .close: call = contracts.jobs.closeRound(job)
        case .aggregate(let round):
            call = contracts.jobs.postAggregate(job, round: round, contentHash: try await aggregate(view.job))
        case .settle: call = contracts.jobs.settle(job)
        }
        return try await sender.send(call).blockNumber
    }

    /// Averages the round's stored updates, stores the mean and returns its content hash.
    private func aggregate(_ view: JobView) async throws -> Hash32 {
        guard let blobs = reader.blobs else { throw FederationError.noStore("the updates of job \(job)") }
        var average = FederatedAverage(parameterCount: view.terms.parameterCount)
        for holder in view.holders {
            let hash = try await contracts.jobs.updateHash(job, round: view.round, holder, at: .number(view.block))
            guard let hash else { continue }
            guard blobs.contains(hash) else {
                throw FederationError.missingUpdate(round: view.round, holder: holder, hash: hash)
            }
            guard let values = try? FixedPoint.values(blobs.get(hash)) else {
                throw FederationError.malformedUpdate(round: view.round, holder: holder)
            }
            let rows = try await contracts.jobs.holder(job, holder, at: .number(view.block)).rows
            try average.add(values, rows: rows)
        }
        return try blobs.put(FixedPoint.bytes(average.result()))
    }
}
