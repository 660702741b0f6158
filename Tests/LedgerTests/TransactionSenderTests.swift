import Bytes
import Crypto
import Ethereum
import Ledger
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TransactionSenderTests {
    let key: PrivateKey
    let target = Address(number: 0xbeef)

    init() throws { key = try PrivateKey(Hash32(0, 0, 0, 1)) }

    private func sender(_ chain: ScriptedChain, _ change: (inout SendingPolicy) -> Void = { _ in }) -> TransactionSender
    {
        var policy = SendingPolicy()
        change(&policy)
        return TransactionSender(chain: chain, key: key, policy: policy, clock: ManualClock())
    }

    @Test func aTransferCarriesEstimateFeesAndChain() async throws {
        let chain = ScriptedChain()
        let receipt = try await sender(chain).send(to: target, value: 5, data: [1, 2])
        let transaction = chain.sent[0].transaction
        #expect(receipt.succeeded)
        #expect(transaction.kind == .dynamicFee)
        #expect(transaction.chainID == 1337)
        #expect(transaction.nonce == 0)
        #expect(transaction.gasLimit == 62_500)
        #expect(transaction.maxFeePerGas == 207)
        #expect(transaction.maxPriorityFeePerGas == 7)
        #expect(transaction.value == 5)
    }

    @Test func aHundredAtOnceGetOneNonceEach() async throws {
        let chain = ScriptedChain()
        let sender = sender(chain)
        let target = target
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { _ = try await sender.send(to: target) } }
            try await group.waitForAll()
        }
        #expect(chain.sent.map(\.transaction.nonce).sorted() == Array(0..<100))
    }

    @Test func whatOnlyWaitingTransactionsForbidIsOvertaken() async throws {
        let chain = ScriptedChain { $0.estimateError = ChainError(.reverted, code: 3, "round is closed") }
        await #expect(throws: ChainError(.overtaken, code: 3, "round is closed")) {
            try await self.sender(chain).send(to: target, data: [1])
        }
        chain.state.withLock { $0.callError = ChainError(.reverted, code: 3, "round is closed") }
        await #expect(throws: ChainError(.reverted, code: 3, "round is closed")) {
            try await self.sender(chain).send(to: target, data: [1])
        }
    }

    @Test func aNonceUsedElsewhereIsLearnt() async throws {
        let chain = ScriptedChain()
        let first = sender(chain)
        let second = sender(chain)
        _ = try await first.send(to: target)
        _ = try await second.send(to: target)
        // The first one now believes in nonce 1, which the second has used.
        let receipt = try await first.send(to: target)
        #expect(receipt.succeeded)
        #expect(chain.sent.map(\.transaction.nonce) == [0, 1, 1, 2])
    }

    @Test func aRefusedTransactionLeavesNoGap() async throws {
        let chain = ScriptedChain {
            $0.refuse = { $0.transaction.value == 13 ? ChainError(.rejected, "insufficient funds") : nil }
        }
        let sender = sender(chain)
        let target = target
        let error = await #expect(throws: ChainError.self) { try await sender.send(to: target, value: 13) }
        #expect(error?.message == "insufficient funds")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 10..<17 {
                group.addTask { _ = try? await sender.send(to: target, value: U256(number)) }
            }
            try await group.waitForAll()
        }
        // Everything accepted was mined, so no gap is left below any of them.
        #expect(chain.state.withLock { $0.accepted.isEmpty })
        #expect(chain.state.withLock { $0.minedCount } >= 6)
    }

    @Test func anUnknownOutcomeIsAskedAbout() async throws {
        let chain = ScriptedChain { state in
            state.refuse = { $0.transaction.value == 1 ? ChainError(.unreachable, "connection lost") : nil }
        }
        let sender = sender(chain)
        _ = try await sender.send(to: target)
        await #expect(throws: ChainError.self) { try await sender.send(to: target, value: 1) }
        #expect(try await sender.send(to: target).succeeded)
        #expect(chain.sent.map(\.transaction.nonce) == [0, 1, 1])
    }

    @Test func aStuckTransactionIsReplacedAtAHigherPrice() async throws {
        let chain = ScriptedChain { $0.minesAtOnce = false }
        let sender = sender(chain) { $0.timeout = .seconds(120) }
        let hash = try await sender.submit(to: target)
        let waiting = Task { try await sender.receipt(of: hash) }
        while chain.sent.count < 5 { await Task.yield() }
        chain.mine()
        let receipt = try await waiting.value
        #expect(receipt.succeeded)
        let prices = chain.sent.map(\.transaction.maxFeePerGas)
        #expect(prices[0] == 207)
        #expect(prices.contains(259))
        #expect(Set(chain.sent.map(\.transaction.nonce)) == [0])
    }

    @Test func waitingEndsWithATimeout() async throws {
        let chain = ScriptedChain { $0.minesAtOnce = false }
        let sender = sender(chain)
        let error = await #expect(throws: ChainError.self) { try await sender.send(to: target) }
        #expect(error?.kind == .timedOut)
        #expect(error?.message.contains("no receipt for transaction") == true)
    }

    @Test func aFailureIsExplainedByTheContract() async throws {
        let data = try [UInt8](
            hex: "08c379a00000000000000000000000000000000000000000000000000000000000000020"
                + "00000000000000000000000000000000000000000000000000000000000000026869"
                + String(repeating: "0", count: 60))
        let chain = ScriptedChain {
            $0.succeeds = false
            $0.callError = ChainError(.reverted, code: 3, "execution reverted: hi", data: data)
        }
        let error = await #expect(throws: ChainError.self) {
            try await sender(chain).send(to: target, gasLimit: 90_000)
        }
        #expect(error?.kind == .reverted)
        #expect(error?.data == data)
        #expect(error?.message.hasPrefix("execution reverted: hi (transaction 0x") == true)
    }

    @Test func confirmationsAreWaitedFor() async throws {
        let chain = ScriptedChain()
        let sender = sender(chain) { $0.confirmations = 2 }
        let hash = try await sender.submit(to: target)
        let waiting = Task { try await sender.receipt(of: hash) }
        for _ in 0..<2 { _ = try await sender.submit(to: target) }
        #expect(try await waiting.value.blockNumber == 1)
        #expect(try await chain.blockNumber() == 3)
    }
}
