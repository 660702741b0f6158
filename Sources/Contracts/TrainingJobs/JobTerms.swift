package import Bytes
import Crypto
import Ethereum
import Ledger

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

extension JobTerms {
    /// The terms as the contract's `JobSpec`.
    var value: ABIValue {
        .list([
            .hash(modelID), .hash(program), .hash(optimiser), .hash(seed), .number(U256(parameterCount)),
            .number(U256(scaleBits)), .uint(UInt64(rule.rawValue)), .number(U256(rounds)), .number(U256(localEpochs)),
            .number(U256(minHolders)), .number(U256(maxHolders)), .number(U256(maxRows)), .uint(joinDeadline),
            .uint(roundSeconds), .number(alpha), .number(computeReward), .number(aggregatorReward),
            .number(modelReward), .number(holderStake), .number(aggregatorStake), .address(aggregator),
            .list(allowedHolders.map { .address($0) }),
        ])
    }

    init(_ fields: inout ABIFields) throws(ChainError) {
        (modelID, program) = (try fields.hash(), try fields.hash())
        (optimiser, seed) = (try fields.hash(), try fields.hash())
        (parameterCount, scaleBits) = (try fields.int(), try fields.int())
        guard let rule = Rule(rawValue: UInt8(truncatingIfNeeded: try fields.int())) else {
            throw ChainError(
                .invalidRequest, "the job's rule of aggregation is unknown here; a newer Cairn may know it")
        }
        self.rule = rule
        (rounds, localEpochs) = (try fields.int(), try fields.int())
        (minHolders, maxHolders, maxRows) = (try fields.int(), try fields.int(), try fields.int())
        (joinDeadline, roundSeconds) = (try fields.uint64(), try fields.uint64())
        (alpha, computeReward) = (try fields.number(), try fields.number())
        (aggregatorReward, modelReward) = (try fields.number(), try fields.number())
        (holderStake, aggregatorStake) = (try fields.number(), try fields.number())
        (aggregator, allowedHolders) = (try fields.address(), try fields.addresses())
    }

    /// The Keccak-256 of the ABI encoding, under which the job's posting is found.
    package var hash: Hash32 {
        let type = TrainingJobs.interface.function("createJob").inputs[0].type
        do {
            return keccak256(try ABI.encode([value], as: [type]))
        } catch { preconditionFailure("job terms and the contract's JobSpec disagree: \(error)") }
    }
}
