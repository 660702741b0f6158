import Bytes
import Crypto
import Ethereum
import JSON
import TestVectors
import Testing

@Suite struct BlockTests {
    @Test func blocksOfAllForksEqualTheOfficialFixtures() throws {
        let cases = try Vectors.load("blocks").elements
        #expect(cases.count == 49)
        for item in cases {
            let raw = try item.hexBytes("rlp")
            let block = try Block(decoding: raw)
            #expect(block.encoded == raw)
            #expect(block.header.hash == (try item.hash("hash")))
            #expect(try Header(decoding: block.header.encoded) == block.header)
            #expect(Block.transactionsRoot(block.transactions) == block.header.transactionsRoot)
            #expect(block.withdrawals.map(Block.withdrawalsRoot) == block.header.withdrawalsRoot)
            for (transaction, sender) in zip(block.transactions, try item.array("senders")) where !sender.isNull {
                #expect(try transaction.sender().hex0x == sender.stringValue)
            }
            let header = try item.member("header")
            #expect(U256(block.header.number) == (try header.word("number")))
            #expect(U256(block.header.gasUsed) == (try header.word("gasUsed")))
            #expect(block.header.stateRoot == (try header.hash("stateRoot")))
            for length in stride(from: 0, to: raw.count, by: 7) {
                #expect(throws: BlockDecodingError.self) { try Block(decoding: Array(raw[..<length])) }
            }
        }
    }

    @Test func genesisStateRootsEqualTheOfficialFixtures() throws {
        for item in try Vectors.load("states").elements {
            var state = MerkleTrie()
            for (address, account) in try item.object("alloc") {
                var storage = MerkleTrie()
                for (slot, value) in try account.object("storage") {
                    let key = try #require(U256(slot)).hash
                    let text = try #require(value.stringValue)
                    let word = try #require(U256(text))
                    try storage.setStorage(key, word)
                    #expect(try storage.storage(key) == word)
                }
                let entry = TrieAccount(
                    nonce: try #require(account.word("nonce").asUInt64), balance: try account.word("balance"),
                    storageRoot: storage.rootHash(), codeHash: keccak256(try account.hexBytes("code")))
                try state.setAccount(Address(hex: address), entry)
                #expect(try state.account(Address(hex: address)) == entry)
            }
            #expect(state.rootHash() == (try item.hash("stateRoot")))
            #expect(try Block(decoding: item.hexBytes("genesis")).header.hash == item.hash("hash"))
        }
    }

    @Test func receiptsEqualEELS() throws {
        for item in try Vectors.load("receipts").elements {
            let logs = try item.array("logs").map { log in
                try Log(
                    address: Address(hex: #require(log[0]?.stringValue)),
                    topics: #require(log[1]?.arrayValue).map { try Hash32(hex: #require($0.stringValue)) },
                    data: #require(log[2]).hexBytes)
            }
            let receipt = Receipt(
                kind: try #require(Transaction.Kind(rawValue: UInt8(item.int("kind")))),
                succeeded: try item.bool("succeeded"),
                cumulativeGasUsed: try #require(item.word("gas").asUInt64), logs: logs)
            #expect(receipt.bloom.bytes == (try item.hexBytes("bloom")))
            let encoded = try item.hexBytes("encoded")
            #expect(receipt.encoded == encoded)
            #expect(try Receipt(decoding: encoded) == receipt)
            for log in logs {
                #expect(receipt.bloom.mayContain(log.address))
                #expect(log.topics.allSatisfy(receipt.bloom.mayContain))
            }
            var forged = encoded
            forged[100] ^= 1
            #expect(throws: RLPError.self) { try Receipt(decoding: forged) }
        }
        #expect(!Bloom().mayContain(Address.zero))
    }

    @Test func refusesOmmersAndNestedEnvelopes() throws {
        let block = Block(header: Header(), transactions: [], withdrawals: nil)
        var ommers = RLPEncoder()
        ommers.list { encoder in
            encoder.append(encoded: block.header.encoded)
            encoder.list { _ in }
            encoder.list { $0.append(encoded: block.header.encoded) }
        }
        #expect(throws: BlockDecodingError.ommers) { try Block(decoding: ommers.bytes) }
        var wrapped = RLPEncoder()
        wrapped.list { encoder in
            encoder.append(encoded: block.header.encoded)
            encoder.list { $0.append([0xC0]) }
            encoder.list { _ in }
        }
        #expect(throws: BlockDecodingError.self) { try Block(decoding: wrapped.bytes) }
    }
}
