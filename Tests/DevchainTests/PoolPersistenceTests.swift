import Bytes
import Crypto
import Ethereum
import Ledger
import Storage
import Testing

import Devchain

/// What was answered as waiting waits on after a restart.
@Suite(.serialized) struct PoolPersistenceTests {
    private static let target = Address(number: 0x9999)

    private static func open(_ path: String) throws -> TestChain {
        try TestChain(path: path) { $0.mining = .manual }
    }

    /// The hashes that wait, by wallet and nonce.
    private static func waiting(_ test: TestChain) -> [[UInt64: Hash32]] {
        let pool = test.chain.pool()
        return test.wallets.map { wallet in
            (pool.pending[wallet.address] ?? [:]).merging(pool.queued[wallet.address] ?? [:]) { $1 }
                .mapValues(\.hash)
        }
    }

    @Test func waitingTransactionsOutliveARestartAndAreMinedInTheirOrder() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/chain.sqlite"
        var expected: [[UInt64: Hash32]] = []
        var order: [Hash32] = []
        do {
            let test = try Self.open(path)
            let (a, b) = (test.wallets[0], test.wallets[1])
            // Equal tips: the order of arrival counts. Nonce 5 of `b` stands behind a gap.
            let first = b.signed(nonce: 0, to: Self.target, value: 1)
            let second = a.signed(nonce: 0, to: Self.target, value: 2)
            let third = a.signed(nonce: 1, to: Self.target, value: 3)
            let dropped = a.signed(nonce: 2, to: Self.target)
            let cheap = test.wallets[2].signed(nonce: 0, to: Self.target, fee: 2_000_000_000, tip: 7)
            let dear = test.wallets[2].signed(nonce: 0, to: Self.target, fee: 3_000_000_000, tip: 1_000_000_000)
            let gap = b.signed(nonce: 5, to: Self.target)
            for one in [first, second, third, dropped, cheap, dear, gap] {
                _ = try await test.chain.send(raw: one.encoded)
            }
            #expect(try await test.chain.dropTransaction(dropped.hash))
            expected = [[0: second.hash, 1: third.hash], [0: first.hash, 5: gap.hash], [0: dear.hash]]
            order = [first.hash, second.hash, dear.hash, third.hash]
            #expect(Self.waiting(test) == expected)
        }
        do {
            let test = try Self.open(path)
            #expect(Self.waiting(test) == expected)
            let bid = await refusal {
                _ = try await test.chain.send(
                    raw: test.wallets[1].signed(
                        nonce: 5, to: Self.target, value: 9
                    ).encoded)
            }
            #expect(bid == "replacement transaction underpriced")
            try await test.chain.mine()
            #expect(Set(try #require(try test.chain.block(at: .latest)).transactions.map(\.hash)) == Set(order))
            #expect(try test.chain.block(at: .latest)?.transactions.map(\.hash).first == order[0])
        }
        let test = try Self.open(path)
        #expect(Self.waiting(test) == [[:], [5: expected[1][5] ?? .zero], [:]])
        #expect(try test.chain.nonce(of: test.wallets[0].address, at: .latest) == 2)
    }

    /// A chain that makes blocks by itself goes on with what had become ready.
    @Test func anAutomaticChainMinesWhatWaited() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/chain.sqlite"
        let hash: Hash32
        do {
            let test = try Self.open(path)
            hash = try await test.chain.send(raw: test.wallets[0].signed(nonce: 0, to: Self.target).encoded)
        }
        let test = try TestChain(path: path)
        // The queue is in order: when this is answered, the round that the start queued is over.
        try await test.chain.setMinimumTip(.zero)
        #expect(try test.chain.receipt(of: hash)?.succeeded == true)
        #expect(Self.waiting(test) == [[:], [:], [:]])
    }

    /// Reverting to a snapshot brings its pool back, on the disk, too; a later transaction is gone there.
    @Test func aRevertedPoolIsTheOneOnTheDisk() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/chain.sqlite"
        var expected: [[UInt64: Hash32]] = []
        do {
            let test = try Self.open(path)
            let a = test.wallets[0]
            for nonce in 0...1 as ClosedRange<UInt64> {
                _ = try await test.chain.send(raw: a.signed(nonce: nonce, to: Self.target).encoded)
            }
            expected = Self.waiting(test)
            let snapshot = try await test.chain.snapshot()
            try await test.chain.mine()
            _ = try await test.chain.send(raw: a.signed(nonce: 2, to: Self.target).encoded)
            _ = try await test.chain.send(raw: test.wallets[1].signed(nonce: 0, to: Self.target).encoded)
            #expect(try await test.chain.revert(to: snapshot))
            #expect(Self.waiting(test) == expected)
        }
        let test = try Self.open(path)
        #expect(Self.waiting(test) == expected)
    }

    /// The chain that `ChainLoad wait` runs.
    private static func loadedChain(_ path: String) throws -> Devchain {
        var configuration = DevchainConfiguration()
        configuration.path = path
        configuration.genesisTimestamp = 1_800_000_000
        configuration.mining = .manual
        for index in 0..<4 {
            let key = try PrivateKey(keccak256(utf8: "load \(index)"))
            configuration.genesis[key.address] = GenesisAccount(balance: U256.one << 80)
        }
        return try Devchain(configuration)
    }

    @Test func noneIsLostWhenTheProcessIsKilled() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/chain.sqlite"
        let acknowledged = try await LoadProcess.killed(
            times: 10, "wait", path, saying: "ack", after: 60...300, seed: 31
        ) { round, acknowledged in
            let chain = try Self.loadedChain(path)
            for hash in acknowledged {
                let mined = try chain.receipt(of: hash) != nil
                #expect(mined != (chain.pendingTransaction(hash) != nil), "round \(round): \(hash), mined: \(mined)")
            }
            await chain.close()
        }
        guard let acknowledged else { return }
        print("killed 10 times; \(acknowledged.count) acknowledged transactions, all mined or waiting")
        #expect(acknowledged.count > 10)
    }

    @Test func thePoolIsBoundedInBytes() async throws {
        let folder = try TemporaryDirectory()
        let test = try Self.open(folder.path + "/chain.sqlite")
        let data = [UInt8](repeating: 0, count: 131_072 - 200)
        let raws = (0..<514 as Range<UInt64>).map {
            test.wallets[0].signed(nonce: $0, to: Self.target, data: data, gas: 1_400_000).encoded
        }
        let answers = await test.chain.send(raws: raws)
        let taken = (64 << 20) / raws[0].count
        #expect(answers[..<taken].allSatisfy { (try? $0.get()) != nil })
        for answer in answers[taken...] {
            #expect(throws: ChainError(.rejected, "txpool is full")) { try answer.get() }
        }
    }

    @Test func aFileWithoutAPoolIsUpgraded() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/chain.sqlite"
        do {
            let test = try Self.open(path)
            try await test.chain.mine()
            await test.chain.close()
        }
        do {
            let database = try Database(path: path, access: .create)
            try database.execute("DROP TABLE pool; PRAGMA user_version=1")
        }
        let old = await refusal { _ = try Devchain.verify(path: path) }
        #expect(old.contains("holds a chain of version 1: start the chain on it once"))
        do {
            let test = try Self.open(path)
            #expect(try test.chain.blockNumber() == 1)
            await test.chain.close()
        }
        #expect(try Devchain.verify(path: path).fault == nil)
    }

    @Test func aDamagedRowIsNamed() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/chain.sqlite"
        do {
            let test = try Self.open(path)
            _ = try await test.chain.send(raw: test.wallets[0].signed(nonce: 0, to: Self.target).encoded)
            await test.chain.close()
        }
        do {
            let database = try Database(path: path, access: .create)
            try database.execute("UPDATE pool SET raw=x'02c0'")
        }
        let damaged = await refusal { _ = try Self.open(path) }
        #expect(damaged.contains("table pool, row 1 is damaged"))
    }
}
