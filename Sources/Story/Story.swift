import Bytes
import Contracts
import Crypto
import Datasets
import Federation
import Ledger
import Referee
import Serving
import Storage
import Training

/// The whole of Cairn told once, by real parties on a real chain: train, pay, serve, prove.
///
///     let summary = try await Story.run(StoryConfiguration(directory: "demo")) { print($0) }
///
/// Two runs of one seed give the same model to the bit, on any number of threads.
package enum Story {
    /// Tells the story.
    ///
    /// - Parameters:
    ///   - progress: hears of every step.
    ///   - hold: awaited before the chain's endpoint stops; somebody may want to look around.
    package static func run(
        _ configuration: StoryConfiguration, progress: @escaping @Sendable (StoryEvent) -> Void = { _ in },
        hold: @Sendable (StorySummary) async -> Void = { _ in }
    ) async throws -> StorySummary {
        let start = ContinuousClock.now
        progress(.step(1, "Chain"))
        let stage = try Stage(configuration, progress: progress)
        do {
            try await stage.open()
            var summary = try await stage.tell()
            try await stage.venue.settle(stage.cast, say: stage.say)
            summary.seconds = (ContinuousClock.now - start) / .seconds(1)
            await hold(summary)
            await stage.venue.close()
            return summary
        } catch {
            await stage.venue.close()
            throw error
        }
    }
}

/// Where the story plays.
struct Stage: Sendable {
    let configuration: StoryConfiguration
    let progress: @Sendable (StoryEvent) -> Void
    let cast: Cast
    let venue: any Venue
    let blobs: BlobStore

    init(_ configuration: StoryConfiguration, progress: @escaping @Sendable (StoryEvent) -> Void) throws {
        (self.configuration, self.progress) = (configuration, progress)
        cast = try Cast(configuration)
        try Files.makeDirectory(configuration.directory)
        venue =
            try configuration.network.map { NetworkVenue($0) } ?? EmbeddedVenue(configuration, cast: cast)
        blobs = try BlobStore(directory: configuration.blobPath)
    }

    var chain: any Chain { venue.chain }

    /// What everybody needs money for.
    var budget: Budget {
        let terms = terms(joinDeadline: 0)
        return Budget(
            rounds: configuration.rounds, holders: configuration.holders,
            amounts: Budget.Amounts(
                escrow: terms.escrow ?? .zero, holderStake: terms.holderStake, aggregatorStake: terms.aggregatorStake,
                serverStake: Self.serverStake, fee: Self.fee))
    }

    func open() async throws { try await venue.open(cast, budget, say: say) }

    func say(_ text: String) { progress(.line(text)) }

    /// A wallet's way to the chain.
    func sender(_ party: Cast.Party) -> TransactionSender {
        TransactionSender(chain: chain, key: party.key, policy: configuration.network?.policy ?? SendingPolicy())
    }

    /// Lets several parties do something: at once where blocks come at their own pace, else one after the other.
    func each<Party: Sendable>(_ parties: [Party], _ body: @escaping @Sendable (Party) async throws -> Void)
        async throws
    {
        guard venue.isShared else {
            for party in parties { try await body(party) }
            return
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for party in parties { group.addTask { try await body(party) } }
            try await group.waitForAll()
        }
    }

    /// Lets a role do what it has to do next; waits where the chain does not show yet that it is the role's turn.
    func turn<R: Role>(_ shell: RoleShell<R>) async throws {
        while true {
            let block = try await chain.blockNumber()
            guard case .wait(let time) = try await shell.step() else { return }
            try await chain.waitForNews(since: block, until: time, every: .milliseconds(250))
        }
    }

    /// The steps from 2 on.
    func tell() async throws -> StorySummary {
        progress(.step(2, "Contracts"))
        let addresses = try await ProtocolAddresses.deploy(with: sender(cast.initiator)) { name, receipt in
            say("\(name) at \(short(receipt.contractAddress ?? .zero)), \(receipt.gasUsed) gas")
        }
        let contracts = ProtocolContracts(at: addresses, on: chain)
        let (job, curve) = try await train(contracts)
        let payments = try await pay(contracts, job: job)
        let prediction = try await infer(contracts, job: job)
        let (report, tampering) = try await prove(contracts)
        let central = try cast.centralAccuracy(configuration)
        let model = ModelRegistry.id(of: Self.modelName)
        return StorySummary(
            seed: configuration.seed, accuracy: curve.last ?? 0, centralAccuracy: central,
            modelHash: try await contracts.models.version(model, 2).contentHash, rounds: configuration.rounds,
            curve: curve, payments: payments, prediction: prediction,
            shards: zip(cast.holders, cast.shards).map { party, shard in
                StorySummary.Shard(
                    name: party.name, address: party.address, rows: shard.rows, classCounts: shard.classCounts,
                    root: report.data.first { $0.holder == party.address }?.root ?? .zero)
            }, tampering: tampering, verification: report, addresses: addresses,
            chainID: try await chain.chainID(), venue: venue.title, place: venue.place,
            transactions: report.blocks.transactions, gasUsed: report.blocks.gasUsed, blocks: report.blocks.blocks,
            bytes: report.blocks.bytes, seconds: 0)
    }

    static let modelName = "digits"
}
