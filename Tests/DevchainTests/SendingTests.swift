import Bytes
import Crypto
import Ethereum
import Ledger
import Testing

import Devchain

@Suite struct SendingTests {
    @Test func aTransferIsInABlockWhenItIsAnswered() async throws {
        let test = try TestChain()
        let (from, to) = (test.wallets[0], Address(number: 0xcafe))
        let signed = from.signed(nonce: 0, to: to, value: 5)
        let receipt = try #require(try await test.send(signed))
        #expect(receipt.succeeded)
        #expect(receipt.gasUsed == 21_000)
        #expect(receipt.blockNumber == 1)
        #expect(receipt.from == from.address)
        #expect(receipt.transactionHash == signed.hash)
        // The base fee after an empty genesis block is 7/8 of its own.
        #expect(receipt.effectiveGasPrice == 1_875_000_000)
        #expect(try test.chain.balance(of: to, at: .latest) == 5)
        #expect(try test.chain.balance(of: to, at: .earliest) == 0)
        let spent = U256(21_000 as UInt64) * receipt.effectiveGasPrice + 5
        #expect(try test.chain.balance(of: from.address, at: .latest) == ether * 1000 - spent)
        #expect(try test.chain.nonce(of: from.address, at: .latest) == 1)
        let block = try #require(try test.chain.block(at: .latest))
        #expect(block.transactions.map(\.signed) == [signed])
        let genesis = try test.chain.header(at: .earliest)
        #expect(block.header.parentHash == genesis?.hash)
        #expect(block.header.hash == block.hash)
    }

