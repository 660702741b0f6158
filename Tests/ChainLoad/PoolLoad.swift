import Bytes
import Crypto
import Devchain
import Ethereum
import Ledger

/// Wallets whose transactions wait: every second one arrives before the one in front of it, and blocks come by the way.
struct PoolLoad {
    private let chain: Devchain
    private let keys: [PrivateKey]

    init(path: String) throws {
        keys = try (0..<4).map { try PrivateKey(keccak256(utf8: "load \($0)")) }
        var configuration = DevchainConfiguration()
        configuration.path = path
        configuration.genesisTimestamp = 1_800_000_000
        configuration.mining = .manual
        for key in keys { configuration.genesis[key.address] = GenesisAccount(balance: U256.one << 80) }
        chain = try Devchain(configuration)
    }

    func runForever() async throws {
        await withTaskGroup(of: Void.self) { group in
            for key in keys { group.addTask { await send(from: key) } }
            group.addTask { await mine() }
        }
    }

    private func send(from key: PrivateKey) async {
        var nonce = (try? chain.nonce(of: key.address, at: .latest)) ?? 0
        while true {
            for next in [nonce + 1, nonce] {
                let transaction = Workload.transaction(nonce: next, to: Workload.counter).signed(by: key)
                // A process before this one may have been answered.
                if chain.pendingTransaction(transaction.hash) != nil { continue }
                do {
                    say("ack \(try await chain.send(raw: transaction.encoded))\n")
                } catch {
                    // The block of the meantime may have taken it already.
                    if !error.message.hasPrefix("nonce too low") { say("error \(error)\n") }
                }
            }
            nonce += 2
        }
    }

    private func mine() async {
        while true {
            try? await Task.sleep(for: .milliseconds(20))
            do { try await chain.mine() } catch { say("error \(error)\n") }
        }
    }
}
