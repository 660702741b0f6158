import Bytes
import Ethereum
import EVM
import Ledger
import Storage
import Testing

import Devchain

@Suite struct DeveloperTests {
    // MARK: Time

    @Test func timestampsFollowTheClockAndAreStrictlyLater() async throws {
        let test = try TestChain()
        func stamp() throws -> UInt64 { try #require(try test.chain.header(at: .latest)).header.timestamp }
        try await test.chain.mine()
        #expect(try stamp() == TestChain.start + 1)
        try await test.chain.mine()
        #expect(try stamp() == TestChain.start + 2)
        test.clock.advance(by: 60)
        try await test.chain.mine()
        #expect(try stamp() == TestChain.start + 60)
        #expect(try await test.chain.increaseTime(by: 100) == 100)
        try await test.chain.mine()
        #expect(try stamp() == TestChain.start + 160)
        try await test.chain.setNextBlockTimestamp(TestChain.start + 1000)
        try await test.chain.mine()
        #expect(try stamp() == TestChain.start + 1000)
        test.clock.advance(by: 5)
        try await test.chain.mine()
        #expect(try stamp() == TestChain.start + 1005)
        let late = await refusal { try await test.chain.setNextBlockTimestamp(TestChain.start + 1005) }
        #expect(late.contains("lower than or equal to previous block's timestamp \(TestChain.start + 1005)"))
        try await test.chain.mine(blocks: 3, interval: 10)
        #expect(try stamp() == TestChain.start + 1026)
        try await test.chain.mine(timestamp: TestChain.start + 5000)
        #expect(try stamp() == TestChain.start + 5000)
        for huge in [UInt64.max, UInt64.max - 1, 1 << 62] {
            #expect(await refusal { try await test.chain.setNextBlockTimestamp(huge) } != "")
            #expect(await refusal { try await test.chain.setTime(huge) } != "")
            #expect(await refusal { try await test.chain.setBlockTimestampInterval(huge) } != "")
            #expect(await refusal { try await test.chain.mine(timestamp: huge) } != "")
            #expect(await refusal { try await test.chain.mine(blocks: huge) } != "")
        }
        try await test.chain.setBlockTimestampInterval(7)
        try await test.chain.mine(blocks: 2)
        #expect(try stamp() == TestChain.start + 5014)
    }

    @Test func anIntervalMakesBlocksByItself() async throws {
        let test = try TestChain { $0.mining = .interval(seconds: 1) }
        let hash = try await test.chain.send(raw: test.wallets[0].signed(nonce: 0, to: Address(number: 0xabc)).encoded)
        #expect(try test.chain.receipt(of: hash) == nil)
        for await event in test.chain.listen([.head]) {
            guard case .head(let header) = event else { continue }
            #expect(header.header.number == 1)
            break
        }
        #expect(try test.chain.receipt(of: hash)?.blockNumber == 1)
        try await test.chain.setMining(.manual)
        #expect(test.chain.miningMode == .manual)
    }

    // MARK: Going back

    /// Everything that a reader can see of a chain.
    private struct Sight: Equatable {
        var headers: [BlockHeader?]
        var receipts: [[MinedReceipt]?]
        var logs: [MinedLog]
        var balances: [U256]
        var rows: [Int64?]

        init(_ test: TestChain, _ path: String) throws {
            let chain = test.chain
            let count = try chain.blockNumber()
            headers = try (0...count).map { try chain.header(at: .number($0)) }
            receipts = try (0...count).map { try chain.receipts(at: .number($0)) }
            logs = try chain.logs(LogFilter())
            balances = try test.wallets.map { try chain.balance(of: $0.address, at: .latest) }
            rows = try ["blocks", "transactions", "receipts", "nodes", "log_index", "interventions"].map { table in
                try Database(path: path, access: .read).integer("SELECT count(*) FROM \(table)")
            }
        }
    }

    @Test func revertingMakesEverythingAsItWas() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/chain.sqlite"
        let test = try TestChain(path: path)
        let (chain, wallet) = (test.chain, test.wallets[0])
        let deployed = try await test.send(wallet.signed(nonce: 0, to: nil, data: Code.deploying(Code.counter)))
        let counter = try #require(deployed?.contractAddress)
        try await test.send(wallet.signed(nonce: 1, to: counter))
        try await chain.setBalance(5, of: Address(number: 0x5555))
        let before = try Sight(test, path)
        let first = try await chain.snapshot()
        for nonce in 2..<5 as Range<UInt64> { try await test.send(wallet.signed(nonce: nonce, to: counter)) }
        let second = try await chain.snapshot()
        try await chain.increaseTime(by: 1000)
        try await chain.setBalance(6, of: Address(number: 0x5555))
        try await chain.mine(blocks: 4)
        #expect(try await chain.revert(to: first))
        #expect(try Sight(test, path) == before)
        #expect(try chain.balance(of: Address(number: 0x5555), at: .latest) == 5)
        #expect(chain.time == TestChain.start)
        #expect(try await chain.revert(to: second) == false)
        #expect(try await chain.revert(to: first) == false)
        let again = try await test.send(wallet.signed(nonce: 2, to: counter))
        #expect(again?.succeeded == true)
        #expect(try chain.storage(of: counter, slot: .zero, at: .latest) == U256(2 as UInt64).hash)
        await chain.close()
        #expect(try Devchain.verify(path: folder.path + "/chain.sqlite").fault == nil)
    }

