import Bytes
import Crypto
import Devchain
import Ethereum
import Ledger

/// Measures what the state root and the sync of a block cost as the state grows.
struct StateGrowth {
    private let chain: Devchain
    private let key: PrivateKey

    init(path: String) throws {
        key = try PrivateKey(keccak256(utf8: "growth"))
        var configuration = DevchainConfiguration()
        configuration.path = path
        configuration.mining = .manual
        configuration.genesisTimestamp = 1_800_000_000
        configuration.genesis[key.address] = GenesisAccount(balance: U256.one << 90)
        chain = try Devchain(configuration)
    }

    /// Puts the accounts with these numbers into the state.
    func grow(_ numbers: Range<Int>) async throws {
        var first = numbers.lowerBound
        while first < numbers.upperBound {
            let piece = first..<min(numbers.upperBound, first + 10_000)
            try await chain.add(accounts: piece.map { Self.address($0) }, balance: 1)
            first = piece.upperBound
        }
        await chain.close()
    }

    /// Makes blocks of transfers to accounts anywhere, and prints an object of what each took, in microseconds.
    func measure(accounts: Int, blocks: Int, transfers: Int) async throws {
        // The first block is not measured: it fills the caches as far as they go.
        try await block(0, accounts, transfers)
        say("{\"ready\": true}\n")
        let before = chain.metrics
        for index in 1...blocks { try await block(index, accounts, transfers) }
        let after = chain.metrics
        // Signing the transfers is nobody's cost here.
        let all = after.building + after.storing - before.building - before.storing
        func each(_ time: Duration) -> Int { Int(time / .microseconds(blocks)) }
        say(
            "{\"block\": \(each(all)), \"root\": \(each(after.hashing - before.hashing)), "
                + "\"execute\": \(each(after.building - before.building - (after.hashing - before.hashing))), "
                + "\"write\": \(each(after.storing - before.storing - (after.committing - before.committing))), "
                + "\"commit\": \(each(after.committing - before.committing)), "
                + "\"sync\": \(each(after.syncing - before.syncing)), "
                + "\"nodes\": \((after.nodes - before.nodes) / UInt64(blocks))}\n")
        await chain.close()
    }

    private func block(_ number: Int, _ accounts: Int, _ transfers: Int) async throws {
        var nonce = try chain.nonce(of: key.address, at: .latest)
        var raws: [[UInt8]] = []
        for index in 0..<transfers {
            let target = Self.address((number * transfers + index) &* 7919 % accounts)
            var transfer = Workload.transaction(nonce: nonce, to: target)
            transfer.value = 1
            raws.append(transfer.signed(by: key).encoded)
            nonce += 1
        }
        _ = await chain.send(raws: raws)
        try await chain.mine()
    }

    private static func address(_ index: Int) -> Address { Address(keccak256(U256(index).hash).bytes.prefix(20)) }
}
