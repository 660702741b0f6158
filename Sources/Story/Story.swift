import Bytes
import Ethereum
import Contracts
import Crypto
import Datasets
import Devchain
import Federation
import Ledger
import Node
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
            try stage.open()
            var summary = try await stage.tell()
            summary.seconds = (ContinuousClock.now - start) / .seconds(1)
            await hold(summary)
            await stage.close()
            return summary
        } catch {
            await stage.close()
            throw error
        }
    }
}

/// Where the story plays.
struct Stage: Sendable {
    let configuration: StoryConfiguration
    let progress: @Sendable (StoryEvent) -> Void
    let cast: Cast
    let chain: Devchain
    let node: Node?
    let blobs: BlobStore
    let genesis: DevchainConfiguration

    init(_ configuration: StoryConfiguration, progress: @escaping @Sendable (StoryEvent) -> Void) throws {
        (self.configuration, self.progress) = (configuration, progress)
        cast = try Cast(configuration)
        try Files.makeDirectory(configuration.directory)
        try Self.clear(configuration)
        var genesis = DevchainConfiguration()
        genesis.path = configuration.chainPath
        genesis.seed = cast.root
        for party in cast.all {
            genesis.genesis[party.address] = GenesisAccount(balance: U256(100) &* 1_000_000_000_000_000_000)
        }
        self.genesis = genesis
        chain = try Devchain(genesis)
        blobs = try BlobStore(directory: configuration.blobPath)
        if let port = configuration.port {
            var listening = NodeConfiguration()
            listening.port = port
            node = Node(chain: chain, configuration: listening)
        } else {
            node = nil
        }
    }

    /// Removes the chain of an earlier story, unless that story is still being told.
    private static func clear(_ configuration: StoryConfiguration) throws {
        let lock = try FileLock(path: configuration.chainPath + ".lock")
        for path in [configuration.chainPath, configuration.tamperedPath] {
            for suffix in ["", "-wal", "-shm"] where Files.exists(path + suffix) { try Files.remove(path + suffix) }
        }
        _ = consume lock
    }

    func open() throws {
        try node?.start()
        let endpoint = node.map { ", served at http://127.0.0.1:\($0.port)" } ?? ""
        say("chain \(genesis.chainID), genesis \(short(chain.head.hash))\(endpoint)")
        say("\(cast.all.count) wallets with 100 ether each: \(cast.all.map(\.name).joined(separator: ", "))")
    }

    func close() async {
        await node?.stop()
        await chain.close()
    }

    func say(_ text: String) { progress(.line(text)) }
    func short(_ hash: Hash32) -> String { "\(hash.hex0x.prefix(10))…" }
    func short(_ address: Address) -> String { "\(address.hex0x.prefix(8))…" }

    /// A wallet's way to the chain.
    func sender(_ party: Cast.Party) -> TransactionSender { TransactionSender(chain: chain, key: party.key) }

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
            }, tampering: tampering, verification: report, addresses: addresses, chainPath: configuration.chainPath,
            transactions: report.blocks.transactions, gasUsed: report.blocks.gasUsed, blocks: report.blocks.blocks,
            bytes: report.blocks.bytes, seconds: 0)
    }

    static let modelName = "digits"
}
