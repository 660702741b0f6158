import Bytes
import Crypto
import Ethereum
import JSON
import TestVectors
import Testing

@Suite struct TransactionTests {
    @Test func allTypesEqualEthAccount() throws {
        let cases = try Vectors.load("transactions").elements
        #expect(cases.count == 150)
        for item in cases {
            let raw = try item.hexBytes("raw")
            let signed = try SignedTransaction(decoding: raw)
            #expect(Int(signed.transaction.kind.rawValue) == (try item.int("kind")))
            #expect(signed.encoded == raw)
            #expect(signed.hash == (try item.hash("hash")))
            #expect(try signed.sender() == item.address("sender"))
            #expect(signed.v == (try item.word("v")))
            #expect(signed.r == (try item.word("r")))
            #expect(signed.s == (try item.word("s")))
            let key = try PrivateKey(item.hexBytes("secret"))
            #expect(signed.transaction.signed(by: key) == signed)
            try checkFields(signed.transaction, item.member("fields"))
            if let authorities = item["authorities"]?.arrayValue {
                let recovered = signed.transaction.authorizations.map { $0.authority?.hex0x }
                #expect(recovered == authorities.map(\.stringValue))
            }
        }
    }

    private func checkFields(_ transaction: Transaction, _ fields: JSON) throws {
        #expect(U256(transaction.nonce) == (try fields.word("nonce")))
        #expect(U256(transaction.gasLimit) == (try fields.word("gas")))
        #expect(transaction.value == (try fields.word("value")))
        #expect(transaction.data == (try fields.hexBytes("data")))
        #expect(transaction.to == (try fields["to"].map { try Address(hex: #require($0.stringValue)) }))
        #expect(transaction.chainID.map { U256($0) } == (try fields["chainId"].map { _ in try fields.word("chainId") }))
        if fields["gasPrice"] != nil { #expect(transaction.gasPrice == (try fields.word("gasPrice"))) }
        if fields["maxFeePerGas"] != nil {
            #expect(transaction.maxFeePerGas == (try fields.word("maxFeePerGas")))
            #expect(transaction.maxPriorityFeePerGas == (try fields.word("maxPriorityFeePerGas")))
        }
    }

    @Test func refusesEveryTruncationAndTrailingBytes() throws {
        for item in try Vectors.load("transactions").elements.prefix(12) {
            let raw = try item.hexBytes("raw")
            for length in 0..<raw.count {
                #expect(throws: TransactionDecodingError.self) {
                    try SignedTransaction(decoding: Array(raw[..<length]))
                }
            }
            #expect(throws: TransactionDecodingError.malformed(.trailing(offset: raw.count))) {
                try SignedTransaction(decoding: raw + [0])
            }
        }
    }

    @Test func refusesUnknownTypesAndParities() throws {
        #expect(throws: TransactionDecodingError.empty) { try SignedTransaction(decoding: []) }
        for type: UInt8 in [0, 5, 0x7F, 0x80, 0xBF] {
            #expect(throws: TransactionDecodingError.unknownType(type)) {
                try SignedTransaction(decoding: [type, 0xC0])
            }
        }
        var signed = try transaction().signed(by: key())
        signed.yParity = 2
        #expect(throws: TransactionDecodingError.invalidParity("2")) { try SignedTransaction(decoding: signed.encoded) }
    }

    @Test func refusesHighSUnlessAskedTo() throws {
        var signed = try transaction().signed(by: key())
        signed.s = Signature.order - signed.s
        signed.yParity ^= 1
        #expect(throws: TransactionDecodingError.invalidSignature) { try signed.sender() }
        #expect(try signed.sender(allowHighS: true) == key().address)
        for (r, s) in [(U256.zero, signed.s), (signed.r, .zero), (Signature.order, .one)] {
            (signed.r, signed.s) = (r, s)
            #expect(throws: TransactionDecodingError.invalidSignature) { try signed.sender(allowHighS: true) }
        }
        (signed.r, signed.s) = (5, 1)
        #expect(throws: TransactionDecodingError.unrecoverable) { try signed.sender() }
    }

    @Test func authorizationsRecoverTheirSigner() throws {
        let authority = try key()
        var authorization = Authorization(chainID: 1, address: Address(number: 7), nonce: 3, signedBy: authority)
        #expect(authorization.authority == authority.address)
        authorization.yParity = 2
        #expect(authorization.authority == nil)
        authorization.yParity = 0
        authorization.s = Signature.order - 1
        #expect(authorization.authority == nil)
    }

    @Test func contractAddressesAndChecksums() throws {
        for item in try Vectors.load("contract_addresses").elements {
            let sender = try item.address("sender")
            let nonce = try #require(item.word("nonce").asUInt64)
            #expect(Address.created(by: sender, nonce: nonce) == (try item.address("create")))
            let hash = keccak256(try item.hexBytes("code"))
            let salt = try item.hash("salt")
            #expect(
                Address.created(by: sender, salt: salt, initCodeHash: hash) == (try item.address("create2")))
            let text = try item.string("checksum")
            #expect(sender.checksummed == text)
            #expect(try Address(checkedText: text) == sender)
            #expect(try Address(checkedText: text.lowercased()) == sender)
            #expect(try Address(checkedText: "0x" + text.dropFirst(2).uppercased()) == sender)
            let letter = try #require(text.dropFirst(2).firstIndex { $0.isLetter })
            var wrong = text
            let flipped = text[letter].isUppercase ? text[letter].lowercased() : text[letter].uppercased()
            wrong.replaceSubrange(letter...letter, with: flipped)
            if wrong != text.lowercased(), wrong.dropFirst(2) != text.dropFirst(2).uppercased() {
                #expect(throws: AddressTextError.wrongChecksum(expected: text)) { try Address(checkedText: wrong) }
            }
        }
        #expect(throws: AddressTextError.self) { try Address(checkedText: "0x12") }
    }

    private func key() throws -> PrivateKey { try PrivateKey(Hash32(0, 0, 0, 1)) }

    private func transaction() -> Transaction {
        Transaction(kind: .dynamicFee, chainID: 1, nonce: 0, gasLimit: 21_000, to: .zero)
    }
}
