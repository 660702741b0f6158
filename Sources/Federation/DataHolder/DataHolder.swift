package import Bytes
import Contracts
package import Datasets
import Ethereum
package import Ledger
import Storage
import Training
package import Transcript

/// A data holder at work in one job: its rows stay here, its updates go to the chain.
///
///     let holder = DataHolder(job: 1, reader: reader, sender: sender, shard: shard, secret: secret, bench: bench)
///     let outcome = try await holder.shell.run(on: chain)
///
/// Everything that it decides from is on the chain, in its shard and in its secret; stopped at any point and started
/// again, it goes on where it was.
package struct DataHolder: Sendable {
    package let shell: RoleShell<HolderRole>
    package let address: Address
    package let commitment: DataCommitment
    private let work: Work

    /// - Parameters:
    ///   - job: the job's id.
    ///   - sender: the holder's wallet.
    ///   - shard: the holder's rows.
    ///   - secret: 32 bytes that only the holder knows; its salts derive from them.
    ///   - report: hears of every action that was carried out.
    package init(
        job: UInt64, reader: JobReader, sender: TransactionSender, shard: Dataset, secret: Hash32, bench: Workbench,
        report: @escaping @Sendable (HolderRole.Action) -> Void = { _ in }
    ) {
        let commitment = Self.commitment(to: shard)
        let work = Work(
            job: job, reader: reader, sender: sender, shard: shard, secret: secret, bench: bench,
            commitment: commitment)
        (self.work, self.commitment, address) = (work, commitment, sender.address)
        shell = RoleShell(
            role: HolderRole(me: sender.address, rows: shard.rows), view: { try await work.view() },
            perform: { try await work.perform($0, $1) }, report: report)
    }

    /// What goes on chain of a data set.
    package static func commitment(to shard: Dataset) -> DataCommitment {
        DataCommitment(rows: (0..<shard.rows).map { shard.leaf(ofRow: $0) }, schema: shard.schemaHash)
    }

    /// Trains ahead what the next step will want, where that is training; sends nothing.
    ///
    /// Several holders in one process train at once this way, and send in an order of the caller's choice.
    package func prepare() async throws {
        let view = try await work.view()
        guard view.job.phase == .running, !view.submitted, view.job.holders.contains(address) else { return }
        _ = try await work.update(view.job)
    }

    /// The proof that a row belongs to the committed data set, for a holder that chooses to show one.
    ///
    /// - Precondition: `0 <= row < rows`.
    package func proof(of row: Int) -> (row: [UInt8], proof: LeafProof) {
        let leaves = (0..<work.shard.rows).map { work.shard.leaf(ofRow: $0) }
        return (leaves[row], MerkleTree(leaves: leaves).proof(at: row))
    }
}

/// What a holder's actions are made of.
private struct Work: Sendable {
    let job: UInt64
    let reader: JobReader
    let sender: TransactionSender
    let shard: Dataset
    let secret: Hash32
    let bench: Workbench
    let commitment: DataCommitment

    private var contracts: ProtocolContracts { reader.contracts }

    func view() async throws -> HolderRole.View {
        let me = sender.address
        let waits = try await contracts.chain.transactionWaits(of: me)
        let (block, now) = try await reader.present()
        let view = try await reader.view(job, block: block, now: now)
        let joined = try await contracts.jobs.holder(job, me, at: .number(block)).dataID
        var data: (id: UInt64, revoked: Bool)?
        if joined > 0 {
            data = (joined, try await contracts.data.dataSet(joined, at: .number(block)).revoked)
        } else {
            data = try await reader.dataSet(of: me, root: commitment.root)
        }
        let submitted =
            view.phase == .running
            ? try await contracts.jobs.updateHash(job, round: view.round, me, at: .number(block)) != nil : false
        return HolderRole.View(
            job: view, dataID: data?.id, revoked: data?.revoked ?? false, submitted: submitted, transactionWaits: waits)
    }

    func perform(_ action: HolderRole.Action, _ view: HolderRole.View) async throws -> UInt64 {
        let call: ContractCall
        switch action {
        case .commitData:
            call = contracts.data.commitData(
                root: commitment.root, rows: commitment.rows, schema: commitment.schema)
        case .join(let dataID):
            let salt = JobSeed.salt(secret: secret, job: job, holder: sender.address)
            call = contracts.jobs.join(job, dataID: dataID, salt: salt, stake: view.job.terms.holderStake)
        case .train(let round):
            let bytes = FixedPoint.bytes(try await update(view.job))
            switch view.job.terms.rule {
            case .inContract: call = contracts.jobs.submitUpdate(job, round: round, update: bytes)
            case .byContentHash:
                guard let blobs = reader.blobs else { throw FederationError.noStore("the updates of job \(job)") }
                call = contracts.jobs.commitUpdate(job, round: round, contentHash: try blobs.put(bytes))
            }
        case .settle: call = contracts.jobs.settle(job)
        }
        return try await sender.send(call).blockNumber
    }

    /// The update of the round that takes updates.
    func update(_ view: JobView) async throws -> [Int32] {
        guard let place = view.holders.firstIndex(of: sender.address) else {
            throw ChainError(.invalidRequest, "\(sender.address) is not a member of job \(job)")
        }
        let parameters = try await reader.parameters(job, terms: view.terms, after: view.round - 1)
        let order = Workbench.Order(
            job: job, round: view.round, holder: place,
            jobSeed: try await contracts.jobs.job(job, at: .number(view.block)).seed, parameters: parameters)
        return try await bench.update(order, terms: view.terms, shard: shard)
    }
}