    @Test func contractsKeepStateLogAndAnswerAtEveryHeight() async throws {
        let test = try TestChain()
        let deployed = try #require(
            try await test.send(test.wallets[0].signed(nonce: 0, to: nil, data: Code.deploying(Code.counter))))
        let counter = try #require(deployed.contractAddress)
        #expect(counter == Address.created(by: test.wallets[0].address, nonce: 0))
        #expect(try test.chain.code(of: counter, at: .latest) == Code.counter)
        for round in 1...3 as ClosedRange<UInt64> {
            let receipt = try #require(try await test.send(test.wallets[1].signed(nonce: round - 1, to: counter)))
            #expect(receipt.succeeded)
            #expect(
                receipt.logs.map(\.log) == [
                    Log(address: counter, topics: [U256(0x2a as UInt64).hash], data: U256(round).bytes)
                ])
        }
        for height in 1...4 as ClosedRange<UInt64> {
            let value = try test.chain.storage(of: counter, slot: .zero, at: .number(height))
            #expect(value == U256(height - 1).hash)
            #expect(try test.chain.call(CallMessage(to: counter), at: .number(height)) == U256(height).bytes)
        }
        #expect(try test.chain.code(of: counter, at: .earliest).isEmpty)
        let found = try test.chain.logs(LogFilter(addresses: [counter], topics: [[U256(0x2a as UInt64).hash]]))
        #expect(found.map(\.blockNumber) == [2, 3, 4])
        #expect(
            try test.chain.logs(LogFilter(from: .number(3), to: .number(3))).map(\.log.data) == [
                U256(2 as UInt64).bytes
            ])
        #expect(try test.chain.logs(LogFilter(topics: [[.zero]])).isEmpty)
        #expect(try test.chain.logs(LogFilter(topics: [[], [.zero]])).isEmpty)
    }

    @Test func refusalsAreGeths() async throws {
        let test = try TestChain()
        let (wallet, to) = (test.wallets[0], Address(number: 0x1111))
        let poor = try Wallet("poor")
        let chain = test.chain
        _ = try await chain.send(raw: wallet.signed(nonce: 0, to: to).encoded)
        func refused(_ signed: SignedTransaction) async -> String {
            await refusal { _ = try await chain.send(raw: signed.encoded) }
        }
        #expect(await refused(wallet.signed(nonce: 0, to: to)) == "nonce too low: next nonce 1, tx nonce 0")
        #expect(
            await refused(wallet.signed(nonce: 1, to: to, gas: 20_000))
                == "intrinsic gas too low: gas 20000, minimum needed 21000")
        #expect(
            await refused(poor.signed(nonce: 0, to: to, value: 1, gas: 21_000, fee: 10))
                .hasPrefix("max priority fee per gas higher than max fee per gas"))
        #expect(
            await refused(poor.signed(nonce: 0, to: to, value: 1, gas: 21_000, fee: 10, tip: 1))
                == "insufficient funds for gas * price + value: balance 0, tx cost 210001, overshot 210001")
        #expect(
            await refused(wallet.signed(nonce: 1, to: to, chainID: 5))
                == "invalid sender: invalid chain id for signer: have 5 want 31337")
        #expect(await refused(wallet.signed(nonce: 1, to: to, gas: 1_000_000_000)) == "exceeds block gas limit")
        let future = wallet.signed(nonce: 6, to: to)
        #expect(await refused(future) == "")
        #expect(await refused(future) == "already known")
        #expect(await refused(wallet.signed(nonce: 6, to: to, value: 2)) == "replacement transaction underpriced")
        #expect(
            await refused(wallet.signed(nonce: 6, to: to, value: 2, fee: 11_000_000_000, tip: 1_100_000_000)) == "")
        #expect(chain.pool().queued[wallet.address]?.count == 1)
        let garbage = await refusal { _ = try await chain.send(raw: [0x12, 0x34]) }
        #expect(garbage.contains("0x12"))
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func everyOrderOfArrivalMinesAllNonces(seed: UInt64) async throws {
        let test = try TestChain()
        var random = SeededGenerator(seed)
        let order = (0..<20 as Range<UInt64>).shuffled(using: &random)
        let signed = order.map { test.wallets[0].signed(nonce: $0, to: Address(number: 0x7777), value: 1) }
        await withTaskGroup(of: Void.self) { group in
            for one in signed {
                group.addTask {
                    let error = await refusal { _ = try await test.chain.send(raw: one.encoded) }
                    #expect(error == "")
                }
            }
        }
        for one in signed {
            let receipt = try test.chain.receipt(of: one.hash)
            #expect(receipt?.succeeded == true)
        }
        #expect(try test.chain.nonce(of: test.wallets[0].address, at: .latest) == 20)
        #expect(try test.chain.balance(of: Address(number: 0x7777), at: .latest) == 20)
        #expect(test.chain.pool().pending.isEmpty && test.chain.pool().queued.isEmpty)
    }

    @Test func aBatchGoesIntoOneBlock() async throws {
        let test = try TestChain()
        let raws = (0..<50 as Range<UInt64>).map {
            test.wallets[Int($0 % 2)].signed(nonce: $0 / 2, to: Address(number: 0x9999), value: 1).encoded
        }
        let answers = await test.chain.send(raws: raws + [[0xff]])
        #expect(answers.dropLast().allSatisfy { (try? $0.get()) != nil })
        #expect(throws: ChainError.self) { _ = try answers[50].get() }
        #expect(try test.chain.blockNumber() == 1)
        #expect(try test.chain.transactionCount(at: .latest) == 50)
    }

    @Test func thePoolTakesTheBestTipFirstAndKeepsTheOrderOfNonces() async throws {
        let test = try TestChain { $0.mining = .manual }
        let to = Address(number: 0x9999)
        let low = test.wallets[0].signed(nonce: 0, to: to, tip: 1)
        let lowThenHigh = test.wallets[0].signed(nonce: 1, to: to, tip: 5_000_000_000)
        let middle = test.wallets[1].signed(nonce: 0, to: to, tip: 2_000_000_000)
        let high = test.wallets[2].signed(nonce: 0, to: to, tip: 3_000_000_000)
        for one in [low, lowThenHigh, middle, high] { _ = try await test.chain.send(raw: one.encoded) }
        #expect(try test.chain.nonce(of: test.wallets[0].address, at: .pending) == 2)
        #expect(try test.chain.nonce(of: test.wallets[0].address, at: .latest) == 0)
        let expected = [high, middle, low, lowThenHigh]
        #expect(try test.chain.block(at: .pending)?.transactions.map(\.signed) == expected)
        try await test.chain.mine()
        #expect(try test.chain.block(at: .latest)?.transactions.map(\.signed) == expected)
    }

    @Test func aRevertIsAnErrorOfACallAndAReceiptOfATransaction() async throws {
        let test = try TestChain()
        let deployed = try await test.send(
            test.wallets[0].signed(nonce: 0, to: nil, data: Code.deploying(Code.reverting)))
        let contract = try #require(deployed?.contractAddress)
        let error = #expect(throws: ChainError.self) {
            try test.chain.call(CallMessage(to: contract), at: .latest)
        }
        #expect(error?.code == 3)
        #expect(error?.message == "execution reverted: no")
        #expect(error?.data?.count == 100)
        let estimate = #expect(throws: ChainError.self) { try test.chain.estimateGas(CallMessage(to: contract)) }
        #expect(estimate?.message == "execution reverted: no")
        let receipt = try #require(try await test.send(test.wallets[0].signed(nonce: 1, to: contract)))
        #expect(!receipt.succeeded)
    }

    @Test func estimatesAreEnough() async throws {
        let test = try TestChain()
        let from = test.wallets[0]
        #expect(
            try test.chain.estimateGas(CallMessage(from: from.address, to: Address(number: 0x9911), value: 1)) == 21_000
        )
        let initCode = Code.deploying(Code.counter)
        let gas = try test.chain.estimateGas(CallMessage(from: from.address, to: nil, data: initCode))
        let deployed = try #require(try await test.send(from.signed(nonce: 0, to: nil, data: initCode, gas: gas)))
        #expect(deployed.succeeded)
        let counter = try #require(deployed.contractAddress)
        let callGas = try test.chain.estimateGas(CallMessage(from: from.address, to: counter))
        let called = try #require(try await test.send(from.signed(nonce: 1, to: counter, gas: callGas)))
        #expect(called.succeeded)
        #expect(callGas - called.gasUsed < called.gasUsed / 50)
    }
}
