package import Bytes
package import Crypto
package import Datasets
package import Ethereum
import Federation
import Training

/// Who plays in a story, with their wallets, their secrets and their rows: all of it derives from the seed.
package struct Cast: Sendable {
    /// What a party does in the story.
    package enum Part: Sendable {
        case initiator, holder, aggregator, server, consumer, watcher
    }

    /// One party.
    package struct Party: Sendable {
        package let name: String
        package let part: Part
        package let key: PrivateKey
        /// 32 bytes that only the party knows; salts derive from them.
        package let secret: Hash32
        package var address: Address { key.address }
    }

    package let root: Hash32
    /// Worth nothing: anyone who knows the seed knows it.
    package let mnemonic: Mnemonic
    package let initiator: Party
    package let holders: [Party]
    package let aggregator: Party
    package let servers: [Party]
    package let consumer: Party
    package let watcher: Party
    package let shards: [Dataset]
    package let heldOut: Dataset
    /// All training rows in one place, for the central model that the federated one is compared with.
    package let pooled: Dataset

    package init(_ configuration: StoryConfiguration) throws {
        let root = keccak256(Array("cairn.story.v1".utf8) + U256(configuration.seed).bytes)
        self.root = root
        mnemonic = Mnemonic(entropy: Array(keccak256(root.bytes + Array("wallets".utf8)).bytes.prefix(16)))
        let wallet = HDKey(seed: try mnemonic.seed())
        var account: UInt32 = 0
        func party(_ name: String, _ part: Part) -> Party {
            let key = wallet.derived(along: HDPath.ethereum(account: account)).key
            account += 1
            return Party(
                name: name, part: part, key: key, secret: keccak256(Array("cairn.secret.v1".utf8) + key.secretBytes))
        }
        initiator = party("initiator", .initiator)
        holders = (1...max(1, configuration.holders)).map { party("holder \($0)", .holder) }
        aggregator = party("aggregator", .aggregator)
        servers = (1...max(1, configuration.servers)).map { party("server \($0)", .server) }
        consumer = party("consumer", .consumer)
        watcher = party("watcher", .watcher)
        let split = try Digits.load().heldOutTenth(seed: root)
        (pooled, heldOut) = (split.training, split.heldOut)
        shards = try pooled.dirichletShards(
            max(1, configuration.holders), alpha: configuration.dirichletAlpha, seed: root)
    }

    /// Everybody.
    package var all: [Party] { [initiator] + holders + [aggregator] + servers + [consumer, watcher] }

    /// Those who send transactions.
    var paying: [Party] { all.filter { $0.part != .watcher } }

    /// What the initial parameters derive from.
    package var modelSeed: Hash32 { keccak256(root.bytes + Array("model".utf8)) }
    /// The initiator's part in the job's seed.
    package var jobSeed: Hash32 { keccak256(root.bytes + Array("job".utf8)) }

    /// A party's name, or its address where it is nobody's.
    package func name(of address: Address) -> String { all.first { $0.address == address }?.name ?? address.hex0x }

    /// The accuracy of the same model trained on the pooled rows with as many epochs in all.
    package func centralAccuracy(_ configuration: StoryConfiguration) throws -> Double {
        let trainer = try Trainer(model: StoryConfiguration.model, optimiser: .digits, threads: configuration.threads)
        let trained = try trainer.train(
            StoryConfiguration.model.initialParameters(seed: modelSeed), on: pooled,
            epochs: configuration.rounds * configuration.localEpochs, key: jobSeed, round: 0, holder: 0)
        return try trainer.evaluate(trained, on: heldOut).share
    }
}

extension Evaluation {
    /// The rows that were classified right, of all rows.
    var share: Double {
        rows == 0 ? 0 : Double(confusion.indices.reduce(0) { $0 + confusion[$1][$1] }) / Double(rows)
    }
}
