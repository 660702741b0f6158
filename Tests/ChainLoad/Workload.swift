import Bytes
import Crypto
import Devchain
import Ethereum
import Ledger

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Wallets that send to each other and to a contract, each as fast as it is answered.
struct Workload {
    let chain: Devchain
    let keys: [PrivateKey]

    init(path: String) throws {
        keys = try (0..<4).map { try PrivateKey(keccak256(utf8: "load \($0)")) }
        var configuration = DevchainConfiguration()
        configuration.path = path
        configuration.genesisTimestamp = 1_800_000_000
        for key in keys { configuration.genesis[key.address] = GenesisAccount(balance: U256.one << 80) }
        configuration.genesis[Self.counter] = GenesisAccount(balance: .zero, nonce: 1, code: Self.code)
        chain = try Devchain(configuration)
    }

    /// A contract that counts its calls in slot 0, and each caller's in the slot of its address; it logs the count.
    static let counter = Address(number: 0xc0_0c00)
    private static let code: [UInt8] = [
        0x5f, 0x54, 0x60, 1, 0x01, 0x80, 0x5f, 0x55, 0x5f, 0x52, 0x33, 0x54, 0x60, 1, 0x01, 0x33, 0x55, 0x33, 0x60,
        32, 0x5f, 0xa1, 0x00,
    ]

    func runForever() async throws {
        await withTaskGroup(of: Void.self) { group in
            for key in keys { group.addTask { await send(from: key) } }
        }
    }

    private func send(from key: PrivateKey) async {
        var nonce = (try? chain.nonce(of: key.address, at: .latest)) ?? 0
        while true {
            do {
                // Three at once: some blocks are made while others are brought to the device.
                var hashes: [Hash32] = []
                for _ in 0..<3 {
                    let transaction = Self.transaction(nonce: nonce, to: Self.counter).signed(by: key)
                    hashes.append(try await chain.send(raw: transaction.encoded))
                    nonce += 1
                }
                for hash in hashes {
                    say(try chain.receipt(of: hash) == nil ? "error no receipt of \(hash)\n" : "seen \(hash)\n")
                }
            } catch {
                say("error \(error)\n")
                return
            }
        }
    }

    static func transaction(nonce: UInt64, to: Address, data: [UInt8] = []) -> Transaction {
        var transaction = Transaction(kind: .dynamicFee, chainID: 31337, nonce: nonce, gasLimit: 120_000, to: to)
        transaction.maxFeePerGas = 10_000_000_000
        transaction.maxPriorityFeePerGas = 1
        transaction.data = data
        return transaction
    }
}

/// Writes at once, so that a killed process has said what it knew.
func say(_ line: String) {
    let bytes = Array(line.utf8)
    _ = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
}
