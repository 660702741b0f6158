import Bytes
import Contracts
import Crypto
import Devchain
import Ethereum
import JSON
import Ledger
import Testing

/// contracts/gas.json was recorded on py-evm (and told alike by revm); the embedded chain must come to the same.
@Suite("The recorded story on the embedded chain")
struct StoryReplayTests {
    @Test("addresses, outcomes, reasons, logs and gas of every transaction are those of py-evm")
    func replay() async throws {
        let steps = try #require(try Repository.json("contracts/gas.json").arrayValue)
        let bytecodes = Dictionary(
            uniqueKeysWithValues: ArtifactTests.artifacts.map { ($0.name, $0.bytecode) })
        let chain = try StoryChain(keys: steps.map { try $0.string("key") })
        for (index, step) in steps.enumerated() {
            let name = "step \(index): \(try step.string("contract")).\(try step.string("call"))"
            let isDeployment = try step.string("call") == "deploy" && step.string("data").count % 64 == 0
            let code = isDeployment ? try #require(bytecodes[try step.string("contract")]) : ""
            let address = try Address(hex: step.string("to"))
            try await chain.chain.setNextBlockTimestamp(step.uint64("time"))
            let (receipt, reason) = try await chain.run(
                key: step.string("key"), to: isDeployment ? nil : address, value: #require(U256(step.string("value"))),
                data: [UInt8](hex: code + step.string("data")))
            let gas = try step.uint64("gas")
            #expect(receipt.gasUsed == gas, "\(name)")
            #expect(receipt.succeeded == (try step.bool("ok")), "\(name)")
            #expect(reason == (try step.string("reason")), "\(name)")
            #expect(receipt.logs.count == (try step.int("logs")), "\(name)")
            let said = receipt.logs.flatMap { $0.log.address.bytes + $0.log.topics.flatMap(\.bytes) + $0.log.data }
            #expect(keccak256(said).bytes.hex == (try step.string("logsHash")), "\(name)")
            if let output = step["output"]?.stringValue {
                let call = CallMessage(to: address, data: try [UInt8](hex: step.string("data")))
                #expect(try chain.chain.call(call, at: .latest).hex == output, "\(name)")
            }
            if isDeployment { #expect(receipt.contractAddress == address, "\(name)") }
        }
    }
}

/// An embedded chain with funded wallets that runs raw transactions.
private struct StoryChain {
    let chain: Devchain
    let wallets: [String: PrivateKey]

    init(keys: [String]) throws {
        var wallets = [String: PrivateKey]()
        for key in Set(keys) { wallets[key] = try PrivateKey(Hash32(hex: key)) }
        var configuration = DevchainConfiguration()
        configuration.genesisTimestamp = 1_800_000_000
        for wallet in wallets.values {
            configuration.genesis[wallet.address] = GenesisAccount(balance: U256(10).raised(to: 24))
        }
        (chain, self.wallets) = (try Devchain(configuration, clock: ManualClock(1_800_000_000)), wallets)
    }

    /// Runs a transaction in a block of its own; the reason of a revert comes from a call on the same state.
    func run(key: String, to: Address?, value: U256, data: [UInt8]) async throws -> (MinedReceipt, reason: String) {
        let wallet = try #require(wallets[key])
        let nonce = try chain.nonce(of: wallet.address, at: .latest)
        var transaction = Transaction(
            kind: .dynamicFee, chainID: 31337, nonce: nonce, gasLimit: 16_777_216, to: to)
        (transaction.value, transaction.data) = (value, data)
        transaction.maxFeePerGas = 10_000_000_000
        let hash = try await chain.send(raw: transaction.signed(by: wallet).encoded)
        let receipt = try #require(try chain.receipt(of: hash))
        var reason = ""
        if !receipt.succeeded {
            let message = CallMessage(from: wallet.address, to: to, value: value, data: data)
            do throws(ChainError) {
                _ = try chain.call(message, at: .number(receipt.blockNumber - 1))
            } catch {
                reason = RevertReason(error.data ?? []).words ?? ""
            }
        }
        return (receipt, reason)
    }
}

extension U256 {
    fileprivate func raised(to exponent: Int) -> U256 {
        var power = U256.one
        for _ in 0..<exponent { power = power &* self }
        return power
    }
}