    @Test func aReorganizationReplacesBlocksAndTellsListeners() async throws {
        let test = try TestChain()
        let (chain, wallet) = (test.chain, test.wallets[0])
        let deployed = try await test.send(wallet.signed(nonce: 0, to: nil, data: Code.deploying(Code.counter)))
        let counter = try #require(deployed?.contractAddress)
        let kept = try #require(try chain.header(at: .latest))
        let gone = try await test.send(wallet.signed(nonce: 1, to: counter))
        try await chain.mine()
        let events = chain.listen([.logs, .head])
        let other = wallet.signed(nonce: 1, to: counter, value: 0, tip: 3)
        try await chain.reorganize(depth: 2, transactions: [(raw: other.encoded, block: 1)])
        #expect(try chain.blockNumber() == 3)
        #expect(try chain.header(at: .number(1)) == kept)
        #expect(try chain.receipt(of: try #require(gone).transactionHash) == nil)
        #expect(try chain.receipt(of: other.hash)?.blockNumber == 3)
        #expect(try chain.logs(LogFilter()).map(\.transactionHash) == [other.hash])
        var seen: [String] = []
        for await event in events {
            switch event {
            case .head(let header): seen.append("head \(header.header.number)")
            case .logs(let logs, let removed): seen.append("\(removed ? "removed" : "added") \(logs.count)")
            case .pending: break
            }
            if seen.last == "added 1" { break }
        }
        #expect(seen == ["removed 1", "head 1", "head 2", "head 3", "added 1"])
        let unfit = wallet.signed(nonce: 40, to: counter)
        let partly = await refusal {
            try await chain.reorganize(depth: 1, transactions: [(raw: unfit.encoded, block: 0)])
        }
        #expect(partly.contains("block 3 was made without \(unfit.hash): nonce too high"))
        #expect(try chain.blockNumber() == 3)
        let tooDeep = await refusal { try await chain.rollback(blocks: 9) }
        #expect(tooDeep == "cannot take back 9 blocks: the chain has 3")
        try await chain.reset()
        #expect(try chain.blockNumber() == 0)
        #expect(try chain.nonce(of: wallet.address, at: .latest) == 0)
    }

    // MARK: State and senders

    @Test func stateCanBeSetAndStaysInTheNextBlocks() async throws {
        let test = try TestChain()
        let (chain, target) = (test.chain, Address(number: 0x7171))
        try await chain.setBalance(ether, of: target)
        try await chain.setCode(Code.counter, of: target)
        try await chain.setStorage(41, of: target, slot: .zero)
        try await chain.setNonce(9, of: target)
        #expect(try chain.blockNumber() == 0)
        #expect(try chain.call(CallMessage(to: target), at: .latest) == U256(42 as UInt64).bytes)
        let receipt = try await test.send(test.wallets[0].signed(nonce: 0, to: target))
        #expect(receipt?.logs.first?.log.data == U256(42 as UInt64).bytes)
        #expect(try chain.balance(of: target, at: .latest) == ether)
        #expect(try chain.nonce(of: target, at: .latest) == 9)
        try await chain.setNonce(50, of: test.wallets[1].address)
        #expect(try await test.send(test.wallets[1].signed(nonce: 50, to: target))?.succeeded == true)
    }

