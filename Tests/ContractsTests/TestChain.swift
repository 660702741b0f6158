import Bytes
import Contracts
import Crypto
import Devchain
import Ethereum
import Ledger

/// An embedded chain with the four contracts and funded wallets.
struct TestChain {
    let chain: Devchain
    let clock: ManualClock
    let senders: [TransactionSender]
    let contracts: ProtocolContracts

    static let start: UInt64 = 1_800_000_000

    init(wallets count: Int) async throws {
        let keys = try (0..<count).map { try PrivateKey(keccak256(utf8: "wallet \($0)")) }
        var configuration = DevchainConfiguration()
        configuration.genesisTimestamp = TestChain.start
        for key in keys {
            configuration.genesis[key.address] = GenesisAccount(balance: 1_000_000_000_000_000_000)
        }
        let clock = ManualClock(TestChain.start)
        let chain = try Devchain(configuration, clock: clock)
        (self.chain, self.clock) = (chain, clock)
        senders = keys.map { TransactionSender(chain: chain, key: $0) }
        contracts = ProtocolContracts(at: try await ProtocolAddresses.deploy(with: senders[0]), on: chain)
    }

    /// What a transaction is refused with; nil where it is not.
    func refusal(_ call: ContractCall, by sender: TransactionSender) async -> String? {
        do throws(ChainError) {
            _ = try await sender.send(call)
            return nil
        } catch {
            return RevertReason(error.data ?? []).words
        }
    }
}
