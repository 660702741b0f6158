import Bytes
import Ethereum
import EVM
import JSON
import Ledger
import TestVectors
import Testing

import Devchain

/// Blocks against those that the Ethereum execution specification makes of the same transactions.
@Suite struct SpecificationTests {
    @Test(arguments: ["cancun", "prague", "osaka"])
    func blocksAreThoseOfTheSpecification(name: String) async throws {
        let vectors = try Vectors.load("devchain_blocks")
        let vector = try #require(vectors.arrayValue?.first { $0["fork"]?.stringValue == name })
        let test = try TestChain {
            $0.fork = Fork(name: name) ?? .prague
            $0.mining = .manual
        }
        #expect(try test.chain.head.hash.hex0x == vector["genesis"]?.stringValue)
        for block in try vector.array("blocks") {
            let transactions = try block.array("transactions").map { try [UInt8](hex: $0.stringValue ?? "") }
            let timestamp = try block.uint64("timestamp")
            try await test.chain.mine(transactions: transactions, timestamp: timestamp)
            let head = try test.chain.head
            #expect(head.header.stateRoot.hex0x == block["stateRoot"]?.stringValue)
            #expect(head.header.receiptsRoot.hex0x == block["receiptsRoot"]?.stringValue)
            #expect(head.header.transactionsRoot.hex0x == block["transactionsRoot"]?.stringValue)
            #expect(head.header.gasUsed == (try block.uint64("gasUsed")))
            #expect(head.header.encoded.hex0x == block["header"]?.stringValue)
            #expect(head.hash.hex0x == block["hash"]?.stringValue)
        }
        let count = try vector.array("blocks").count
        #expect(try test.chain.blockNumber() == UInt64(count))
    }
}
