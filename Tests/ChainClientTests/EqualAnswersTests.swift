import Bytes
import ChainClient
import Crypto
import Devchain
import Ethereum
import Ledger
import Testing

/// Every method of `Chain`, asked of the chain itself and through JSON-RPC: the answers are equal.
@Suite(.timeLimit(.minutes(1)))
struct EqualAnswersTests {
    private func check(_ ask: (any Chain) async throws -> some Equatable & Sendable) async throws {
        let fixture = try await Fixture.make()
        let (there, here) = (try await ask(fixture.client), try await ask(fixture.chain))
        #expect(there == here)
        await fixture.close()
    }

    /// What went wrong, asked of both.
    private func checkFailure(
        _ kind: ChainError.Kind, _ ask: (Fixture, any Chain) async throws -> Void
    ) async throws {
        let fixture = try await Fixture.make()
        var errors: [ChainError] = []
        for chain in [fixture.client as any Chain, fixture.chain] {
            do { try await ask(fixture, chain) } catch let error as ChainError { errors.append(error) }
        }
        try #require(errors.count == 2)
        #expect(errors[0].kind == kind)
        #expect(errors[1].kind == kind)
        #expect(errors[0].message == errors[1].message)
        #expect(errors[0].code == errors[1].code)
        #expect((errors[0].data ?? []) == (errors[1].data ?? []))
        await fixture.close()
    }

    static let tags: [BlockTag] = [
        .earliest, .latest, .safe, .finalized, .number(0), .number(3), .number(99), .hash(.zero),
    ]

    @Test func identity() async throws {
        try await check { try await $0.chainID() }
        try await check { try await $0.blockNumber() }
    }

    @Test(arguments: tags) func headersAndBlocks(tag: BlockTag) async throws {
        let fixture = try await Fixture.make()
        #expect(try await fixture.client.header(at: tag) == fixture.chain.header(at: tag))
        #expect(try await fixture.client.block(at: tag) == fixture.chain.block(at: tag))
        if let head = try fixture.chain.header(at: tag) {
            #expect(try await fixture.client.header(at: .hash(head.hash)) == head)
            // The hash is that of the very header.
            #expect(head.header.hash == head.hash)
        }
        await fixture.close()
    }

