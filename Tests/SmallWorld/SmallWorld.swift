package import Bytes
package import Contracts
package import Crypto
package import Datasets
package import Devchain
import Ethereum
package import Federation
package import Ledger
package import Serving
package import Storage
package import Training

/// Test support: an embedded chain with funded wallets, the four contracts, and a few rows of digits for each holder.
package struct SmallWorld: Sendable {
    /// Time stands still until a test moves it.
    package let clock: ManualClock
    package let chain: Devchain
    /// What the chain was made with.
    package let configuration: DevchainConfiguration
    package let contracts: ProtocolContracts
    package let initiator: TransactionSender
    package let aggregator: TransactionSender
    package let consumer: TransactionSender
    package let stranger: TransactionSender
    package let holders: [TransactionSender]
    package let servers: [TransactionSender]
    package let shards: [Dataset]
    package let blobs: BlobStore?

    package static let start: UInt64 = 1_800_000_000
    /// A small program: 64-4-10, 310 parameters.
    package static let model = Model.mlp([64, 4, 10])
    package static let catalogue = Catalogue(models: [model, .digits], optimisers: [.digits])

    /// The key of a party, the same in every run.
    package static func key(_ name: String) throws -> PrivateKey {
        try PrivateKey(keccak256(utf8: "small world \(name)"))
    }

    /// - Parameters:
    ///   - holders: how many data holders.
    ///   - rows: rows of each.
    ///   - path: the chain's file; nil keeps it in memory.
    ///   - blobs: a directory for blobs; nil for none.
    package init(holders: Int = 3, rows: Int = 12, path: String? = nil, blobs: String? = nil) async throws {
        clock = ManualClock(Self.start)
        let names =
            ["initiator", "aggregator", "consumer", "stranger"] + (0..<holders).map { "holder \($0)" }
            + (0..<3).map { "server \($0)" }
        var keys: [String: PrivateKey] = [:]
        var configuration = DevchainConfiguration()
        configuration.path = path
        for name in names {
            let key = try Self.key(name)
            keys[name] = key
            configuration.genesis[key.address] = GenesisAccount(balance: U256("1000000000000000000000") ?? .zero)
        }
        self.configuration = configuration
        let chain = try Devchain(configuration, clock: clock)
        self.chain = chain
        func sender(_ name: String) throws -> TransactionSender {
            TransactionSender(chain: chain, key: try keys[name] ?? Self.key(name))
        }
        initiator = try sender("initiator")
        aggregator = try sender("aggregator")
        consumer = try sender("consumer")
        stranger = try sender("stranger")
        self.holders = try (0..<holders).map { try sender("holder \($0)") }
        servers = try (0..<3).map { try sender("server \($0)") }
        let addresses = try await ProtocolAddresses.deploy(with: stranger)
        contracts = ProtocolContracts(at: addresses, on: chain)
        let digits = try Digits.load()
        shards = (0..<holders).map { holder in
            digits.selecting((0..<rows + holder).map { holder + $0 * holders * 2 }, name: "shard \(holder)")
        }
        self.blobs = try blobs.map { try BlobStore(directory: $0) }
    }

    /// What makes the same world again after a restart: the chain is read from its file, and nobody remembers anything.
    ///
    /// It holds on to nothing of this world; let go of the world before you call it, for its chain locks the file.
    package func restart() -> () throws -> SmallWorld {
        let (configuration, clock, addresses) = (configuration, clock, contracts.addresses)
        let (shards, blobs) = (shards, blobs)
        return { try SmallWorld(configuration, clock, addresses, shards, blobs) }
    }

    private init(
        _ configuration: DevchainConfiguration, _ clock: ManualClock, _ addresses: ProtocolAddresses,
        _ shards: [Dataset], _ blobs: BlobStore?
    ) throws {
        let chain = try Devchain(configuration, clock: clock)
        func sender(_ name: String) throws -> TransactionSender {
            TransactionSender(chain: chain, key: try Self.key(name))
        }
        (self.chain, self.clock, self.configuration) = (chain, clock, configuration)
        contracts = ProtocolContracts(at: addresses, on: chain)
        (initiator, aggregator) = (try sender("initiator"), try sender("aggregator"))
        (consumer, stranger) = (try sender("consumer"), try sender("stranger"))
        holders = try shards.indices.map { try sender("holder \($0)") }
        servers = try (0..<3).map { try sender("server \($0)") }
        (self.shards, self.blobs) = (shards, blobs)
    }

    /// Lets time pass until the next block would be made at this time.
    package func wait(until time: UInt64) {
        let now = clock.now()
        if time > now { clock.advance(by: time - now) }
    }

    package var reader: JobReader { JobReader(contracts: contracts, blobs: blobs) }

    /// Terms of a small job in which all holders of this world take part.
    package func terms(rule: JobTerms.Rule = .inContract, rounds: Int = 2) -> JobTerms {
        JobTerms(
            modelID: ModelRegistry.id(of: "small"), program: Self.model.programHash, optimiser: Optimiser.digits.hash,
            seed: keccak256(utf8: "job seed"), parameterCount: Self.model.parameterCount, scaleBits: 20, rule: rule,
            rounds: rounds, localEpochs: 1, minHolders: 2, maxHolders: holders.count, maxRows: 100,
            joinDeadline: Self.start + 1_000, roundSeconds: 100, alpha: 1_000_000_007, computeReward: 5_000_011,
            aggregatorReward: 700_001, modelReward: 1_100_009, holderStake: 13_000_003, aggregatorStake: 17_000_003,
            aggregator: aggregator.address, allowedHolders: [])
    }

    package func plan(_ terms: JobTerms) -> Initiator.Plan {
        Initiator.Plan(
            name: "small", model: Self.model, modelSeed: keccak256(utf8: "model seed"), terms: terms, deploys: true)
    }

    /// An initiator as a fresh process would have it.
    package func initiator(_ terms: JobTerms) -> Initiator {
        Initiator(plan: plan(terms), reader: reader, sender: initiator)
    }

    /// An aggregator as a fresh process would have it.
    package func aggregator(job: UInt64) -> Aggregator { Aggregator(job: job, reader: reader, sender: aggregator) }

    /// A holder as a fresh process would have it.
    package func holder(_ index: Int, job: UInt64) -> DataHolder {
        DataHolder(
            job: job, reader: reader, sender: holders[index], shard: shards[index],
            secret: keccak256(utf8: "secret \(index)"), bench: Workbench(catalogue: Self.catalogue))
    }

    /// A server as a fresh process would have it.
    package func server(_ index: Int, stake: U256 = 1_000_000_000) -> ModelServer {
        ModelServer(
            loader: VersionLoader(contracts: contracts, blobs: blobs, programs: [Self.model]), sender: servers[index],
            stake: stake, secret: keccak256(utf8: "server secret \(index)"))
    }

    /// Posts a job of these terms and returns its id.
    package func post(_ terms: JobTerms) async throws -> UInt64 {
        let initiator = initiator(terms)
        while try await initiator.job() == nil { try await initiator.shell.step() }
        return try await initiator.job() ?? 0
    }

    /// Runs a whole job, everybody restarted before every step, until all have stopped.
    ///
    /// - Parameter each: hears of every party's outcome.
    @discardableResult
    package func run(_ terms: JobTerms, absent: Set<Address> = []) async throws -> (
        job: UInt64, outcomes: [Address: Outcome]
    ) {
        let job = try await post(terms)
        var outcomes: [Address: Outcome] = [:]
        for _ in 0..<200 {
            var acted = false
            func note<A>(_ step: Step<A>, _ party: Address) {
                switch step {
                case .act: acted = true
                case .wait: break
                case .stop(let outcome): outcomes[party] = outcome
                }
            }
            note(try await aggregator(job: job).shell.step(), aggregator.address)
            for index in holders.indices where !absent.contains(holders[index].address) {
                note(try await holder(index, job: job).shell.step(), holders[index].address)
            }
            note(try await initiator(terms).shell.step(), initiator.address)
            if outcomes.count == 2 + holders.count - absent.count { break }
            if !acted { clock.advance(by: 50) }
        }
        return (job, outcomes)
    }
}

extension SmallWorld {
    /// Everybody's wei.
    package func balances() throws -> [Address: U256] {
        var balances: [Address: U256] = [:]
        for sender in [initiator, aggregator, consumer, stranger] + holders + servers {
            balances[sender.address] = try chain.balance(of: sender.address, at: .latest)
        }
        return balances
    }

    /// What an account paid in fees for all its transactions.
    package func fees(of account: Address) throws -> U256 {
        var total = U256.zero
        for number in 0...(try chain.blockNumber()) {
            for transaction in try chain.block(at: .number(number))?.transactions ?? []
            where transaction.sender == account {
                guard let receipt = try chain.receipt(of: transaction.hash) else { continue }
                total += receipt.effectiveGasPrice * U256(receipt.gasUsed)
            }
        }
        return total
    }
}

extension Hash32 {
    /// The Keccak-256 of a text.
    package init(hashing text: String) { self = keccak256(utf8: text) }
}
