import Bytes
import JSON
import Testing

@testable import Node

@Suite struct TypedDataTests {
    /// The example of EIP-712, whose hash stands in the standard.
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
            "to": ["name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"],
            "contents": "Hello, Bob!",
        ],
    ]

    @Test func theStandardsExample() throws {
        let expected = "0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2"
        #expect(try TypedData(mail).signingHash.hex0x == expected)
    }

    @Test func whatCannotBeSigned() throws {
        func message(_ type: String, _ value: JSON) -> String? {
            let data: JSON = [
                "types": ["EIP712Domain": [], "A": [["name": "x", "type": .string(type)]]], "primaryType": "A",
                "domain": [:], "message": ["x": value],
            ]
            do {
                _ = try TypedData(data)
                return nil
            } catch { return error.message }
        }
        #expect(message("uint8", 255) == nil)
        #expect(message("uint8", 256) == "256 does not fit into uint8")
        #expect(message("int8", "-128") == nil)
        #expect(message("int8", "-129") == "129 does not fit into int8")
        #expect(message("int8", 128) == "128 does not fit into int8")
        #expect(message("uint256", "-1") == "1 does not fit into uint256")
        #expect(message("bytes4", "0x010203") != nil)
        #expect(message("uint8[2]", [1]) == "uint8[2] wants 2 elements, not 1")
        #expect(message("B", 1) == "type B is not declared")
        #expect(message("A", nil) == nil)
        #expect(message("string", nil) == "member x of A is missing")
    }
}
