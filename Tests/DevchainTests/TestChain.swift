import Bytes
import Crypto
import Ethereum
import EVM
import Ledger

import Devchain

/// One ether.
let ether: U256 = 1_000_000_000_000_000_000

/// A wallet whose key is the hash of its name.
struct Wallet {
    let key: PrivateKey

    init(_ name: String) throws { key = try PrivateKey(keccak256(utf8: name)) }

    var address: Address { key.address }

    /// A signed dynamic-fee transaction.
    func signed(
        nonce: UInt64, to: Address?, value: U256 = .zero, data: [UInt8] = [], gas: UInt64 = 100_000,
        fee: U256 = 10_000_000_000, tip: U256 = 1_000_000_000, chainID: UInt64 = 31337
    ) -> SignedTransaction {
        var transaction = Transaction(kind: .dynamicFee, chainID: chainID, nonce: nonce, gasLimit: gas, to: to)
        transaction.maxFeePerGas = fee
        transaction.maxPriorityFeePerGas = tip
        transaction.value = value
        transaction.data = data
        return transaction.signed(by: key)
    }
}

/// A chain with funded wallets and a clock that stands still.
struct TestChain {
    let chain: Devchain
    let clock: ManualClock
    let wallets: [Wallet]

    static let start: UInt64 = 1_800_000_000

    init(
        path: String? = nil, wallets count: Int = 3, _ adjust: (inout DevchainConfiguration) -> Void = { _ in }
    ) throws {
        wallets = try (0..<count).map { try Wallet("wallet \($0)") }
        clock = ManualClock(Self.start)
        chain = try Devchain(Self.configuration(path, wallets, adjust), clock: clock)
    }

    static func configuration(
        _ path: String?, _ wallets: [Wallet], _ adjust: (inout DevchainConfiguration) -> Void = { _ in }
    ) -> DevchainConfiguration {
        var configuration = DevchainConfiguration()
        configuration.path = path
        configuration.genesisTimestamp = start
        for wallet in wallets { configuration.genesis[wallet.address] = GenesisAccount(balance: ether * 1000) }
        adjust(&configuration)
        return configuration
    }

    /// Sends and returns the receipt.
    @discardableResult
    func send(_ signed: SignedTransaction) async throws -> MinedReceipt? {
        try chain.receipt(of: try await chain.send(raw: signed.encoded))
    }

    func nonce(_ wallet: Int) throws -> UInt64 { try chain.nonce(of: wallets[wallet].address, at: .pending) }
}

/// The error that `body` ends with, as text; empty where it ends well.
func refusal(_ body: () async throws -> Void) async -> String {
    do {
        try await body()
        return ""
    } catch {
        return "\(error)"
    }
}

/// Contracts in hand-written code.
enum Code {
    /// Init code that deploys `runtime`.
    static func deploying(_ runtime: [UInt8]) -> [UInt8] {
        // PUSH2 size, PUSH1 12, PUSH0, CODECOPY; PUSH2 size, PUSH0, RETURN; runtime
        let (high, low) = (UInt8(runtime.count >> 8), UInt8(truncatingIfNeeded: runtime.count))
        return [0x61, high, low, 0x60, 13, 0x5f, 0x39, 0x61, high, low, 0x5f, 0xf3, 0x00] + runtime
    }

    /// Adds one to slot 0, logs the new value under topic 0x2a and returns it.
    static let counter: [UInt8] = [
        0x5f, 0x54, 0x60, 1, 0x01, 0x80, 0x5f, 0x55,  // slot0 += 1, keeping the value
        0x5f, 0x52, 0x60, 0x2a, 0x60, 32, 0x5f, 0xa1,  // mstore(0, value); log1(0, 32, 0x2a)
        0x60, 32, 0x5f, 0xf3,
    ]

    /// Reverts with `Error("no")`.
    static let reverting: [UInt8] =
        [0x63, 0x08, 0xc3, 0x79, 0xa0, 0x60, 0xe0, 0x1b, 0x5f, 0x52, 0x60, 0x20, 0x60, 0x04, 0x52]
        + [0x60, 0x02, 0x60, 0x24, 0x52, 0x61, 0x6e, 0x6f, 0x60, 0xf0, 0x1b, 0x60, 0x44, 0x52, 0x60, 0x64, 0x5f, 0xfd]
}
