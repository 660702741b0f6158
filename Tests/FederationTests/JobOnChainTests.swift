import Bytes
import Contracts
import Datasets
import Devchain
import Federation
import Ledger
import SmallWorld
import Testing
import Training
import Transcript

@Suite("Jobs on the embedded chain")
struct JobOnChainTests {
    /// The same federation without any chain: what the contract's parameters must be.
    static func rehearsal(_ world: SmallWorld, job: UInt64, terms: JobTerms) async throws -> [Int32] {
        let fixed = FixedPoint(scaleBits: terms.scaleBits)
        let salts = world.holders.indices.map {
            JobSeed.salt(
                secret: .init(hashing: "secret \($0)"), job: job, holder: world.holders[$0].address)
        }
        let seed = JobSeed.seed(job: job, seed: terms.seed, salts: salts)
        let trainer = try Trainer(model: SmallWorld.model, optimiser: .digits)
        var parameters = try fixed.encode(SmallWorld.model.initialParameters(seed: world.plan(terms).modelSeed))
        for round in 1...terms.rounds {
            var average = FederatedAverage(parameterCount: terms.parameterCount)
            for (index, shard) in world.shards.enumerated() {
                let trained = try trainer.train(
                    fixed.decode(parameters), on: shard, epochs: terms.localEpochs, key: seed, round: round,
                    holder: index)
                try average.add(fixed.encode(trained), rows: shard.rows)
            }
            parameters = try average.result()
        }
        return parameters
    }

    @Test(
        "a whole job with everybody restarted before every step: the contract's result is the rehearsal's, to the bit")
    func wholeJob() async throws {
        let world = try await SmallWorld()
        let terms = world.terms()
        let before = try world.balances()
        let (job, outcomes) = try await world.run(terms)
        #expect(outcomes.count == 5)
        #expect(outcomes.values.allSatisfy { $0 == .finished })
        let expected = try await Self.rehearsal(world, job: job, terms: terms)
        let stored = try await world.contracts.models.parameters(terms.modelID, 2)
        #expect(stored == FixedPoint.bytes(expected))
        #expect(try await world.contracts.models.deployedVersion(terms.modelID) == 2)
        let paid = try await world.contracts.jobs.events(TrainingJobs.Paid.self)
        let escrow = try #require(terms.escrow)
        let stakes = terms.holderStake * 3 + terms.aggregatorStake
        #expect(paid.reduce(U256.zero) { $0 + $1.event.amount } == escrow + stakes)
        // Nothing stays in the contract, and nobody but the fee recipient got anything else.
        #expect(try world.chain.balance(of: world.contracts.jobs.address, at: .latest) == .zero)
        let after = try world.balances()
        for holder in world.holders {
            let earned = paid.filter { $0.event.party == holder.address }.reduce(U256.zero) { $0 + $1.event.amount }
            let fees = try world.fees(of: holder.address)
            #expect(after[holder.address] == before[holder.address].map { $0 + earned - fees - terms.holderStake })
        }
        let posted = try await world.contracts.jobs.events(TrainingJobs.JobCreated.self)
        #expect(posted.map(\.event.specHash) == [terms.hash])
        #expect(try await world.contracts.jobs.terms(job) == terms)
        #expect(try await world.contracts.jobs.requiredEscrow(terms) == escrow)
    }

    @Test("the seed, the row proofs and the mean of the contracts agree with ours")
    func agreement() async throws {
        let world = try await SmallWorld()
        let terms = world.terms(rounds: 1)
        let (job, _) = try await world.run(terms)
        let holder = world.holder(1, job: job)
        let id = try await world.contracts.jobs.holder(job, holder.address).dataID
        for row in [0, 5, 12] {
            let (bytes, proof) = holder.proof(of: row)
            #expect(
                try await world.contracts.data.verifyRow(id, index: row, row: bytes, proof: proof.siblings))
            #expect(
                try await !world.contracts.data.verifyRow(id, index: row ^ 1, row: bytes, proof: proof.siblings))
            #expect(
                try await !world.contracts.data.verifyRow(
                    id, index: row, row: bytes.dropLast() + [bytes[0] ^ 1], proof: proof.siblings))
        }
    }
}
