import Bytes
import Ethereum
import Ledger
import Storage
import Synchronization
import Testing

@testable import Devchain

/// One sync for many blocks, and nothing shown before it.
@Suite struct GroupCommitTests {
    private static let target = Address(number: 0x9999)

    @Test func whoSendsOneByOneGetsABlockForEach() async throws {
        let folder = try TemporaryDirectory()
        let test = try TestChain(path: folder.path + "/chain.sqlite")
        var hashes: [Hash32] = []
        for nonce in 0..<20 as Range<UInt64> {
            hashes.append(
                try await test.chain.send(raw: test.wallets[0].signed(nonce: nonce, to: Self.target).encoded))
        }
        #expect(try test.chain.blockNumber() == 20)
        for (index, hash) in hashes.enumerated() {
            #expect(try test.chain.receipt(of: hash)?.blockNumber == UInt64(index + 1))
        }
    }

    @Test func everyReadIsOfWhatWasAnswered() async throws {
        let folder = try TemporaryDirectory()
        let test = try TestChain(path: folder.path + "/chain.sqlite")
        let chain = test.chain
        for nonce in 0..<12 as Range<UInt64> {
            let transfer = test.wallets[0].signed(nonce: nonce, to: Self.target, value: 1)
            let hash = try await chain.send(raw: transfer.encoded)
            switch nonce % 6 {
            case 0: #expect(try chain.head.header.number == nonce + 1)
            case 1: #expect(try chain.balance(of: Self.target, at: .latest) == U256(nonce + 1))
            case 2: #expect(try chain.nonce(of: test.wallets[0].address, at: .pending) == nonce + 1)
            case 3: #expect(try chain.transaction(hash)?.blockNumber == nonce + 1)
            case 4: #expect(chain.pendingTransaction(hash) == nil)
            default: #expect(chain.pool().pending.isEmpty)
            }
        }
    }

    /// The first block's cost decides whether the second transaction can be paid for, so its answer waits.
    @Test func whatExecutionMayRefuseIsAnsweredAfterIt() async throws {
        let test = try TestChain()
        let (chain, wallet) = (test.chain, test.wallets[0])
        try await chain.setCode([0x00], of: wallet.address)
        let refused = await refusal { _ = try await chain.send(raw: wallet.signed(nonce: 0, to: Self.target).encoded) }
        #expect(refused.contains("sender not an eoa"), "\(refused)")
        #expect(try chain.blockNumber() == 0)
        #expect(chain.pool().pending.isEmpty)
    }

    @Test func eventsComeInOrderAndAfterTheirBlocks() async throws {
        let folder = try TemporaryDirectory()
        let test = try TestChain(path: folder.path + "/chain.sqlite")
        let events = test.chain.listen([.head], limit: 64)
        for nonce in 0..<8 as Range<UInt64> {
            _ = try await test.chain.send(raw: test.wallets[0].signed(nonce: nonce, to: Self.target).encoded)
        }
        try await test.chain.rollback(blocks: 3)
        var numbers: [UInt64] = []
        for await event in events {
            guard case .head(let block) = event else { continue }
            numbers.append(block.header.number)
            if numbers.count == 9 { break }
        }
        #expect(numbers == [1, 2, 3, 4, 5, 6, 7, 8, 5])
    }

    @Test func afterAFailedSyncNothingIsShownOrWritten() throws {
        let folder = try TemporaryDirectory()
        let log = LogSync(path: folder.path + "/absent/chain.sqlite")
        try log.settle()
        try log.willWrite()
        #expect(log.isWriting)
        log.wrote()
        #expect(!log.isWriting)
        let ran = Mutex(false)
        log.afterSync { ran.withLock { $0 = true } }
        let failure = #expect(throws: StorageError.self) { try log.settle() }
        #expect(failure?.message.contains("chain.sqlite-wal") == true)
        #expect(throws: StorageError.self) { try log.settle() }
        #expect(throws: StorageError.self) { try log.willWrite() }
        #expect(!ran.withLock { $0 })
    }

    @Test func actionsRunInOrderOnceTheirCommitsAreSynced() throws {
        let folder = try TemporaryDirectory()
        try Files.write([1], to: folder.path + "/chain.sqlite-wal")
        let log = LogSync(path: folder.path + "/chain.sqlite")
        let order = Mutex<[Int]>([])
        for index in 0..<10 {
            try log.willWrite()
            log.wrote()
            log.afterSync { order.withLock { $0.append(index) } }
        }
        try log.settle()
        log.afterSync { order.withLock { $0.append(10) } }
        // Behind the last action in the queue of syncs.
        try log.willWrite()
        log.wrote()
        try log.settle()
        #expect(order.withLock { $0 } == Array(0...10))
    }
}
