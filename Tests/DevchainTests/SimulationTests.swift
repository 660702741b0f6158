import Bytes
import Crypto
import Ethereum
import EVM
import Ledger
import Testing

import Devchain

@Suite struct SimulationTests {
    @Test func simulatedBlocksBuildOnEachOtherAndLeaveNothing() async throws {
        let test = try TestChain()
        let (chain, wallet, counter) = (test.chain, test.wallets[0].address, Address(number: 0x7171))
        var first = SimulationBlock()
        first.overrides.accounts[counter] = CallOverrides.Account()
        first.overrides.accounts[counter]?.code = Code.counter
        first.calls = [
            SimulationCall(CallMessage(from: wallet, to: counter)),
            SimulationCall(CallMessage(from: wallet, to: counter)),
        ]
        var second = SimulationBlock()
        second.overrides.number = 3
        second.calls = [
            SimulationCall(CallMessage(from: wallet, to: counter)),
            SimulationCall(CallMessage(from: wallet, to: Address(number: 0x5151), value: 7)),
        ]
        let result = try chain.simulate([first, second], at: .latest, traceTransfers: true)
        #expect(result.map(\.block.header.number) == [1, 2, 3])
        #expect(result.map(\.block.header.timestamp) == [1, 2, 3].map { TestChain.start + 12 * $0 })
        #expect(result[1].block.header.parentHash == result[0].block.hash)
        #expect(result[0].calls.map(\.output) == [U256(1 as UInt64).bytes, U256(2 as UInt64).bytes])
        #expect(result[2].calls[0].output == U256(3 as UInt64).bytes)
        #expect(result[0].calls[1].logs.map(\.logIndex) == [1])
        #expect(result[2].calls[1].logs.map(\.log.address.hex0x) == ["0x" + String(repeating: "e", count: 40)])
        #expect(result[2].calls[1].logs.first?.log.data == U256(7 as UInt64).bytes)
        #expect(result[0].block.transactions.map(\.signed.transaction.nonce) == [0, 1])
        #expect(try chain.blockNumber() == 0)
        #expect(try chain.code(of: counter, at: .latest).isEmpty)
    }

    @Test func aSimulatedBlockIsTheOneThatIsMined() async throws {
        let test = try TestChain { $0.mining = .manual }
        let signed = test.wallets[0].signed(nonce: 0, to: Address(number: 0xabc), value: 3)
        _ = try await test.chain.send(raw: signed.encoded)
        var block = SimulationBlock()
        block.overrides.timestamp = TestChain.start + 12
        block.overrides.prevRandao = keccak256(Hash32.zero, U256(1 as UInt64).hash)
        var message = CallMessage(from: test.wallets[0].address, to: Address(number: 0xabc), gas: 100_000, value: 3)
        message.maxFeePerGas = 10_000_000_000
        message.maxPriorityFeePerGas = 1_000_000_000
        block.calls = [SimulationCall(message, nonce: 0)]
        let simulated = try test.chain.simulate([block], at: .latest, validation: true)
        try await test.chain.mine(timestamp: TestChain.start + 12)
        let head = try test.chain.head.header
        #expect(simulated[0].block.header.stateRoot == head.stateRoot)
        #expect(simulated[0].block.header.receiptsRoot == head.receiptsRoot)
        #expect(simulated[0].block.header.baseFeePerGas == head.baseFeePerGas)
        #expect(simulated[0].block.header.gasUsed == 21_000)
    }

    @Test func whatMayNotStandIsRefusedWithGethsCodes() async throws {
        let test = try TestChain()
        let poor = Address(number: 0x9999_0000)
        func code(_ block: SimulationBlock, validation: Bool = true) -> Int? {
            do throws(ChainError) {
                _ = try test.chain.simulate([block], at: .latest, validation: validation)
                return nil
            } catch { return error.code }
        }
        var block = SimulationBlock()
        block.calls = [SimulationCall(CallMessage(from: poor, to: poor, value: 1))]
        #expect(code(block, validation: false) == -38014)
        block.calls = [SimulationCall(CallMessage(from: test.wallets[0].address, to: poor), nonce: 4)]
        #expect(code(block) == -38011)
        block.calls = [SimulationCall(CallMessage(from: test.wallets[0].address, to: poor))]
        // The specification has -38012 for a fee below the base fee; geth answers invalid parameters.
        #expect(code(block) == -32602)
        block.overrides.number = 0
        #expect(code(block) == -38020)
        block.overrides.number = 1000
        #expect(code(block) == -38026)
        block.overrides.number = nil
        block.overrides.timestamp = 1
        #expect(code(block) == -38021)
    }
}
