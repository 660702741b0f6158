import Bytes
import Ethereum
import EVM
import Ledger
import Storage
import Testing

import Devchain

@Suite struct DurabilityTests {
    @Test func aReopenedChainIsTheSameChain() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/chain.sqlite"
        var hashes: [Hash32] = []
        var counter = Address.zero
        do {
            let test = try TestChain(path: path)
            let wallet = test.wallets[0]
            let deployed = try await test.send(wallet.signed(nonce: 0, to: nil, data: Code.deploying(Code.counter)))
            counter = try #require(deployed?.contractAddress)
            for nonce in 1...5 as ClosedRange<UInt64> { try await test.send(wallet.signed(nonce: nonce, to: counter)) }
            try await test.chain.increaseTime(by: 1000)
            try await test.chain.mine()
            try await test.chain.setBalance(77, of: Address(number: 0x1234))
            for number in 0...7 as ClosedRange<UInt64> {
                hashes.append(try #require(try test.chain.header(at: .number(number))).hash)
            }
            await test.chain.close()
        }
        let test = try TestChain(path: path)
        for number in 0...7 {
            #expect(try test.chain.header(at: .number(UInt64(number)))?.hash == hashes[number])
        }
        #expect(try test.chain.storage(of: counter, slot: .zero, at: .latest) == U256(5 as UInt64).hash)
        #expect(try test.chain.storage(of: counter, slot: .zero, at: .number(3)) == U256(2 as UInt64).hash)
        #expect(try test.chain.balance(of: Address(number: 0x1234), at: .latest) == 77)
        #expect(test.chain.time == TestChain.start + 1000)
        let receipt = try await test.send(test.wallets[0].signed(nonce: 6, to: counter))
        #expect(receipt?.blockNumber == 8)
        #expect(try test.chain.logs(LogFilter(addresses: [counter])).map(\.blockNumber) == [2, 3, 4, 5, 6, 8])
        #expect(try test.chain.balance(of: Address(number: 0x1234), at: .latest) == 77)
    }

    @Test func aFileThatIsHeldOrOfAnotherChainIsRefused() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/chain.sqlite"
        let test = try TestChain(path: path)
        let held = await refusal { _ = try TestChain(path: path) }
        #expect(held.contains("another process uses this store"))
        await test.chain.close()
        _ = consume test
        let other = await refusal { _ = try TestChain(path: path) { $0.chainID = 5 } }
        #expect(other.contains("another genesis"))
        try Files.write([UInt8](repeating: 3, count: 4000), to: folder.path + "/no.sqlite")
        let damaged = await refusal { _ = try TestChain(path: folder.path + "/no.sqlite") }
        #expect(damaged.contains("damaged"))
    }

    @Test func aFullDiskIsSaidAndLosesNothing() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/chain.sqlite"
        var nonce: UInt64 = 0
        do {
            let test = try TestChain(path: path) { $0.fileLimit = 200_000 }
            let (chain, wallet) = (test.chain, test.wallets[0])
            var error: ChainError?
            while error == nil && nonce < 1000 {
                let signed = wallet.signed(nonce: nonce, to: Address(number: 0xabc), value: 1)
                do throws(ChainError) { _ = try await chain.send(raw: signed.encoded) } catch let refused {
                    error = refused
                }
                if error == nil { nonce += 1 }
            }
            // The one before was accepted, and found no room: who asks for its receipt is told.
            let accepted = wallet.signed(nonce: nonce - 1, to: Address(number: 0xabc), value: 1)
            #expect(await refusal { _ = try chain.receipt(of: accepted.hash) }.contains("disk is full"))
            #expect(error?.kind == .storage)
            #expect(error?.message.contains("disk is full") == true)
            #expect(nonce > 5)
            // What was accepted and found no room waits.
            #expect(try chain.nonce(of: wallet.address, at: .pending) == nonce)
            nonce = try chain.nonce(of: wallet.address, at: .latest)
            #expect(try chain.balance(of: Address(number: 0xabc), at: .latest) == U256(nonce))
            await chain.close()
        }
        let test = try TestChain(path: path)
        let signed = test.wallets[0].signed(nonce: nonce, to: Address(number: 0xabc), value: 1)
        #expect(try await test.send(signed)?.succeeded == true)
        await test.chain.close()
        let report = try Devchain.verify(path: path)
        #expect(report.fault == nil)
        #expect(report.transactions == Int(nonce) + 1)
    }
}
