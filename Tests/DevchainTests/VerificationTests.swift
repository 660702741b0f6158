import Bytes
import Ethereum
import EVM
import Ledger
import Storage
import Testing

import Devchain

@Suite struct VerificationTests {
    /// A stored chain with transfers, contracts, interventions, empty blocks and blocks that were taken back.
    private static func makeChain(_ path: String) async throws -> [Hash32] {
        let test = try TestChain(path: path)
        let chain = test.chain
        var hashes: [Hash32] = []
        func send(_ signed: SignedTransaction) async throws { hashes.append(try await chain.send(raw: signed.encoded)) }
        try await send(test.wallets[0].signed(nonce: 0, to: nil, data: Code.deploying(Code.counter)))
        let counter = Address.created(by: test.wallets[0].address, nonce: 0)
        for nonce in 0..<4 as Range<UInt64> { try await send(test.wallets[1].signed(nonce: nonce, to: counter)) }
        try await chain.setBalance(ether, of: Address(number: 0xabcdef))
        try await chain.setStorage(100, of: counter, slot: .zero)
        try await send(test.wallets[1].signed(nonce: 4, to: counter))
        try await chain.mine(blocks: 3)
        try await chain.rollback(blocks: 2)
        try await chain.impersonate(Address(number: 0xabcdef))
        var unsigned = Transaction(kind: .dynamicFee, chainID: 31337, nonce: 0, gasLimit: 50_000, to: counter)
        unsigned.maxFeePerGas = 2_000_000_000
        hashes.append(try await chain.send(unsigned: unsigned, from: Address(number: 0xabcdef)))
        let batch = (5..<9 as Range<UInt64>).map { test.wallets[1].signed(nonce: $0, to: counter) }
        hashes += try await chain.send(raws: batch.map(\.encoded)).map { try $0.get() }
        await chain.close()
        return hashes
    }

    @Test func aSoundChainHasNoFault() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/chain.sqlite"
        let hashes = try await Self.makeChain(path)
        var steps: [UInt64] = []
        let report = try Devchain.verify(path: path) { done, _ in steps.append(done) }
        #expect(report.fault == nil)
        #expect(report.transactions == hashes.count)
        #expect(report.blocks == 10)
        #expect(steps == Array(2...10))
    }

    @Test func aFlippedByteOfATransactionIsNamedExactly() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/chain.sqlite"
        let hashes = try await Self.makeChain(path)
        let expected: [(index: Int, block: UInt64, place: Int)] = [(0, 1, 0), (3, 4, 0), (7, 9, 0), (9, 9, 2)]
        for (index, block, place) in expected {
            for byte in [0, 40, 90] {
                let written = try Devchain.tamper(path: path, transaction: hashes[index], byte: byte)
                let fault = try #require(try Devchain.verify(path: path).fault)
                #expect(fault.block == block)
                #expect(fault.table == "transactions")
                #expect(fault.row == Int64(index + 1))
                #expect(fault.column == "raw")
                #expect(fault.transactionIndex == place)
                #expect(fault.transaction == hashes[index])
                #expect(fault.byte == byte)
                #expect(fault.found == written)
                #expect(fault.expected == written ^ 1)
                try Devchain.tamper(path: path, transaction: hashes[index], byte: byte)
            }
        }
        #expect(try Devchain.verify(path: path).fault == nil)
    }

    @Test func aChangedByteInAnyTableIsNamed() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/chain.sqlite"
        _ = try await Self.makeChain(path)
        let columns: [(table: String, column: String, key: String)] = [
            ("blocks", "header", "number"), ("blocks", "hash", "number"), ("transactions", "sender", "id"),
            ("receipts", "data", "id"), ("nodes", "data", "id"), ("interventions", "data", "id"),
            ("codes", "data", "rowid"),
        ]
        for (table, column, key) in columns where table != "codes" {
            let row = try flip(path, table, column, key)
            let fault = try #require(try Devchain.verify(path: path).fault, "\(table).\(column)")
            if table != "nodes" {
                #expect(fault.table == table)
                #expect(fault.row == row)
            }
            _ = try flip(path, table, column, key)
        }
        #expect(try Devchain.verify(path: path).fault == nil)
    }

    /// Flips a bit in the middle of the middle row's column; twice is as before.
    private func flip(_ path: String, _ table: String, _ column: String, _ key: String) throws -> Int64 {
        let database = try Database(path: path, access: .write)
        let count = try database.integer("SELECT count(*) FROM \(table)") ?? 0
        var select = try database.prepare(
            "SELECT \(key), \(column) FROM \(table) ORDER BY \(key) LIMIT 1 OFFSET \(count / 2)")
        _ = try select.step()
        let row = select.int64(0)
        var bytes = select.blob(1)
        bytes[bytes.count / 2] ^= 4
        select.reset()
        var update = try database.prepare("UPDATE \(table) SET \(column)=? WHERE \(key)=?")
        try update.bind(1, bytes)
        try update.bind(2, row)
        try update.run()
        return row
    }
}
