import Bytes
import Crypto
import Devchain
import Ethereum
import Ledger
import Storage

/// Measures what the state root and the sync of a block cost as the state grows.
struct StateGrowth {
    private let chain: Devchain
    private let key: PrivateKey
    private let most: Int

    init(path: String, most: Int) throws {
        self.most = most
        key = try PrivateKey(keccak256(utf8: "growth"))
        var configuration = DevchainConfiguration()
        configuration.path = path
        configuration.mining = .manual
        configuration.genesis[key.address] = GenesisAccount(balance: U256.one << 90)
        chain = try Devchain(configuration)
    }

    func run() async throws {
        var count = 0
        print(
            "accounts   per block of 200 transfers to accounts anywhere, microseconds: all, state root, write and sync")
        for target in [1000, 10_000, 100_000, 1_000_000] where target <= most {
            while count < target {
                let piece = count..<min(target, count + 20_000)
                try await chain.add(accounts: piece.map { Self.address($0) }, balance: 1)
                count = piece.upperBound
            }
            try await measure(count)
        }
    }

    private func measure(_ count: Int) async throws {
        let blocks = 20
        let before = chain.metrics
        let start = ContinuousClock.now
        var nonce = try chain.nonce(of: key.address, at: .latest)
        for block in 0..<blocks {
            var raws: [[UInt8]] = []
            for index in 0..<200 {
                let target = Self.address((block * 200 + index) &* 7919 % count)
                var transfer = Workload.transaction(nonce: nonce, to: target)
                transfer.value = 1
                raws.append(transfer.signed(by: key).encoded)
                nonce += 1
            }
            _ = await chain.send(raws: raws)
            try await chain.mine()
        }
        let after = chain.metrics
        func each(_ time: Duration) -> Int { Int(time / .microseconds(blocks)) }
        print(
            "\(count): \(each(ContinuousClock.now - start)), \(each(after.hashing - before.hashing)), "
                + "\(each(after.storing - before.storing)); \((after.nodes - before.nodes) / UInt64(blocks)) nodes a block"
        )
    }

    private static func address(_ index: Int) -> Address { Address(keccak256(U256(index).hash).bytes.prefix(20)) }
}
