package import Bytes
import Crypto

/// What a training job promises and asks for; all of it stands on chain before the first stake.
package struct JobTerms: Hashable, Sendable {
    /// How the updates of a round become parameters.
    package enum Rule: UInt8, Sendable {
        /// The contract computes the weighted mean itself.
        case inContract = 0
        /// The aggregator computes it and posts its content hash.
        case byContentHash = 1
    }

    package var modelID: Hash32
    package var program: Hash32
    /// The hash of the optimiser's text.
    package var optimiser: Hash32
    package var seed: Hash32
    package var parameterCount: Int
    /// A real number `w` travels as the integer nearest to `w * 2^scaleBits`.
    package var scaleBits: Int
    package var rule: Rule
    package var rounds: Int
    package var localEpochs: Int
    package var minHolders: Int
    package var maxHolders: Int
    /// The most rows that all holders together are paid for.
    package var maxRows: Int
    /// Seconds since 1970.
    package var joinDeadline: UInt64
    package var roundSeconds: UInt64
    /// Wei per row.
    package var alpha: U256
    /// Wei per accepted update.
    package var computeReward: U256
    /// Wei per closed round.
    package var aggregatorReward: U256
    /// Wei for the owner of the model.
    package var modelReward: U256
    package var holderStake: U256
    package var aggregatorStake: U256
    package var aggregator: Address
    /// Who may join; empty means anyone.
    package var allowedHolders: [Address]

    package init(
        modelID: Hash32, program: Hash32, optimiser: Hash32, seed: Hash32, parameterCount: Int, scaleBits: Int,
        rule: Rule, rounds: Int, localEpochs: Int, minHolders: Int, maxHolders: Int, maxRows: Int,
        joinDeadline: UInt64, roundSeconds: UInt64, alpha: U256, computeReward: U256, aggregatorReward: U256,
        modelReward: U256, holderStake: U256, aggregatorStake: U256, aggregator: Address, allowedHolders: [Address]
    ) {
        (self.modelID, self.program, self.optimiser, self.seed) = (modelID, program, optimiser, seed)
        (self.parameterCount, self.scaleBits, self.rule) = (parameterCount, scaleBits, rule)
        (self.rounds, self.localEpochs) = (rounds, localEpochs)
        (self.minHolders, self.maxHolders, self.maxRows) = (minHolders, maxHolders, maxRows)
        (self.joinDeadline, self.roundSeconds) = (joinDeadline, roundSeconds)
        (self.alpha, self.computeReward) = (alpha, computeReward)
        (self.aggregatorReward, self.modelReward) = (aggregatorReward, modelReward)
        (self.holderStake, self.aggregatorStake) = (holderStake, aggregatorStake)
        (self.aggregator, self.allowedHolders) = (aggregator, allowedHolders)
    }

    /// What must be locked when the job is posted, to the wei:
    /// `alpha * maxRows + computeReward * rounds * maxHolders + aggregatorReward * rounds + modelReward`.
    ///
    /// Nil where the sum does not fit into 256 bits.
    package var escrow: U256? {
        var sum = modelReward
        for (price, count) in [
            (alpha, U256(maxRows)), (computeReward, U256(rounds) &* U256(maxHolders)), (aggregatorReward, U256(rounds)),
        ] {
            let (product, high) = price.multipliedReportingOverflow(by: count)
            let (next, carry) = sum.addingReportingOverflow(product)
            guard !high, !carry else { return nil }
            sum = next
        }
        return sum
    }

    /// Whether this account may join.
    package func allows(_ holder: Address) -> Bool { allowedHolders.isEmpty || allowedHolders.contains(holder) }
}

/// The randomness of a job, fixed on chain when it starts, after every commitment that it concerns.
package enum JobSeed {
    /// A chain that starts as `keccak256(jobId (32 bytes) || seed)` and takes in each holder's salt, in the order in
    /// which they joined, as `keccak256(chain || salt)`.
    package static func seed(job: UInt64, seed: Hash32, salts: some Sequence<Hash32>) -> Hash32 {
        salts.reduce(keccak256(U256(job).hash, seed)) { keccak256($0, $1) }
    }

    /// A holder's salt: unguessable for others before it is sent, the same again after a restart.
    ///
    /// - Parameter secret: 32 bytes that only the holder knows.
    package static func salt(secret: Hash32, job: UInt64, holder: Address) -> Hash32 {
        var hash = Keccak256()
        hash.update(Array("cairn.salt.v1".utf8))
        hash.update(secret)
        hash.update(U256(job).hash)
        hash.update(holder.bytes)
        return hash.finalize()
    }
}
