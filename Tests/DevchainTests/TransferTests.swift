import Bytes
import Ethereum
import EVM
import JSON
import Ledger
import Storage
import Testing

import Devchain

@Suite struct TransferTests {
    private static func makeChain(_ path: String) async throws -> TestChain {
        let test = try TestChain(path: path)
        let wallet = test.wallets[0]
        let deployed = try await test.send(wallet.signed(nonce: 0, to: nil, data: Code.deploying(Code.counter)))
        let counter = try #require(deployed?.contractAddress)
        for nonce in 1..<6 as Range<UInt64> {
            try await test.send(wallet.signed(nonce: nonce, to: counter))
            if nonce == 3 { try await test.chain.setBalance(99, of: Address(number: 0x9999)) }
        }
        try await test.chain.setStorage(50, of: counter, slot: .zero)
        return test
    }

    @Test func anImportedChainIsTheExportedOne() async throws {
        let folder = try TemporaryDirectory()
        let (path, file, copy) = (folder.path + "/a.sqlite", folder.path + "/chain.rlp", folder.path + "/b.sqlite")
        let test = try await Self.makeChain(path)
        try Devchain.export(path: path, to: file)
        try Devchain.importChain(from: file, to: copy)
        let other = try TestChain(path: copy)
        #expect(try other.chain.head == test.chain.head)
        for number in 0...6 as ClosedRange<UInt64> {
            #expect(try other.chain.block(at: .number(number)) == (try test.chain.block(at: .number(number))))
            #expect(try other.chain.receipts(at: .number(number)) == (try test.chain.receipts(at: .number(number))))
        }
        #expect(try other.chain.dumpState() == (try test.chain.dumpState()))
        #expect(try other.chain.balance(of: Address(number: 0x9999), at: .latest) == 99)
        await other.chain.close()
        #expect(try Devchain.verify(path: copy).fault == nil)
        #expect(try Devchain.verify(path: copy).blocks == 7)
        let twice = await refusal { try Devchain.importChain(from: file, to: copy) }
        #expect(twice.contains("exists"))
    }

    @Test func aDamagedExportIsRefusedWithTheBlock() async throws {
        let folder = try TemporaryDirectory()
        let (path, file) = (folder.path + "/a.sqlite", folder.path + "/chain.rlp")
        _ = try await Self.makeChain(path)
        try Devchain.export(path: path, to: file)
        let whole = try Files.read(file)
        try Files.write(Array(whole.dropLast(5)), to: file)
        let short = await refusal { try Devchain.importChain(from: file, to: folder.path + "/c.sqlite") }
        #expect(short.contains("ends in the middle"))
        // The closing item is a list of two hashes: 68 bytes.
        try Files.write(Array(whole.dropLast(68)), to: file)
        let open = await refusal { try Devchain.importChain(from: file, to: folder.path + "/o.sqlite") }
        #expect(open.contains("before its end"))
        #expect(try Files.list(folder.path).filter { $0.hasPrefix("o.sqlite") } == ["o.sqlite.lock"])
        var random = SeededGenerator(3)
        for attempt in 0..<20 {
            var damaged = whole
            damaged[Int.random(in: 0..<whole.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            try Files.write(damaged, to: file)
            let target = "\(folder.path)/d\(attempt).sqlite"
            let error = await refusal { try Devchain.importChain(from: file, to: target) }
            // A change in what is not hashed (the funded balances are) shows as another hash of block 1.
            #expect(error != "")
        }
        try Files.write(Array("hello".utf8), to: file)
        let alien = await refusal { try Devchain.importChain(from: file, to: folder.path + "/e.sqlite") }
        #expect(alien.contains("damaged") || alien.contains("not the export"))
    }

    @Test func aDumpedStateLoadsIntoAnotherChain() async throws {
        let folder = try TemporaryDirectory()
        let test = try await Self.makeChain(folder.path + "/a.sqlite")
        let counter = Address.created(by: test.wallets[0].address, nonce: 0)
        let text = try test.chain.dumpState().text
        let other = try TestChain(wallets: 1)
        try await other.chain.loadState(try JSON(parsing: text))
        #expect(try other.chain.storage(of: counter, slot: .zero, at: .latest) == U256(50 as UInt64).hash)
        #expect(try other.chain.code(of: counter, at: .latest) == Code.counter)
        #expect(try other.chain.nonce(of: test.wallets[0].address, at: .latest) == 6)
        #expect(try other.chain.balance(of: Address(number: 0x9999), at: .latest) == 99)
        #expect(try other.chain.dumpState()["accounts"] == (try test.chain.dumpState()["accounts"]))
        let receipt = try await other.send(other.wallets[0].signed(nonce: 6, to: counter))
        #expect(receipt?.logs.first?.log.data == U256(51 as UInt64).bytes)
        let bad = await refusal { try await other.chain.loadState(["accounts": ["0x12": [:]]]) }
        #expect(bad.contains("cannot be read"))
    }
}
