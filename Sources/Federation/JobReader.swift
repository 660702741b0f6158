package import Bytes
package import Contracts
import Crypto
package import Ledger
package import Storage
import Training

/// Reads training jobs from a chain, and the parameters that live beside it.
package struct JobReader: Sendable {
    package let contracts: ProtocolContracts
    /// Where parameters and updates of large jobs are kept; nil where only small jobs are taken part in.
    package let blobs: BlobStore?

    package init(contracts: ProtocolContracts, blobs: BlobStore?) { (self.contracts, self.blobs) = (contracts, blobs) }

    /// The block to read at, and the time a transaction sent now would be mined at.
    package func present() async throws(ChainError) -> (block: UInt64, now: UInt64) {
        let block = try await contracts.chain.blockNumber()
        return (block, try await contracts.chain.nextTimestamp())
    }

    /// A job as it stands at a block.
    package func view(_ id: UInt64, block: UInt64, now: UInt64) async throws(ChainError) -> JobView {
        let tag = BlockTag.number(block)
        let job = try await contracts.jobs.job(id, at: tag)
        guard let phase = JobView.Phase(rawValue: job.state) else {
            throw ChainError(.invalidRequest, "job \(id) is in a state (\(job.state)) that is unknown here")
        }
        return JobView(
            block: block, now: now, id: id, terms: try await contracts.jobs.terms(id, at: tag), phase: phase,
            round: job.round, deadline: job.deadline, updates: job.updates, rows: job.rows,
            holders: try await contracts.jobs.holders(id, at: tag), aggregatorAccepted: job.accepted)
    }

    /// The global parameters after a round, checked against the hash on chain; round 0 gives the initial ones.
    ///
    /// - Throws: `FederationError` where they are nowhere or are not what the chain says, `ChainError`, `StorageError`.
    package func parameters(_ id: UInt64, terms: JobTerms, after round: Int) async throws -> [Int32] {
        guard let hash = try await contracts.jobs.roundHash(id, round) else {
            throw ChainError(.notFound, "round \(round) of job \(id) is not closed")
        }
        let bytes: [UInt8]
        switch terms.rule {
        case .inContract: bytes = try await contracts.jobs.parameters(id, after: round)
        case .byContentHash:
            guard let blobs else { throw FederationError.noStore("the parameters of job \(id)") }
            bytes = try blobs.get(hash)
        }
        let found = keccak256(bytes)
        guard found == hash else {
            throw FederationError.wrongParameters(round: round, expected: hash, found: found)
        }
        return try FixedPoint.values(bytes)
    }

    /// A job posted by this account with exactly these terms; the newest where there are several.
    package func job(
        of initiator: Address, terms: JobTerms
    ) async throws(ChainError) -> UInt64? {
        let hash = terms.hash
        let posted = try await contracts.jobs.events(
            TrainingJobs.JobCreated.self, topics: [nil, .topic(initiator), terms.modelID])
        return posted.last { $0.event.specHash == hash }?.event.job
    }

    /// The id of a data set that this account committed with this root, the newest that is not revoked if there is one.
    package func dataSet(
        of holder: Address, root: Hash32
    ) async throws(ChainError) -> (id: UInt64, revoked: Bool)? {
        let committed = try await contracts.data.events(
            DataRegistry.DataCommitted.self, topics: [nil, .topic(holder)])
        var newest: (id: UInt64, revoked: Bool)?
        for found in committed where found.event.root == root {
            let revoked = try await contracts.data.dataSet(found.event.id).revoked
            if newest == nil || newest?.revoked == true || !revoked { newest = (found.event.id, revoked) }
        }
        return newest
    }
}

extension Chain {
    /// Whether a transaction of the account is handed in and not mined yet.
    package func transactionWaits(of account: Address) async throws(ChainError) -> Bool {
        try await nonce(of: account, at: .pending) > nonce(of: account, at: .latest)
    }
}