    @Test(arguments: [BlockTag.earliest, .latest, .pending, .number(2)])
    func accounts(tag: BlockTag) async throws {
        let fixture = try await Fixture.make()
        let (client, chain) = (fixture.client, fixture.chain)
        for address in [fixture.key.address, fixture.contract, Address(number: 0xdead)] {
            #expect(try await client.balance(of: address, at: tag) == chain.balance(of: address, at: tag))
            #expect(try await client.nonce(of: address, at: tag) == chain.nonce(of: address, at: tag))
            #expect(try await client.code(of: address, at: tag) == chain.code(of: address, at: tag))
            for slot in [U256.zero, U256(5), .max] {
                #expect(
                    try await client.storage(of: address, slot: slot, at: tag)
                        == chain.storage(of: address, slot: slot, at: tag))
            }
        }
        #expect(try chain.storage(of: fixture.contract, slot: .zero, at: .latest) == U256(55).hash)
        await fixture.close()
    }

    @Test func callsEstimatesAndFees() async throws {
        let fixture = try await Fixture.make()
        let message = CallMessage(
            from: fixture.key.address, to: fixture.contract, value: 3, data: U256(77).bytes)
        #expect(try await fixture.client.call(message, at: .latest) == U256(77).bytes)
        #expect(try fixture.chain.call(message, at: .latest) == U256(77).bytes)
        #expect(try await fixture.client.estimateGas(message) == fixture.chain.estimateGas(message))
        #expect(try await fixture.client.fees() == fixture.chain.fees())
        await fixture.close()
    }

    @Test func receiptsTransactionsAndLogs() async throws {
        let fixture = try await Fixture.make()
        let (client, chain) = (fixture.client, fixture.chain)
        for number in 0...6 {
            for mined in try #require(try chain.block(at: .number(UInt64(number)))).transactions {
                #expect(try await client.receipt(of: mined.hash) == chain.receipt(of: mined.hash))
                #expect(try await client.transaction(mined.hash) == mined)
            }
        }
        #expect(try await client.receipt(of: .zero) == nil)
        #expect(try await client.transaction(.zero) == nil)
        let topic = U256(0xaa).hash
        for filter in [
            LogFilter(), LogFilter(from: .number(3), to: .number(4)), LogFilter(addresses: [fixture.contract]),
            LogFilter(addresses: [.zero]), LogFilter(topics: [[topic]]), LogFilter(topics: [[], [topic]]),
            LogFilter(topics: [[topic, .zero], [U256(fixture.key.address).hash]]), LogFilter(from: .latest),
        ] {
            #expect(try await client.logs(filter) == chain.logs(filter))
        }
        #expect(try await client.logs(LogFilter()).count == 5)
        await fixture.close()
    }

    @Test func revertsKeepTheirData() async throws {
        try await checkFailure(.reverted) { fixture, chain in
            _ = try await chain.call(CallMessage(to: fixture.contract), at: .latest)
        }
        try await checkFailure(.reverted) { fixture, chain in
            _ = try await chain.estimateGas(CallMessage(to: fixture.contract))
        }
    }

    @Test func unknownStatesAreNotFound() async throws {
        try await checkFailure(.notFound) { fixture, chain in
            _ = try await chain.balance(of: fixture.contract, at: .number(1000))
        }
    }

    @Test func refusedTransactionsSayWhy() async throws {
        for change: @Sendable (inout Transaction) -> Void in [
            { $0.nonce = 0 }, { $0.gasLimit = 20_000 }, { $0.value = .max }, { $0.chainID = 5 },
            { $0.gasLimit = 1_000_000_000 },
        ] {
            try await checkFailure(.rejected) { fixture, chain in
                var transaction = Transaction(
                    kind: .dynamicFee, chainID: 1337, nonce: 6, gasLimit: 21_000, to: Address(number: 1))
                transaction.maxFeePerGas = 10_000_000_000
                change(&transaction)
                _ = try await chain.send(raw: transaction.signed(by: fixture.key).encoded)
            }
        }
        try await checkFailure(.rejected) { _, chain in _ = try await chain.send(raw: [1, 2, 3]) }
    }

    @Test func sendingIsHandingIn() async throws {
        let fixture = try await Fixture.make()
        var transaction = Transaction(
            kind: .accessList, chainID: 1337, nonce: 6, gasLimit: 100_000, to: fixture.contract)
        transaction.gasPrice = 10_000_000_000
        transaction.data = U256(1).bytes
        transaction.accessList = [AccessListEntry(address: fixture.contract, storageKeys: [.zero])]
        let signed = transaction.signed(by: fixture.key)
        let hash = try await fixture.client.send(raw: signed.encoded)
        #expect(hash == signed.hash)
        // Sent once more, as after a lost answer: still the same transaction.
        #expect(try await fixture.client.send(raw: signed.encoded) == hash)
        let receipt = try #require(try await fixture.client.receipt(of: hash))
        #expect(receipt.succeeded && receipt.kind == .accessList)
        #expect(try await fixture.client.transaction(hash)?.signed == signed)
        await fixture.close()
    }

    @Test func manyTransactionsInFlight() async throws {
        let fixture = try await Fixture.make()
        let sender = TransactionSender(chain: fixture.client, key: fixture.key)
        let contract = fixture.contract
        try await withThrowingTaskGroup(of: UInt64.self) { group in
            for number in 0..<40 {
                group.addTask {
                    try await sender.send(to: contract, data: U256(number).bytes, gasLimit: 100_000).gasUsed
                }
            }
            var count = 0
            for try await gas in group where gas > 21_000 { count += 1 }
            #expect(count == 40)
        }
        #expect(try await fixture.client.nonce(of: fixture.key.address, at: .latest) == 46)
        let error = await #expect(throws: ChainError.self) { try await sender.send(to: contract, gasLimit: 60_000) }
        #expect(error?.message.hasPrefix("execution reverted: hi") == true)
        await fixture.close()
    }
}