    @Test func anImpersonatedAccountSendsWithoutAKey() async throws {
        let test = try TestChain()
        let (chain, contract) = (test.chain, Address(number: 0x8181))
        try await chain.setBalance(ether, of: contract)
        var transaction = Transaction(
            kind: .dynamicFee, chainID: 31337, nonce: 0, gasLimit: 21_000, to: Address(number: 0x9191))
        transaction.maxFeePerGas = 5_000_000_000
        transaction.value = 3
        let refused = await refusal { _ = try await chain.send(unsigned: transaction, from: contract) }
        #expect(refused.contains("not impersonated"))
        try await chain.impersonate(contract)
        let hash = try await chain.send(unsigned: transaction, from: contract)
        let mined = try #require(try chain.transaction(hash))
        #expect(mined.sender == contract)
        #expect(try chain.receipt(of: hash)?.from == contract)
        #expect(try chain.balance(of: Address(number: 0x9191), at: .latest) == 3)
        try await chain.stopImpersonating(contract)
        #expect(!chain.isImpersonated(contract))
        try await chain.setAutoImpersonate(true)
        #expect(chain.isImpersonated(Address(number: 1)))
    }

    @Test func theNextBlockCarriesWhatWasAsked() async throws {
        let test = try TestChain()
        let chain = test.chain
        let randao = Hash32(9, 9, 9, 9)
        try await chain.setNextBlockBaseFeePerGas(123_456_789)
        try await chain.setNextPrevRandao(randao)
        try await chain.setCoinbase(Address(number: 0xfee))
        try await chain.setBlockGasLimit(1_000_000)
        try await test.send(test.wallets[0].signed(nonce: 0, to: Address(number: 0xabc), tip: 7))
        let header = try chain.head.header
        #expect(header.baseFeePerGas == 123_456_789)
        #expect(header.mixHash == randao)
        #expect(header.beneficiary == Address(number: 0xfee))
        #expect(header.gasLimit == 1_000_000)
        #expect(try chain.balance(of: Address(number: 0xfee), at: .latest) == 21_000 * 7)
        try await chain.mine()
        #expect(try chain.head.header.mixHash != randao)
        #expect(
            try chain.head.header.baseFeePerGas
                == U256(123_456_789 - 123_456_789 * (500_000 - 21_000) / 500_000 / 8 as UInt64))
        let tooBig = await refusal {
            _ = try await chain.send(raw: test.wallets[0].signed(nonce: 1, to: nil, gas: 1_000_001).encoded)
        }
        #expect(tooBig == "exceeds block gas limit")
    }

    @Test func droppedTransactionsAreForgotten() async throws {
        let test = try TestChain { $0.mining = .manual }
        let to = Address(number: 0xabc)
        var hashes: [Hash32] = []
        for nonce in 0..<3 as Range<UInt64> {
            hashes.append(try await test.chain.send(raw: test.wallets[0].signed(nonce: nonce, to: to).encoded))
        }
        #expect(try await test.chain.dropTransaction(hashes[1]))
        #expect(try await test.chain.dropTransaction(hashes[1]) == false)
        #expect(try test.chain.nonce(of: test.wallets[0].address, at: .pending) == 1)
        try await test.chain.mine()
        #expect(try test.chain.transactionCount(at: .latest) == 1)
        #expect(test.chain.pool().queued[test.wallets[0].address]?.keys.sorted() == [2])
        try await test.chain.dropAllTransactions()
        #expect(test.chain.pool().queued.isEmpty)
    }

    @Test func proofsVerifyAtEveryHeight() async throws {
        let test = try TestChain()
        let wallet = test.wallets[0]
        let deployed = try await test.send(wallet.signed(nonce: 0, to: nil, data: Code.deploying(Code.counter)))
        let counter = try #require(deployed?.contractAddress)
        for nonce in 1..<4 as Range<UInt64> { try await test.send(wallet.signed(nonce: nonce, to: counter)) }
        for height in 0...4 as ClosedRange<UInt64> {
            let header = try #require(try test.chain.header(at: .number(height))).header
            for address in [counter, wallet.address, Address(number: 0xdead)] {
                let proof = try test.chain.proof(
                    of: address, slots: [.zero, Hash32(0, 0, 0, 5)], at: .number(height))
                try proof.verify(stateRoot: header.stateRoot)
                if address == counter, height > 1 { #expect(proof.storage[0].value == U256(height - 1)) }
            }
        }
    }

    @Test func anAccessListNamesWhatIsTouched() async throws {
        let test = try TestChain()
        let counter = Address(number: 0x7171)
        try await test.chain.setCode(Code.counter, of: counter)
        let outcome = try test.chain.createAccessList(CallMessage(to: counter), at: .latest)
        #expect(outcome.entries == [AccessListEntry(address: counter, storageKeys: [.zero])])
        #expect(outcome.error == nil)
    }
}
