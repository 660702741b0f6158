import Bytes
import Crypto
import Ethereum
import JSON
import TestVectors
import Testing

@Suite struct SigningTests {
    @Test func personalMessagesEqualEthAccount() throws {
        for item in try Vectors.load("wallet").array("messages") {
            let message = try item.hexBytes("message")
            let key = try PrivateKey(item.hexBytes("secret"))
            #expect(PersonalMessage.hash(message) == (try item.hash("hash")))
            let signature = key.sign(personal: message)
            #expect(signature.bytes == (try item.hexBytes("signature")))
            #expect(PersonalMessage.signer(of: message, signature) == key.address)
            #expect(
                try PersonalMessage.hash(message, validator: item.address("validator")) == item.hash("validated"))
        }
    }

    @Test func typedDataEqualsEthAccount() throws {
        let cases = try Vectors.load("wallet").array("typed")
        #expect(cases.count == 40)
        for item in cases {
            let data = try TypedData(json: item.member("data"))
            #expect(try data.hash() == item.hash("hash"), "\(item["data"]?.text ?? "")")
        }
    }

    private let mail: JSON = [
        "types": [
            "EIP712Domain": [
                ["name": "name", "type": "string"], ["name": "version", "type": "string"],
                ["name": "chainId", "type": "uint256"], ["name": "verifyingContract", "type": "address"],
            ],
            "Person": [["name": "name", "type": "string"], ["name": "wallet", "type": "address"]],
            "Mail": [
                ["name": "from", "type": "Person"], ["name": "to", "type": "Person"],
                ["name": "contents", "type": "string"],
            ],
        ],
        "primaryType": "Mail",
        "domain": [
            "name": "Ether Mail", "version": "1", "chainId": 1,
            "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
        ],
        "message": [
            "from": ["name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"],
            "to": ["name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"], "contents": "Hello, Bob!",
        ],
    ]

    /// The example of EIP-712 with its published values.
    @Test func eip712Example() throws {
        let data = try TypedData(json: mail)
        #expect(
            try data.encodeType("Mail")
                == "Mail(Person from,Person to,string contents)Person(string name,address wallet)")
        #expect(
            try data.domainSeparator().hex == "f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f")
        #expect(try data.hash().hex == "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2")
        let key = try PrivateKey(keccak256(utf8: "cow"))
        let signature = key.sign(try data.hash())
        #expect(signature.r.hash.hex == "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d")
        #expect(signature.s.hash.hex == "07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b91562")
    }

    @Test func namesTheMemberThatIsWrong() throws {
        func error(_ change: (inout JSONObject) -> Void) throws -> String? {
            var object = try #require(mail.objectValue)
            change(&object)
            return #expect(throws: TypedDataError.self) { try TypedData(json: .object(object)).hash() }?.description
        }
        #expect(try error { $0["types"] = nil } == "typed data: types: is missing")
        #expect(
            try error { $0["primaryType"] = "Letter" }
                == "typed data: primaryType: \"Letter\" is not among the types")
        let bob: JSON = ["name": "Bob", "wallet": 7]
        #expect(
            try error { $0["message"] = ["from": bob, "to": bob, "contents": ""] }
                == "typed data: message.from.wallet: want an address, found a number (7)")
        #expect(
            try error { $0["message"] = ["contents": 1] }
                == "typed data: message.contents: want a string, found a number (1)")
    }

    @Test func recursionIsBounded() throws {
        var value: JSON = ["next": nil]
        for _ in 0..<100 { value = ["next": value] }
        let data = try TypedData(json: [
            "types": ["List": [["name": "next", "type": "List"]]], "primaryType": "List", "domain": [:],
            "message": value,
        ])
        #expect(throws: TypedDataError.self) { try data.hash() }
    }
}
